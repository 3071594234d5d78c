/** The mean of the spreads of the last 15 seconds, as a plain value. Seconds without one (a book not live) do not count. */

export const SPREAD_AVERAGE_S = 15;

export interface SpreadAverage {
  /** Of the last seconds, each at the place that its number leaves when divided by their count; NaN where there was none. */
  readonly spreads: Float64Array;
  /** Since the epoch; -Infinity before the first. */
  lastSecond: number;
}

export function initialSpreadAverage(): SpreadAverage {
  return { spreads: new Float64Array(SPREAD_AVERAGE_S).fill(Number.NaN), lastSecond: Number.NEGATIVE_INFINITY };
}

/** Takes in the spread of a second behind all before. @returns the mean over the last 15 seconds, this one included */
export function averageSpread(average: SpreadAverage, second: number, spread: number): number {
  const { spreads } = average;
  const oldest = second - SPREAD_AVERAGE_S + 1;
  for (let one = Math.max(average.lastSecond + 1, oldest); one < second; one++) {
    spreads[placeOf(one)] = Number.NaN;
  }
  spreads[placeOf(second)] = spread;
  average.lastSecond = second;
  let sum = 0;
  let count = 0;
  // Oldest first: the last bits of a sum depend on its order.
  for (let one = oldest, at = placeOf(oldest); one <= second; one++) {
    const value = spreads[at] as number;
    if (++at === SPREAD_AVERAGE_S) at = 0;
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return sum / count;
}

/** What is left when a second's number is divided by how many are kept. The remainder of doubles, `%`, is a slow call. */
function placeOf(second: number): number {
  return second - Math.floor(second / SPREAD_AVERAGE_S) * SPREAD_AVERAGE_S;
}
