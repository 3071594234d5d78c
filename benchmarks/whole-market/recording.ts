/**
 * The recording that the load is made from, read into memory as the venue wrote it: changed levels and trades of one
 * busy pair, in order. It shares no code with the product's parsers and books, so that what is counted here is a second
 * opinion.
 */

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';

import { z } from 'zod';

/** Price and size in the venue's own digits. */
export type Row = readonly [price: string, size: string];
/** One side of a book: open size by price. */
export type Side = Map<string, string>;

export interface DepthStep {
  readonly kind: 'depth';
  readonly bids: readonly Row[];
  readonly asks: readonly Row[];
}

export interface TradeStep {
  readonly kind: 'trade';
  readonly price: string;
  readonly size: string;
  readonly buyerIsMaker: boolean;
}

export type Step = DepthStep | TradeStep;

export interface Recording {
  /** The book before the first step. */
  readonly bids: ReadonlyMap<string, string>;
  readonly asks: ReadonlyMap<string, string>;
  readonly steps: readonly Step[];
}

const rows = z.array(z.tuple([z.string(), z.string()]));
const lineSchema = z.object({ op: z.string(), data: z.string().nullish() });
const snapshotSchema = z.object({ lastUpdateId: z.number(), bids: rows, asks: rows });
const frameSchema = z.object({
  data: z.discriminatedUnion('e', [
    z.object({ e: z.literal('depthUpdate'), u: z.number(), b: rows, a: rows }),
    z.object({ e: z.literal('trade'), p: z.string(), q: z.string(), m: z.boolean() }),
  ]),
});

/**
 * Reads a packed recording of one Binance pair: what follows its snapshot.
 * @throws Error where the file cannot be read or is no such recording
 */
export async function readRecording(path: string): Promise<Recording> {
  const steps: Step[] = [];
  let snapshot: z.output<typeof snapshotSchema> | null = null;
  const early: { last: number; step: DepthStep }[] = [];
  const lines = createInterface({ input: createReadStream(path).pipe(createGunzip()) });
  for await (const line of lines) {
    const { op, data } = lineSchema.parse(JSON.parse(line));
    if (op === 'http') {
      snapshot = snapshotSchema.parse(JSON.parse(data ?? ''));
      const { lastUpdateId } = snapshot;
      steps.push(...early.filter(({ last }) => last > lastUpdateId).map(({ step }) => step));
    } else if (op === 'recv') {
      // Best quotes carry no event name and cause no row.
      const frame = frameSchema.safeParse(JSON.parse(data ?? '')).data?.data;
      if (frame === undefined) continue;
      if (frame.e === 'depthUpdate') {
        const step = { kind: 'depth', bids: frame.b, asks: frame.a } as const;
        if (snapshot === null) early.push({ last: frame.u, step });
        else if (frame.u > snapshot.lastUpdateId) steps.push(step);
      } else if (snapshot !== null) {
        steps.push({ kind: 'trade', price: frame.p, size: frame.q, buyerIsMaker: frame.m });
      }
    }
  }
  if (snapshot === null) throw new Error(`${path} has no snapshot`);
  return { bids: new Map(snapshot.bids), asks: new Map(snapshot.asks), steps };
}

/** Sets the level, or removes it where the size is zero. @returns the size before, 0 where there was none */
export function setLevel(side: Side, [price, size]: Row): number {
  const before = Number(side.get(price) ?? 0);
  if (Number(size) === 0) side.delete(price);
  else side.set(price, size);
  return before;
}

/** The best levels, best first. */
export function bestRows(side: ReadonlyMap<string, string>, which: 'bids' | 'asks', count: number): Row[] {
  const sign = which === 'bids' ? -1 : 1;
  return [...side].toSorted(([a], [b]) => sign * (Number(a) - Number(b))).slice(0, count);
}
