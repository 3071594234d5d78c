/**
 * Thins out repeated log lines by their number, not by time: the first ones are written, then one in so many, which says
 * how many were left out. Counters stay exact; only the words are thinned.
 */
export class Thinning {
  readonly #seen = new Map<string, number>();
  readonly #first: number;
  readonly #every: number;

  /** Writes the first `first` lines of each key, then one in `every`. */
  constructor({ first, every }: { first: number; every: number }) {
    this.#first = first;
    this.#every = every;
  }

  /**
   * Counts one more of `key` (a bounded set of keys).
   * @returns how many were left out since the last line, or `null` where this one is to be left out too
   */
  next(key: string): number | null {
    const count = (this.#seen.get(key) ?? 0) + 1;
    this.#seen.set(key, count);
    if (count <= this.#first) return 0;
    const beyond = count - this.#first;
    return beyond % this.#every === 0 ? this.#every - 1 : null;
  }
}
