/**
 * A Bitstamp client for tests, written from the venue's documentation alone: nothing of it is shared with the simulator
 * or with the product, so that it can judge both.
 * https://www.bitstamp.net/websocket/v2/
 */

import { z } from 'zod';

const row = z.tuple([z.string().regex(/^\d+(\.\d+)?$/), z.string().regex(/^\d+(\.\d+)?$/)]);
type Row = z.infer<typeof row>;

/** Any frame. */
export const bitstampFrame = z.object({ event: z.string(), channel: z.string(), data: z.unknown() });

/** The data of a `diff_order_book` frame, and an order book by REST. */
export const bitstampBook = z.object({
  timestamp: z.string().regex(/^\d{10}$/),
  microtimestamp: z.string().regex(/^\d{16}$/),
  bids: z.array(row),
  asks: z.array(row),
});
export type BitstampBookMessage = z.infer<typeof bitstampBook>;

export const bitstampTrade = z.object({
  id: z.int(),
  timestamp: z.string(),
  microtimestamp: z.string(),
  amount: z.number(),
  amount_str: z.string(),
  price: z.number(),
  price_str: z.string(),
  type: z.union([z.literal(0), z.literal(1)]),
  buy_order_id: z.int(),
  sell_order_id: z.int(),
});

/**
 * A book by the venue's own steps, as plainly as can be: it throws on the first thing that must not be. A lost diff is
 * none of these: all that a client sees of it are removals of levels that it does not hold, and these only by chance.
 */
export class BitstampReferenceBook {
  readonly bids = new Map<string, string>();
  readonly asks = new Map<string, string>();
  /** Moment of the book, µs; 0 before there is one. */
  atUs = 0;
  /** Diffs applied. */
  applied = 0;
  /** Diffs left out, as the snapshot held them. */
  dropped = 0;
  unknownRemovals = 0;
  /** Growth of levels: what a whale looks like from outside. */
  readonly growths: { atUs: number; price: string; by: number }[] = [];
  #kept: BitstampBookMessage[] = [];
  #heardUs = 0;

  /** Takes a diff; keeps it where there is no snapshot yet. */
  follow(diff: BitstampBookMessage): void {
    const atUs = timeOf(diff);
    if (atUs <= this.#heardUs) throw new Error(`${atUs} after ${this.#heardUs}`);
    this.#heardUs = atUs;
    if (this.atUs === 0) this.#kept.push(diff);
    else this.#apply(diff);
  }

  /** @returns false where the snapshot is older than the first diff kept, and so from a cache */
  load(snapshot: BitstampBookMessage): boolean {
    const [first] = this.#kept;
    if (first !== undefined && timeOf(snapshot) < timeOf(first)) return false;
    for (const [price, size] of inOrder(snapshot.bids, -1)) this.bids.set(price, size);
    for (const [price, size] of inOrder(snapshot.asks, 1)) this.asks.set(price, size);
    this.atUs = timeOf(snapshot);
    for (const diff of this.#kept) this.#apply(diff);
    this.#kept = [];
    return true;
  }

  /** Levels of both sides, best first. */
  levels(): { bids: Row[]; asks: Row[] } {
    return { bids: sorted(this.bids, -1), asks: sorted(this.asks, 1) };
  }

  #apply(diff: BitstampBookMessage): void {
    const atUs = timeOf(diff);
    if (atUs <= this.atUs) {
      this.dropped += 1;
      return;
    }
    if (diff.bids.length + diff.asks.length === 0) throw new Error(`nothing changed at ${atUs}`);
    for (const row of inOrder(diff.bids, -1)) this.#set(this.bids, row, atUs);
    for (const row of inOrder(diff.asks, 1)) this.#set(this.asks, row, atUs);
    this.atUs = atUs;
    this.applied += 1;
    const { bids, asks } = this.levels();
    if (Number(bids[0]?.[0]) >= Number(asks[0]?.[0])) throw new Error(`crossed at ${atUs}`);
  }

  #set(side: Map<string, string>, [price, size]: Row, atUs: number): void {
    const before = Number(side.get(price) ?? 0);
    if (Number(size) > before) this.growths.push({ atUs, price, by: Number(size) - before });
    if (Number(size) > 0) side.set(price, size);
    else if (!side.delete(price)) this.unknownRemovals += 1;
  }
}

/** The moment in µs, which its text in seconds must agree with. */
function timeOf({ timestamp, microtimestamp }: BitstampBookMessage): number {
  if (microtimestamp.slice(0, 10) !== timestamp) throw new Error(`${timestamp} is not ${microtimestamp}`);
  return Number(microtimestamp);
}

/** The rows, which must come best first, each price once. */
function inOrder(rows: readonly Row[], direction: 1 | -1): readonly Row[] {
  for (const [i, [price]] of rows.entries()) {
    const next = rows[i + 1]?.[0];
    if (next !== undefined && direction * (Number(next) - Number(price)) <= 0)
      throw new Error(`${next} after ${price}`);
  }
  return rows;
}

function sorted(side: ReadonlyMap<string, string>, direction: 1 | -1): Row[] {
  return [...side].sort(([a], [b]) => direction * (Number(a) - Number(b)));
}
