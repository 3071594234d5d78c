/**
 * Rows of Bitfinex books that wait for the checksum behind them. The venue tells a change of a book row by row, and its
 * `cs` frame follows the last of them: on a connection that sends checksums the rows wait for it, and are one update then,
 * which either is proven or is never told. A checksum that does not come is not waited for without end.
 */

import type { WireMessage } from '../book/wire-message.ts';
import { LevelBuffer } from '../book/level-buffer.ts';

/**
 * Rows that have waited so long are told without a proof, µs of the venue's time. A burst of rows took 0.64 ms at most in
 * the recording that has receive times.
 */
const WAIT_US = 250_000;
/** So many rows of one book are told without a proof too. */
const ROWS_MAX = 4096;

interface Held {
  readonly levels: LevelBuffer;
  /** Times of the first and the last of them, µs; NaN where the connection tells none. */
  firstUs: number;
  lastUs: number;
}

/** As a plain value: of each row its side, price, decimals of it, size, decimals of it, orders. */
export type HeldRowsState = readonly {
  readonly symbol: string;
  readonly firstUs: number;
  readonly lastUs: number;
  readonly rows: readonly (readonly [number, bigint, number, bigint, number, number])[];
}[];

export class HeldRows {
  /** By the venue's symbol. A book keeps its columns once it has them. */
  private readonly books = new Map<string, Held>();
  /** No row waits that came before this, µs. */
  private oldestUs = Number.POSITIVE_INFINITY;

  /** Takes the rows of an update. @returns false where too many wait: they are to be told as they are */
  add({ venueSymbol, levels, exchangeUs }: WireMessage): boolean {
    let held = this.books.get(venueSymbol);
    if (held === undefined) {
      held = { levels: new LevelBuffer(), firstUs: NaN, lastUs: NaN };
      this.books.set(venueSymbol, held);
    }
    if (held.levels.count === 0) {
      held.firstUs = exchangeUs;
      if (exchangeUs < this.oldestUs) this.oldestUs = exchangeUs;
    }
    append(levels, held.levels);
    held.lastUs = exchangeUs;
    return held.levels.count < ROWS_MAX;
  }

  /**
   * Moves what waits of a book into a message about it: the levels, and the time of the last row.
   * @returns false where nothing waits; the message is as it was then
   */
  take(message: WireMessage): boolean {
    const held = this.books.get(message.venueSymbol);
    if (held === undefined || held.levels.count === 0) return false;
    append(held.levels, message.levels);
    message.exchangeUs = held.lastUs;
    held.levels.clear();
    return true;
  }

  /** Forgets what waits of a book: it begins anew. */
  forget(venueSymbol: string): void {
    this.books.get(venueSymbol)?.levels.clear();
  }

  /** Forgets everything: every book is in doubt. */
  forgetAll(): void {
    for (const { levels } of this.books.values()) levels.clear();
    this.oldestUs = Number.POSITIVE_INFINITY;
  }

  /** Symbols of books whose rows have waited too long at this time of the venue, µs. */
  overdue(nowUs: number): readonly string[] {
    if (!(nowUs - this.oldestUs > WAIT_US)) return NONE;
    const symbols: string[] = [];
    let oldestUs = Number.POSITIVE_INFINITY;
    for (const [symbol, { levels, firstUs }] of this.books) {
      if (levels.count === 0) continue;
      if (nowUs - firstUs > WAIT_US) symbols.push(symbol);
      else oldestUs = Math.min(oldestUs, firstUs);
    }
    this.oldestUs = oldestUs;
    return symbols;
  }

  state(): HeldRowsState {
    return [...this.books]
      .filter(([, { levels }]) => levels.count > 0)
      .map(([symbol, { levels, firstUs, lastUs }]) => ({ symbol, firstUs, lastUs, rows: rowsOf(levels) }));
  }

  restore(state: HeldRowsState): void {
    this.books.clear();
    this.oldestUs = Number.POSITIVE_INFINITY;
    for (const { symbol, firstUs, lastUs, rows } of state) {
      const levels = new LevelBuffer();
      for (const row of rows) levels.addExact(...row);
      this.books.set(symbol, { levels, firstUs, lastUs });
      if (firstUs < this.oldestUs) this.oldestUs = firstUs;
    }
  }
}

const NONE: readonly string[] = [];

/** Puts a copy of the rows behind those of another buffer. */
function append(from: LevelBuffer, to: LevelBuffer): void {
  for (let row = 0; row < from.count; row++) {
    const side = from.side[row] as number;
    const priceDecimals = from.priceDecimals[row] as number;
    const sizeDecimals = from.sizeDecimals[row] as number;
    const orders = from.orders[row] as number;
    if (from.wide) {
      to.addExact(side, from.exactPrice(row), priceDecimals, from.exactSize(row), sizeDecimals, orders);
    } else {
      to.add(side, from.price[row] as number, priceDecimals, from.size[row] as number, sizeDecimals, orders);
    }
  }
}

function rowsOf(levels: LevelBuffer): HeldRowsState[number]['rows'] {
  return Array.from({ length: levels.count }, (_, row) => [
    levels.side[row] as number,
    levels.exactPrice(row),
    levels.priceDecimals[row] as number,
    levels.exactSize(row),
    levels.sizeDecimals[row] as number,
    levels.orders[row] as number,
  ]);
}
