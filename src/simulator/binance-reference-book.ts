/**
 * A Binance client for tests, written from the venue's documentation alone: nothing of it is shared with the simulator
 * or with the product, so that it can judge both.
 * https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#how-to-manage-a-local-order-book-correctly
 */

import { z } from 'zod';

const row = z.tuple([z.string(), z.string()]);
type Row = z.infer<typeof row>;

export const binanceDepth = z.object({
  e: z.literal('depthUpdate'),
  E: z.int(),
  s: z.string(),
  U: z.int(),
  u: z.int(),
  b: z.array(row),
  a: z.array(row),
});
export type BinanceDepth = z.infer<typeof binanceDepth>;

export const binanceSnapshot = z.object({ lastUpdateId: z.int(), bids: z.array(row), asks: z.array(row) });
export type BinanceSnapshot = z.infer<typeof binanceSnapshot>;

/** A frame of the combined form. */
export const binanceCombined = z.object({ stream: z.string(), data: z.unknown() });

/** A book by the venue's own steps, as plainly as can be: it throws on the first thing that must not be. */
export class BinanceReferenceBook {
  readonly bids = new Map<string, string>();
  readonly asks = new Map<string, string>();
  lastId = 0;
  /** Removals of levels that were not held. */
  unknownRemovals = 0;
  applied = 0;
  /** Growth of levels: what a whale looks like from outside. */
  readonly growths: { atMs: number; price: string; by: number }[] = [];

  load(snapshot: BinanceSnapshot): void {
    for (const [price, size] of snapshot.bids) this.bids.set(price, size);
    for (const [price, size] of snapshot.asks) this.asks.set(price, size);
    this.lastId = snapshot.lastUpdateId;
  }

  apply(event: BinanceDepth): void {
    if (event.u <= this.lastId) return;
    if (event.U > this.lastId + 1) throw new Error(`gap: ${event.U} after ${this.lastId}`);
    for (const row of event.b) this.#set(this.bids, row, event.E);
    for (const row of event.a) this.#set(this.asks, row, event.E);
    this.lastId = event.u;
    this.applied += 1;
    const best = this.best();
    if (Number(best.b) >= Number(best.a)) throw new Error(`crossed at ${event.u}`);
  }

  best(): { b: string; a: string } {
    return { b: sorted(this.bids, -1)[0]?.[0] ?? '', a: sorted(this.asks, 1)[0]?.[0] ?? '' };
  }

  #set(side: Map<string, string>, [price, size]: Row, atMs: number): void {
    const before = Number(side.get(price) ?? 0);
    if (Number(size) > before) this.growths.push({ atMs, price, by: Number(size) - before });
    if (Number(size) > 0) side.set(price, size);
    else if (!side.delete(price)) this.unknownRemovals += 1;
  }
}

/** Levels of a side, best first: direction -1 for bids, 1 for asks. */
export function sorted(side: ReadonlyMap<string, string>, direction: 1 | -1): Row[] {
  return [...side].sort(([a], [b]) => direction * (Number(a) - Number(b)));
}
