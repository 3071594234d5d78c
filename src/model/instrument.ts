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
