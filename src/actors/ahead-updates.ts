/**
 * Where two connections carry a book under the same update numbers, a hole in what one of them brings may be filled by the
 * other. Updates that came ahead of a hole wait here, in the order of their numbers, as long as another connection has not
 * passed the hole itself: connections bring updates in order, so one that has passed it lost them too.
 */

/** A connection that is so far behind another one is not waited for, µs of receive time. */
const WAIT_US = 2_000_000;
/** Bytes of updates that may wait: far more than two seconds of the busiest pair. */
const BYTES_MAX = 1024 * 1024;

export interface AheadUpdate {
  /** A copy of the frame. */
  readonly bytes: Uint8Array;
  readonly receiveUs: number;
  readonly conn: string;
  /** First and last update number in it. */
  readonly first: number;
  readonly last: number;
}

export interface AheadUpdatesState {
  readonly waiting: readonly AheadUpdate[];
  readonly newest: readonly (readonly [conn: string, last: number])[];
}

export class AheadUpdates {
  private waiting: AheadUpdate[] = [];
  private bytes = 0;
  /** The newest update number that each connection has brought. */
  private readonly newest = new Map<string, number>();

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** The newest update number that a connection has brought; NaN where it has brought none. */
  newestOf(conn: string): number {
    return this.newest.get(conn) ?? NaN;
  }

  /** A connection has brought this update. */
  seen(conn: string, last: number): void {
    this.newest.set(conn, Math.max(last, this.newest.get(conn) ?? 0));
  }

  /** A connection is gone. */
  forget(conn: string): void {
    this.newest.delete(conn);
  }

  /**
   * Whether what is missing behind `last` may still come.
   * @param nowUs receive time of the newest frame
   */
  mayBeFilled(last: number, nowUs: number): boolean {
    const sinceUs = this.waiting.reduce((oldest, { receiveUs }) => Math.min(oldest, receiveUs), nowUs);
    if (nowUs - sinceUs > WAIT_US || this.bytes > BYTES_MAX) return false;
    for (const newest of this.newest.values()) if (newest <= last) return true;
    return false;
  }

  /** Keeps an update; the same one a second time is left out. */
  add(update: AheadUpdate): void {
    const { waiting } = this;
    let at = waiting.length;
    while (at > 0 && (waiting[at - 1]?.first ?? 0) > update.first) at--;
    const before = waiting[at - 1];
    if (before !== undefined && before.last >= update.last) return;
    waiting.splice(at, 0, update);
    this.bytes += update.bytes.length;
  }

  /**
   * Hands over, one after the other, what the book can go on to.
   * @param lastOf where the book stands, which each update moves on
   * @returns whether nothing waits any more, although something did: the hole is filled
   */
  release(lastOf: () => number, take: (update: AheadUpdate) => void): boolean {
    if (this.isEmpty) return false;
    for (let next = this.take(lastOf()); next !== null; next = this.take(lastOf())) take(next);
    return this.isEmpty;
  }

  /** Takes the update that comes next behind `last`; null where it is not there. */
  private take(last: number): AheadUpdate | null {
    const [update] = this.waiting;
    if (update === undefined || update.first > last + 1) return null;
    this.waiting.shift();
    this.bytes -= update.bytes.length;
    return update;
  }

  /** Takes all of them, in the order of their numbers. */
  takeAll(): readonly AheadUpdate[] {
    const { waiting } = this;
    this.waiting = [];
    this.bytes = 0;
    return waiting;
  }

  state(): AheadUpdatesState {
    return { waiting: [...this.waiting], newest: [...this.newest] };
  }

  restore({ waiting, newest }: AheadUpdatesState): void {
    this.takeAll();
    this.newest.clear();
    for (const update of waiting) this.add(update);
    for (const [conn, last] of newest) this.newest.set(conn, last);
  }
}
