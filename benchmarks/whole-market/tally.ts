/** What a pair's frames stand for in the tables, to be compared with what is found there. */

import { z } from 'zod';

export const tallySchema = z.object({
  /** Rows of `order_changes`, and the sums of two of its columns. */
  changes: z.number(),
  prices: z.number(),
  sizes: z.number(),
  /** Rows of `new_orders`. */
  newOrders: z.number(),
  /** Rows of `trades`, and the sum of their sizes. */
  trades: z.number(),
  tradedSizes: z.number(),
});
export type Tally = z.output<typeof tallySchema>;

export const TALLY_FIELDS = Object.keys(tallySchema.shape) as readonly (keyof Tally)[];
const COUNTS: ReadonlySet<keyof Tally> = new Set(['changes', 'newOrders', 'trades']);
/** Sums of doubles depend on the order of adding. */
const TOLERANCE = 1e-9;

export function emptyTally(): Tally {
  return { changes: 0, prices: 0, sizes: 0, newOrders: 0, trades: 0, tradedSizes: 0 };
}

export function addTally(to: Tally, other: Readonly<Tally>): void {
  for (const field of TALLY_FIELDS) to[field] += other[field];
}

/** A sentence for each pair and figure that differs; counts must be equal, sums as equal as doubles are. */
export function differences(
  expected: ReadonlyMap<string, Readonly<Tally>>,
  found: ReadonlyMap<string, Readonly<Tally>>,
): string[] {
  const symbols = new Set([...expected.keys(), ...found.keys()]);
  return [...symbols].flatMap((symbol) => {
    const should = expected.get(symbol) ?? emptyTally();
    const is = found.get(symbol) ?? emptyTally();
    const wrong = TALLY_FIELDS.filter((field) => {
      const allowed = COUNTS.has(field) ? 0 : TOLERANCE * Math.abs(should[field]);
      return !(Math.abs(is[field] - should[field]) <= allowed);
    });
    return wrong.map((field) => `${symbol}: ${field} should be ${should[field]} and is ${is[field]}`);
  });
}
