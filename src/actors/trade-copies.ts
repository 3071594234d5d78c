/**
 * Tells the trades that come twice, while two connections carry a pair, from those that are new. Ids are compared one
 * by one and not by size: the older connection may still bring what the newer one was opened too late for.
 */

/** How long a trade is remembered, µs of receive time: longer than any connection may be silent before it is cut off. */
const WINDOW_US = 60_000_000;
/** However many there are within it. */
const COUNT_MAX = 65_536;
/** So many at least are cut off from the arrays at a time. */
const FORGOTTEN_MIN = 1024;

export interface TradeCopiesState {
  readonly ids: readonly string[];
  readonly conns: readonly string[];
  readonly timesUs: readonly number[];
  readonly switchedUs: number;
}

export class TradeCopies {
  /** Trades in the order in which they came; those before `start` are forgotten. */
  private ids: string[] = [];
  private conns: string[] = [];
  private timesUs: number[] = [];
  private start = 0;
  /** When one last came by another connection than the one before. */
  private switchedUs = Number.NEGATIVE_INFINITY;
  /** Connections by the ids that they brought; null while one connection brings all, and there is nothing to compare. */
  private byId: Map<string, string> | null = null;

  /**
   * Whether another connection brought this trade before; remembers it where not. A venue that repeats itself on one
   * connection is taken at its word, as is one that numbers no trades (an empty id).
   */
  isCopy(id: string, conn: string, receiveUs: number): boolean {
    if (id === '') return false;
    const { ids, conns } = this;
    this.forget(receiveUs - WINDOW_US);
    if (ids.length > 0 && conns[ids.length - 1] !== conn) this.switchedUs = receiveUs;
    if (receiveUs - this.switchedUs > WINDOW_US) {
      this.byId = null;
    } else {
      this.byId ??= this.index();
      if ((this.byId.get(id) ?? conn) !== conn) return true;
      this.byId.set(id, conn);
    }
    ids.push(id);
    conns.push(conn);
    this.timesUs.push(receiveUs);
    return false;
  }

  /** A plain value; later trades do not change it. */
  state(): TradeCopiesState {
    const { ids, conns, timesUs, start, switchedUs } = this;
    return { ids: ids.slice(start), conns: conns.slice(start), timesUs: timesUs.slice(start), switchedUs };
  }

  restore({ ids, conns, timesUs, switchedUs }: TradeCopiesState): void {
    this.ids = ids.slice();
    this.conns = conns.slice();
    this.timesUs = timesUs.slice();
    this.switchedUs = switchedUs;
    this.start = 0;
    this.byId = null;
  }

  private index(): Map<string, string> {
    const { ids, conns, start } = this;
    const byId = new Map<string, string>();
    for (let at = start; at < ids.length; at++) byId.set(ids[at] as string, conns[at] as string);
    return byId;
  }

  private forget(beforeUs: number): void {
    const { ids, conns, timesUs, byId } = this;
    for (; (timesUs[this.start] ?? beforeUs) < beforeUs || ids.length - this.start >= COUNT_MAX; this.start++) {
      byId?.delete(ids[this.start] as string);
    }
    if (this.start < FORGOTTEN_MIN || this.start * 2 < ids.length) return;
    for (const column of [ids, conns, timesUs]) column.splice(0, this.start);
    this.start = 0;
  }
}
