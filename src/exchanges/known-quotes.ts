/**
 * Assets that other assets are priced in. Only for recordings without the venue's metadata: there `BTCUSDT` must be
 * parted by guess. With metadata the venue's own words count, never this list.
 */
const KNOWN_QUOTES = (
  'USDT USDC FDUSD TUSD BUSD BIDR IDRT BVND USDP USDS BKRW EURI AEUR DAI PAX UST VAI USD ' +
  'BTC ETH BNB TRX XRP DOGE DOT SOL EUR GBP TRY AUD BRL RUB UAH ZAR NGN JPY PLN RON ARS MXN COP CZK'
)
  .split(' ')
  .sort((a, b) => b.length - a.length);

/** Parts a concatenated symbol at the longest known quote asset; null where none fits. */
export function splitByKnownQuote(venueSymbol: string): { base: string; quote: string } | null {
  for (const quote of KNOWN_QUOTES) {
    if (venueSymbol.length > quote.length && venueSymbol.endsWith(quote)) {
      return { base: venueSymbol.slice(0, -quote.length), quote };
    }
  }
  return null;
}
