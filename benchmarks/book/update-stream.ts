/**
 * A seeded stream of level updates on a book that stays about as deep as it began. Everything is whole numbers: prices in
 * ticks, sizes in lots. The same spec gives the same stream.
 */

import { hash } from 'node:crypto';

import { z } from 'zod';

import { createPrng, normal } from '../../src/lib/prng.ts';
import { ASK, BID } from '../../src/model/event.ts';
import { StreamSide } from './stream-side.ts';
import { ROWS_LOG_DEVIATION, ROWS_LOG_MEAN, ROWS_MAX } from './update-shape.ts';

export const streamSpecSchema = z.object({
  seed: z.string(),
  /** Levels per side. */
  depth: z.int().min(10),
  /** Rows over all messages; the last message is cut off there. */
  rows: z.int().min(1),
});
export type StreamSpec = Readonly<z.infer<typeof streamSpecSchema>>;

/** A level or a change of one; size 0 removes. */
export interface Row {
  readonly side: number;
  readonly price: number;
  readonly size: number;
}

export interface UpdateStream {
  readonly depth: number;
  /** Best first, bids before asks. */
  readonly snapshot: readonly Row[];
  /** The rows of a message: bids, then asks, each side best first. */
  readonly messages: readonly (readonly Row[])[];
  /** Rows in all. */
  readonly rows: number;
  /** Over snapshot and messages. */
  readonly digest: string;
}

/** Decimals of ticks and lots, and of what the venue writes: zeros behind. */
export const PRICE_DECIMALS = 2;
export const SIZE_DECIMALS = 5;
export const WRITTEN_DECIMALS = 8;

const MID_TICKS = 6_000_000;
/** Whole messages only: a side has no more rows than this part of its levels. */
const ROWS_PER_LEVEL_MAX = 0.5;

export function updateStream({ seed, depth, rows }: StreamSpec): UpdateStream {
  const prng = createPrng(`${seed}/${depth}`);
  const bids = new StreamSide({ side: BID, depth, mid: MID_TICKS, prng });
  const asks = new StreamSide({ side: ASK, depth, mid: MID_TICKS, prng });
  const snapshot = [...bids.rows(), ...asks.rows()];
  const messages: Row[][] = [];
  const rowsMax = Math.min(ROWS_MAX, Math.floor(depth * ROWS_PER_LEVEL_MAX));
  let done = 0;
  while (done < rows) {
    const message: Row[] = [];
    for (const side of [bids, asks]) {
      const wanted = Math.round(Math.exp(ROWS_LOG_MEAN + ROWS_LOG_DEVIATION * normal(prng)));
      side.message(Math.min(rowsMax, Math.max(1, wanted)), message);
    }
    message.splice(rows - done);
    messages.push(message);
    done += message.length;
  }
  const text = [snapshot, ...messages].map((one) =>
    one.map(({ side, price, size }) => `${side} ${price} ${size}`).join(),
  );
  return { depth, snapshot, messages, rows: done, digest: hash('sha256', text.join('\n'), 'hex') };
}
