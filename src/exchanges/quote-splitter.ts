/**
 * Parts a concatenated symbol, such as `BTCUSDT`, at the assets that a venue prices its pairs in. Only for recordings without
 * the venue's metadata, which must be parted by guess: where there are any, the venue's own words count.
 */

export type SymbolSplitter = (venueSymbol: string) => { base: string; quote: string } | null;

/**
 * @param quotes names with spaces between them
 * @returns parts a symbol at the longest of them that it ends in; null where it ends in none
 */
export function quoteSplitter(quotes: string): SymbolSplitter {
  const longestFirst = quotes.split(' ').sort((a, b) => b.length - a.length);
  return (venueSymbol) => {
    const quote = longestFirst.find((one) => venueSymbol.length > one.length && venueSymbol.endsWith(one));
    return quote === undefined ? null : { base: venueSymbol.slice(0, -quote.length), quote };
  };
}
