/** A trading pair of a venue. */
export interface Instrument {
  readonly exchange: string;
  /** `BASE-QUOTE`. */
  readonly symbol: string;
  readonly venueSymbol: string;
  readonly base: string;
  readonly quote: string;
  /** Decimals of price and size where the venue's metadata tells them; else null, and the digits seen decide. */
  readonly priceScale: number | null;
  readonly sizeScale: number | null;
  /** False where the venue lists the pair but does not trade it now. */
  readonly tradable: boolean;
}

/** `delisted`: no longer in the venue's list. */
export type InstrumentStatus = 'trading' | 'halted' | 'delisted';

/** What a venue said of an instrument during a span of time. */
export interface InstrumentVersion {
  readonly exchange: string;
  /** `BASE-QUOTE`. */
  readonly symbol: string;
  readonly venueSymbol: string;
  readonly base: string;
  readonly quote: string;
  /** Smallest steps of price (quote per base) and size (base); null where the venue gives none. */
  readonly tickSize: number | null;
  readonly lotSize: number | null;
  readonly status: InstrumentStatus;
  readonly isCurrent: boolean;
  /** µs since the epoch: from here on, and until there; null: it still holds. */
  readonly validFromUs: number;
  readonly validToUs: number | null;
  /** Program and version that saw the change. */
  readonly modifiedBy: string;
}
