/** The best prices of one pair over time, in flat columns; a ring like `OrderLog`. */

export class QuoteLog {
  readonly capacity: number;
  readonly timeMs: Float64Array;
  /** NaN where the side was empty, or the book was not to be believed: the line has a hole there. */
  readonly bid: Float64Array;
  readonly ask: Float64Array;
  end = 0;
  private readonly mask: number;

  /** @param capacity a power of two */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.mask = capacity - 1;
    this.timeMs = new Float64Array(capacity);
    this.bid = new Float64Array(capacity);
    this.ask = new Float64Array(capacity);
  }

  get begin(): number {
    return Math.max(0, this.end - this.capacity);
  }

  slot(number: number): number {
    return number & this.mask;
  }

  clear(): void {
    this.end = 0;
  }

  /** A moment that is not later than the newest one is left out. */
  push(timeMs: number, bid: number | null, ask: number | null): void {
    if (this.end > 0 && timeMs <= (this.timeMs[(this.end - 1) & this.mask] ?? 0)) return;
    const slot = this.end++ & this.mask;
    this.timeMs[slot] = timeMs;
    this.bid[slot] = bid ?? NaN;
    this.ask[slot] = ask ?? NaN;
  }

  /** Number of the last moment at or before this one; `begin - 1` where all are later. */
  lastBefore(timeMs: number): number {
    let low = this.begin;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.timeMs[middle & this.mask] ?? 0) <= timeMs) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
