/** The shapes in which Gemini writes its frequent frames, byte by byte. What the fields mean stands in `gemini.ts`. */

import type { WireMessage } from '../book/wire-message.ts';
import { ASK, BID } from '../model/event.ts';
import { FrameScanner } from './scan/frame-scanner.ts';
import { literal } from './scan/literal.ts';

const DEPTH = literal('{"e":"depthUpdate","E":');
const TRADE = literal('{"E":');
const QUOTE = literal('{"u":');
const QUOTE_TIME = literal(',"E":');

/** What follows the quotation mark behind a time. */
const SYMBOL = literal('s":"');

const FIRST = literal(',"U":');
const LAST = literal(',"u":');
const BIDS = literal(',"b":[');
const ASKS = literal(',"a":[');
const END = literal('}');

const TRADE_ID = literal(',"t":');
const PRICE = literal(',"p":"');
const SIZE = literal('","q":"');
const MAKER_BUYS = literal('","m":true}');
const MAKER_SELLS = literal('","m":false}');

const QUOTE_BID = literal(',"b":"');
const QUOTE_BID_SIZE = literal('","B":"');
const QUOTE_ASK = literal('","a":"');
const QUOTE_ASK_SIZE = literal('","A":"');
const QUOTE_END = literal('"}');

const COMMA = 0x2c;
const QUOTATION_MARK = 0x22;
const ZERO = 0x30;

/** Times are nanoseconds, which have 19 digits from 2001 to 2286; the last three of them are below the microsecond. */
const TIME_DIGITS = 19;
const US_DIGITS = 16;
/** Tables by time end here: later is no time. */
export const US_MAX = Date.UTC(2100, 0) * 1000;
const US_MIN = 1e15;

const scanner = new FrameScanner();

/**
 * Fills the message from a `depthUpdate`, a trade or a frame of best prices. A `depthUpdate` becomes a `delta` with its `U`
 * and `u` as `first` and `last`: the reader makes of it what it is.
 * @returns false where the frame is anything else; the message is then undefined
 */
export function scanFrame(frame: Uint8Array, message: WireMessage): boolean {
  scanner.begin(frame);
  if (scanner.skip(DEPTH)) return scanDepth(frame, message);
  if (scanner.skip(TRADE)) return scanTrade(frame, message);
  return scanner.skip(QUOTE) && scanQuote(frame, message);
}

function scanDepth(frame: Uint8Array, message: WireMessage): boolean {
  const at = scanTime(frame, DEPTH.length);
  if (!(at > 0)) return false;
  const symbol = scanner.text();
  if (symbol === null || !scanner.skip(FIRST)) return false;
  const first = scanner.integer();
  if (!scanner.skip(LAST)) return false;
  const last = scanner.integer();
  if (!(first <= last) || !scanner.skip(BIDS)) return false;
  message.start('delta', symbol);
  message.exchangeUs = at;
  message.first = first;
  message.last = last;
  if (!scanner.quotedPairs(BID, message.levels) || !scanner.skip(ASKS)) return false;
  return scanner.quotedPairs(ASK, message.levels) && scanner.skip(END) && scanner.isAtEnd;
}

function scanTrade(frame: Uint8Array, message: WireMessage): boolean {
  const at = scanTime(frame, TRADE.length);
  if (!(at > 0)) return false;
  const symbol = scanner.text();
  if (symbol === null || !scanner.skip(TRADE_ID)) return false;
  const id = scanner.integer();
  if (!(id >= 0) || !scanner.skip(PRICE) || !scanner.decimal()) return false;
  const { mantissa: price, decimals: priceDecimals } = scanner;
  if (price === 0 || !scanner.skip(SIZE) || !scanner.decimal()) return false;
  const { mantissa: size, decimals: sizeDecimals } = scanner;
  const takerBuys = scanner.skip(MAKER_SELLS);
  if (size === 0 || (!takerBuys && !scanner.skip(MAKER_BUYS)) || !scanner.isAtEnd) return false;
  message.start('trades', symbol);
  message.exchangeUs = at;
  message.trades.add(String(id), price, priceDecimals, size, sizeDecimals, takerBuys, at);
  return true;
}

function scanQuote(frame: Uint8Array, message: WireMessage): boolean {
  const last = scanner.integer();
  if (!(last >= 0) || !scanner.skip(QUOTE_TIME)) return false;
  const timeAt = frame.indexOf(COMMA) + QUOTE_TIME.length;
  if (!(scanTime(frame, timeAt) > 0)) return false;
  const symbol = scanner.text();
  if (symbol === null || !scanner.skip(QUOTE_BID)) return false;
  const { levels } = message.start('quote', symbol);
  message.last = last;
  if (!scanner.level(BID, QUOTE_BID_SIZE, levels) || scanner.mantissa === 0 || !scanner.skip(QUOTE_ASK)) return false;
  if (!scanner.level(ASK, QUOTE_ASK_SIZE, levels) || scanner.mantissa === 0) return false;
  return scanner.skip(QUOTE_END) && scanner.isAtEnd;
}

/**
 * Moves past a time and the `,"s":"` behind it. The time passes 2^53, so it is read at its place in the frame, which is
 * where the scanner stands.
 * @returns µs since the epoch; NaN where anything else is there
 */
function scanTime(frame: Uint8Array, from: number): number {
  const end = from + TIME_DIGITS;
  let us = 0;
  for (let at = from; at < end; at++) {
    const digit = (frame[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return NaN;
    if (at < from + US_DIGITS) us = us * 10 + digit;
  }
  if (frame[end] !== COMMA || frame[end + 1] !== QUOTATION_MARK || us < US_MIN || us >= US_MAX) return NaN;
  // The comma and the quotation mark are passed with the digits.
  return scanner.skipText() && scanner.skip(SYMBOL) ? us : NaN;
}
