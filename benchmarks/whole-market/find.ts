/** Looks for the greatest rate that is sustained: doubles or halves until the answer changes, then halves the interval. */

export interface Trial {
  readonly times: number;
  readonly isSustained: boolean;
}

/** Between the last sustained rate and the first one that is not, as a factor: runs of seconds tell no finer. */
const PRECISION = 1.2;
const TIMES_MIN = 1 / 64;

/**
 * @param from where to begin, in times of the whole market
 * @param tryOut whether a rate is sustained; called once per rate
 * @returns all trials in their order; the answer is the greatest that was sustained
 */
export async function findSustained(from: number, tryOut: (times: number) => Promise<boolean>): Promise<Trial[]> {
  const trials: Trial[] = [];
  let [sustained, tooMuch] = [0, Infinity];
  let times = from;
  while (times >= TIMES_MIN && tooMuch / sustained > PRECISION) {
    const isSustained = await tryOut(times);
    trials.push({ times, isSustained });
    if (isSustained) sustained = times;
    else tooMuch = times;
    if (sustained === 0) times = tooMuch / 2;
    else times = tooMuch === Infinity ? sustained * 2 : Math.sqrt(sustained * tooMuch);
  }
  return trials;
}
