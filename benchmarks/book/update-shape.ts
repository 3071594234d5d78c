/**
 * What the depth stream of a busy pair looks like, counted over the 6,492 depth messages (298,078 rows) of a recording of
 * Binance's BTCUSDT in 2024 against a naive book. Ranks and distances count levels held, the best is rank 0.
 */

/** Shares of a whole; a draw gives an index. */
export type Shares = readonly (readonly [share: number, from: number, to: number])[];

/** Kinds of rows. */
export const ROW_SHARES = { update: 0.12, insertOrRemove: 0.79, removeAbsent: 0.09 } as const;

/** Rank of a side's first row. */
export const FIRST_RANKS: Shares = [
  [0.427, 0, 0],
  [0.337, 1, 1],
  [0.034, 2, 3],
  [0.075, 4, 15],
  [0.066, 16, 63],
  [0.036, 64, 255],
  [0.014, 256, 1023],
  [0.011, 1024, 2047],
];

/** From a row's rank to the next row's: rows of a side come in the order of their prices, best first. */
export const DISTANCES: Shares = [
  [0.314, 1, 1],
  [0.188, 2, 3],
  [0.27, 4, 15],
  [0.132, 16, 63],
  [0.058, 64, 255],
  [0.028, 256, 1023],
  [0.01, 1024, 2047],
];

/** ln of a side's rows in a message is about normal: a tenth has 3 rows or fewer, half 11, a tenth 51 or more. */
export const ROWS_LOG_MEAN = Math.log(11);
export const ROWS_LOG_DEVIATION = 1.2;
export const ROWS_MAX = 477;

/** More than half of the inserts (55 %) put back a price that was held before. */
export const RETURNING_SHARE = 0.55;

/** Ticks from level to level at the start, evenly from 1 to this. */
export const SPACING_TICKS_MAX = 400;
