/** Level changes per second of the whole market: some 1.04 MB/s of frames, at the 39 bytes per changed level of Binance. */
export const MARKET_CHANGES_PER_S = 27_000;
