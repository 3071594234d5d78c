/**
 * A Gemini client for tests, written from the venue's documentation alone: nothing of it is shared with the simulator or
 * with the product, so that it can judge both.
 * https://developer.gemini.com/websocket/streams
 */

import { z } from 'zod';

const row = z.tuple([z.string(), z.string()]);
type Row = z.infer<typeof row>;

/** A time of 19 digits, as text: a double has only 16 of them. */
const nanoseconds = z.string().regex(/^\d{19}$/);

export const geminiDepth = z.strictObject({
  e: z.literal('depthUpdate'),
  E: nanoseconds,
  s: z.string(),
  U: z.int(),
  u: z.int(),
  b: z.array(row),
  a: z.array(row),
});
export type GeminiDepth = z.infer<typeof geminiDepth>;

export const geminiTrade = z.strictObject({
  E: nanoseconds,
  s: z.string(),
  t: z.string().regex(/^\d{16}$/),
  p: z.string(),
  q: z.string(),
  m: z.boolean(),
});

export const geminiTicker = z.strictObject({
  u: z.int(),
  E: nanoseconds,
  s: z.string(),
  b: z.string(),
  B: z.string(),
  a: z.string(),
  A: z.string(),
});

/** A frame with its times and trade ids as text, to their last digit. Throws where it is no JSON. */
export function readGeminiFrame(text: string): unknown {
  return JSON.parse(text.replaceAll(/"([Et])":(\d+)/g, '"$1":"$2"'));
}

/** The frame of a depth stream; `undefined` for any other. */
export function readGeminiDepth(text: string): GeminiDepth | undefined {
  return geminiDepth.safeParse(readGeminiFrame(text)).data;
}

/** A book by the venue's own steps, as plainly as can be: it throws on the first thing that must not be. */
export class GeminiReferenceBook {
  readonly bids = new Map<string, string>();
  readonly asks = new Map<string, string>();
  /** Number of the last update; NaN before the whole book. */
  last = NaN;
  /** Removals of levels that were not held. */
  unknownRemovals = 0;
  /** Differences applied. */
  applied = 0;
  /** Growth of levels in differences: what a whale looks like from outside. */
  readonly growths: { atUs: number; price: string; by: number }[] = [];

  /** Takes the next frame of a subscription; the first is the whole book. */
  apply({ E, U, u, b, a }: GeminiDepth): void {
    if (Number.isNaN(this.last)) {
      if (U !== u) throw new Error(`no whole book: ${U} to ${u}`);
      for (const [price, size] of b) this.bids.set(price, size);
      for (const [price, size] of a) this.asks.set(price, size);
    } else {
      if (U !== this.last) throw new Error(`gap: ${U} after ${this.last}`);
      for (const level of b) this.#set(this.bids, level, E);
      for (const level of a) this.#set(this.asks, level, E);
      this.applied += 1;
    }
    this.last = u;
    const { bid, ask } = this.best();
    if (Number(bid[0]) >= Number(ask[0])) throw new Error(`crossed at ${u}`);
  }

  /** Best levels. */
  best(): { bid: Row; ask: Row } {
    const { bids, asks } = this.levels();
    return { bid: bids[0] ?? ['0', '0'], ask: asks[0] ?? ['Infinity', '0'] };
  }

  /** All levels, best first. */
  levels(): { bids: Row[]; asks: Row[] } {
    return {
      bids: [...this.bids].sort(([a], [b]) => Number(b) - Number(a)),
      asks: [...this.asks].sort(([a], [b]) => Number(a) - Number(b)),
    };
  }

  #set(side: Map<string, string>, [price, size]: Row, at: string): void {
    const before = Number(side.get(price) ?? 0);
    if (Number(size) > before) {
      this.growths.push({ atUs: Number(at.slice(0, -3)), price, by: Number(size) - before });
    }
    if (Number(size) > 0) side.set(price, size);
    else if (!side.delete(price)) this.unknownRemovals += 1;
  }
}
