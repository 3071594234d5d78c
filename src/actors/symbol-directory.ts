/**
 * What a venue's symbols mean. The venue's own list of instruments decides; until one was seen, the symbol itself is
 * read as far as it tells. A pair that already has a book keeps the name it got.
 */

import type { InstrumentRow } from '../book/wire-message.ts';
import { parseDecimal, parsed, significantDecimals } from '../lib/decimal.ts';
import type { Instrument } from '../model/instrument.ts';

/** Reads a symbol without metadata; null where it cannot be read. */
export type SymbolReader = (venueSymbol: string) => { readonly base: string; readonly quote: string } | null;

/** The directory as a plain value. */
export interface SymbolDirectoryState {
  readonly instruments: readonly Instrument[];
  readonly assumed: readonly string[];
}

export class SymbolDirectory {
  readonly exchange: string;
  private readonly known = new Map<string, Instrument>();
  /** Symbols that were read without the venue's metadata. */
  readonly assumed = new Set<string>();

  constructor(exchange: string) {
    this.exchange = exchange;
  }

  /** Takes the venue's list in. What was read without it before keeps its name: rows were written under it. */
  learn(rows: readonly InstrumentRow[]): void {
    for (const row of rows) {
      if (row.venueSymbol === '' || row.base === '' || row.quote === '' || this.assumed.has(row.venueSymbol)) continue;
      this.known.set(row.venueSymbol, {
        exchange: this.exchange,
        symbol: `${row.base}-${row.quote}`,
        venueSymbol: row.venueSymbol,
        base: row.base,
        quote: row.quote,
        priceScale: scaleOf(row.tickSize),
        sizeScale: scaleOf(row.lotSize),
        tradable: row.tradable,
      });
    }
  }

  /** The pair behind a symbol. A symbol that tells nothing is its own base, quoted in `UNKNOWN`. */
  find(venueSymbol: string, read: SymbolReader): Instrument {
    const found = this.known.get(venueSymbol);
    if (found !== undefined) return found;
    const { base, quote } = read(venueSymbol) ?? { base: venueSymbol, quote: 'UNKNOWN' };
    const instrument: Instrument = {
      exchange: this.exchange,
      symbol: `${base}-${quote}`,
      venueSymbol,
      base,
      quote,
      priceScale: null,
      sizeScale: null,
      tradable: true,
    };
    this.known.set(venueSymbol, instrument);
    this.assumed.add(venueSymbol);
    return instrument;
  }

  /** By canonical name, among those that the venue listed or that were read. */
  bySymbol(symbol: string): Instrument | undefined {
    for (const instrument of this.known.values()) if (instrument.symbol === symbol) return instrument;
    return undefined;
  }

  get size(): number {
    return this.known.size;
  }

  state(): SymbolDirectoryState {
    return { instruments: [...this.known.values()], assumed: [...this.assumed] };
  }

  restore({ instruments, assumed }: SymbolDirectoryState): void {
    this.known.clear();
    for (const instrument of instruments) this.known.set(instrument.venueSymbol, instrument);
    this.assumed.clear();
    for (const venueSymbol of assumed) this.assumed.add(venueSymbol);
  }
}

/** Decimals of a step: `0.01000000` has 2. Null where there is no step. */
function scaleOf(step: string | null): number | null {
  if (step === null || !parseDecimal(step)) return null;
  return significantDecimals(parsed.wide ?? parsed.mantissa, parsed.decimals);
}
