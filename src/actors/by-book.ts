/** One value per book, found by the names in an event's header without making a text of them. */

export interface BookNames {
  readonly exchange: string;
  readonly symbol: string;
}

export class ByBook<Value> {
  private readonly exchanges = new Map<string, Map<string, Value>>();
  /** The book of the last call: the next is most often of the same one. */
  private exchange = '';
  private symbol = '';
  private last: Value | undefined;

  get({ exchange, symbol }: BookNames): Value | undefined {
    if (symbol === this.symbol && exchange === this.exchange) return this.last;
    const value = this.exchanges.get(exchange)?.get(symbol);
    this.remember(exchange, symbol, value);
    return value;
  }

  set({ exchange, symbol }: BookNames, value: Value): void {
    const symbols = this.exchanges.get(exchange) ?? new Map<string, Value>();
    this.exchanges.set(exchange, symbols.set(symbol, value));
    this.remember(exchange, symbol, value);
  }

  clear(): void {
    this.exchanges.clear();
    this.remember('', '', undefined);
  }

  /** By `exchange:symbol`. */
  *entries(): Generator<[book: string, value: Value]> {
    for (const [exchange, symbols] of this.exchanges) {
      for (const [symbol, value] of symbols) yield [`${exchange}:${symbol}`, value];
    }
  }

  private remember(exchange: string, symbol: string, value: Value | undefined): void {
    this.exchange = exchange;
    this.symbol = symbol;
    this.last = value;
  }
}
