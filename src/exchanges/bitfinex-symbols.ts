/**
 * How Bitfinex names pairs: `t` and both currencies, of three characters each, or else with a colon between them:
 * `tBTCUST`, `tDOGE:USD`. https://docs.bitfinex.com/docs/symbols
 */

import type { InstrumentRow } from '../book/wire-message.ts';

/** The venue's own codes of currencies that the world knows by another name. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['UST', 'USDT'],
  ['UDC', 'USDC'],
  ['EUT', 'EURT'],
  ['WBT', 'WBTC'],
  ['BCHN', 'BCH'],
  ['DSH', 'DASH'],
  ['IOT', 'IOTA'],
  ['QTM', 'QTUM'],
  ['DAT', 'DATA'],
  ['ATO', 'ATOM'],
  ['ALG', 'ALGO'],
  ['MNA', 'MANA'],
]);
const CODES: ReadonlyMap<string, string> = new Map([...ALIASES].map(([code, name]) => [name, code]));

const JOINED = /^t([^:]{3})([^:]{3})$/;
const PARTED = /^t([^:]+):([^:]+)$/;

/** Pairs for trying things out, whose books are nobody's market. */
const PAPER = /^t(?:TEST|AAABBB$)/;

/** `tBTCUST` is BTC and USDT; null where the text is no trading pair (`fUSD` is a funding market). */
export function splitBitfinexSymbol(venueSymbol: string): { base: string; quote: string } | null {
  const match = JOINED.exec(venueSymbol) ?? PARTED.exec(venueSymbol);
  if (match === null) return null;
  const [, base = '', quote = ''] = match;
  return { base: ALIASES.get(base) ?? base, quote: ALIASES.get(quote) ?? quote };
}

export function bitfinexSymbol(pair: { readonly base: string; readonly quote: string }): string {
  const base = CODES.get(pair.base) ?? pair.base;
  const quote = CODES.get(pair.quote) ?? pair.quote;
  return base.length === 3 && quote.length === 3 ? `t${base}${quote}` : `t${base}:${quote}`;
}

/**
 * The pair of a list of the venue, such as `DOGE:USD`; null where it cannot be read. No step is given with it: a price
 * has five significant digits, wherever it stands.
 */
export function bitfinexInstrument(pair: string): InstrumentRow | null {
  const venueSymbol = `t${pair}`;
  const parts = splitBitfinexSymbol(venueSymbol);
  if (parts === null) return null;
  return { venueSymbol, ...parts, tickSize: null, lotSize: null, tradable: !PAPER.test(venueSymbol) };
}
