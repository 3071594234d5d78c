/** Bars of one minute of event time from trades. Minutes without a trade have none. */

export const BAR_WINDOW_US = 60_000_000;

export interface Bar {
  /** Prices in quote per base; NaN before the first trade. */
  open: number;
  high: number;
  low: number;
  close: number;
  /** Base units. */
  volume: number;
  /** Quote units. */
  quoteVolume: number;
  trades: number;
  /** Event times of the first and the last trade, µs: trades may come out of order. */
  openUs: number;
  closeUs: number;
}

export function initialBar(): Bar {
  return {
    open: Number.NaN,
    high: Number.NEGATIVE_INFINITY,
    low: Number.POSITIVE_INFINITY,
    close: Number.NaN,
    volume: 0,
    quoteVolume: 0,
    trades: 0,
    openUs: Number.POSITIVE_INFINITY,
    closeUs: Number.NEGATIVE_INFINITY,
  };
}

/** Takes a trade in. Of trades at one time the first that came opens and the last that came closes. */
export function addTrade(bar: Bar, timeUs: number, price: number, size: number): void {
  if (timeUs < bar.openUs) {
    bar.openUs = timeUs;
    bar.open = price;
  }
  if (timeUs >= bar.closeUs) {
    bar.closeUs = timeUs;
    bar.close = price;
  }
  if (price > bar.high) bar.high = price;
  if (price < bar.low) bar.low = price;
  bar.volume += size;
  bar.quoteVolume += price * size;
  bar.trades++;
}

/** Writes the row of a bar with at least one trade. */
export function tellBar(bar: Bar, out: Float64Array): void {
  out[0] = bar.open;
  out[1] = bar.high;
  out[2] = bar.low;
  out[3] = bar.close;
  out[4] = bar.volume;
  out[5] = bar.quoteVolume;
  out[6] = bar.volume > 0 ? bar.quoteVolume / bar.volume : Number.NaN;
  out[7] = bar.trades;
}
