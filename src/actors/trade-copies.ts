/**
 * Tells the trades that come twice, while two connections carry a pair, from those that are new. Ids are compared one
 * by one and not by size: the older connection may still bring what the newer one was opened too late for.
 */

/** Trades remembered: many times what one connection can be behind the other. */
const WINDOW = 512;

export interface TradeCopiesState {
  readonly ids: readonly string[];
  readonly conns: readonly string[];
  readonly next: number;
  readonly sinceSwitch: number;
}

export class TradeCopies {
  /** A ring: once full, `next` is the oldest. */
  private ids: string[] = [];
  private conns: string[] = [];
  private next = 0;
  /** Trades since one came by another connection than the one before: from WINDOW on there is nothing to compare. */
  private sinceSwitch = WINDOW;

  /**
   * Whether another connection brought this trade before; remembers it where not. A venue that repeats itself on one
   * connection is taken at its word, as is one that numbers no trades (an empty id).
   */
  isCopy(id: string, conn: string): boolean {
    if (id === '') return false;
    const { ids, conns } = this;
    const newest = conns[(this.next + WINDOW - 1) % WINDOW] ?? conn;
    if (conn !== newest) this.sinceSwitch = 0;
    if (this.sinceSwitch < WINDOW) {
      for (let at = ids.indexOf(id); at >= 0; at = ids.indexOf(id, at + 1)) if (conns[at] !== conn) return true;
    }
    ids[this.next] = id;
    conns[this.next] = conn;
    this.next = (this.next + 1) % WINDOW;
    this.sinceSwitch++;
    return false;
  }

  /** A plain value; later trades do not change it. */
  state(): TradeCopiesState {
    const { ids, conns, next, sinceSwitch } = this;
    return { ids: ids.slice(), conns: conns.slice(), next, sinceSwitch };
  }

  restore(state: TradeCopiesState): void {
    this.ids = state.ids.slice();
    this.conns = state.conns.slice();
    this.next = state.next;
    this.sinceSwitch = state.sinceSwitch;
  }
}
