/** A book's names as the batch writer keeps them between batches. */
export interface BookEntry {
  readonly exchange: string;
  readonly symbol: string;
  readonly venueSymbol: string;
  /** The batch that last used the book. */
  batch: number;
  /** Its ordinal in that batch. */
  index: number;
  /** The next book of the same symbol. */
  next: BookEntry | null;
}

/**
 * Finds the entry of a book without building a key: by symbol, then along the few books that share it. Grows with the
 * number of distinct books that its writer sees, which the shard's placement bounds.
 */
export class BookTable {
  private readonly bySymbol = new Map<string, BookEntry>();
  private last: BookEntry | null = null;

  find(exchange: string, symbol: string, venueSymbol: string): BookEntry {
    const { last } = this;
    if (last !== null && isBook(last, exchange, symbol, venueSymbol)) return last;
    const first = this.bySymbol.get(symbol) ?? null;
    let found = first;
    while (found !== null && !isBook(found, exchange, symbol, venueSymbol)) found = found.next;
    if (found === null) {
      found = { exchange, symbol, venueSymbol, batch: -1, index: 0, next: first };
      this.bySymbol.set(symbol, found);
    }
    this.last = found;
    return found;
  }
}

function isBook(entry: BookEntry, exchange: string, symbol: string, venueSymbol: string): boolean {
  return entry.symbol === symbol && entry.exchange === exchange && entry.venueSymbol === venueSymbol;
}
