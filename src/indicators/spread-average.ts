/** The mean of the spreads of the last 15 seconds, as a plain value. Seconds without one (a book not live) do not count. */

export const SPREAD_AVERAGE_S = 15;

export interface SpreadAverage {
  /** Second since the epoch and its spread, oldest first. */
  readonly seconds: number[];
  readonly spreads: number[];
}

export function initialSpreadAverage(): SpreadAverage {
  return { seconds: [], spreads: [] };
}

/** Takes a second's spread in. @returns the mean over the last 15 seconds, this one included */
export function averageSpread({ seconds, spreads }: SpreadAverage, second: number, spread: number): number {
  seconds.push(second);
  spreads.push(spread);
  while ((seconds[0] as number) <= second - SPREAD_AVERAGE_S) {
    seconds.shift();
    spreads.shift();
  }
  let sum = 0;
  for (const one of spreads) sum += one;
  return sum / spreads.length;
}
