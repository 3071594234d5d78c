/** The shapes in which Bitstamp writes its frequent frames, byte by byte. What the fields mean stands in `bitstamp.ts`. */

import type { WireMessage } from '../book/wire-message.ts';
import { ASK, BID } from '../model/event.ts';
import { FrameScanner, LIST_CLOSE } from './scan/frame-scanner.ts';
import { literal } from './scan/literal.ts';

const DATA = literal('{"data":{"');

const DIFF_SECONDS = literal('timestamp":"');
const MICROS = literal(',"microtimestamp":"');
const BIDS = literal('","bids":[');
const ASKS = literal(',"asks":[');
const DIFF_CHANNEL = literal('},"channel":"diff_order_book_');
const DIFF_END = literal(',"event":"data"}');

const TRADE_ID = literal('id":');
const SECONDS = literal(',"timestamp":"');
const AMOUNT = literal(',"amount":');
const AMOUNT_TEXT = literal(',"amount_str":"');
const PRICE = literal('","price":');
const PRICE_TEXT = literal(',"price_str":"');
const BUY = literal('","type":0');
const SELL = literal('","type":1');
const BUY_ORDER = literal('","buy_order_id":');
const SELL_ORDER = literal(',"sell_order_id":');
const TRADE_CHANNEL = literal('},"channel":"live_trades_');
const TRADE_END = literal(',"event":"trade"}');

/** REST answers are written with spaces. */
const SNAPSHOT_SECONDS = literal('{"timestamp": "');
const SNAPSHOT_MICROS = literal(', "microtimestamp": "');
const SNAPSHOT_BIDS = literal('", "bids": [');
const SNAPSHOT_ASKS = literal(', "asks": [');
const SNAPSHOT_END = literal('}');
const ROW = literal('["');
const ROW_SIZE = literal('", "');
const ROW_END = literal('"]');
const NEXT_ROW = literal(', ');

/** Microseconds since the epoch have 16 digits; tables by time hold years up to 2100. */
const US_MIN = 1e15;
const US_MAX = Date.UTC(2100, 0) * 1000;

const scanner = new FrameScanner();

/** Whether a number may be a moment of the venue's, in µs since the epoch; false for NaN. */
export function isVenueTime(us: number): boolean {
  return us >= US_MIN && us < US_MAX;
}

/**
 * Fills the message from a frame of `diff_order_book` or of `live_trades`.
 * @returns false where the frame is anything else; the message is then undefined
 */
export function scanFrame(frame: Uint8Array, message: WireMessage): boolean {
  scanner.begin(frame);
  if (!scanner.skip(DATA)) return false;
  if (scanner.skip(DIFF_SECONDS)) return scanDiff(message);
  return scanner.skip(TRADE_ID) && scanTrade(message);
}

/** Fills the message's time and levels from a REST book. @returns as `scanFrame` */
export function scanSnapshot(body: Uint8Array, message: WireMessage): boolean {
  scanner.begin(body);
  if (!scanner.skip(SNAPSHOT_SECONDS) || !scanner.skipText() || !scanner.skip(SNAPSHOT_MICROS)) return false;
  message.last = scanner.integer();
  message.exchangeUs = message.last;
  if (!isVenueTime(message.last) || !scanner.skip(SNAPSHOT_BIDS) || !scanSpacedRows(BID, message)) return false;
  if (!scanner.skip(SNAPSHOT_ASKS) || !scanSpacedRows(ASK, message)) return false;
  return scanner.skip(SNAPSHOT_END) && scanner.isAtEnd;
}

/** Rows up to the end of their list. */
function scanSpacedRows(side: number, { levels }: WireMessage): boolean {
  if (scanner.skipByte(LIST_CLOSE)) return true;
  do {
    if (!scanner.skip(ROW) || !scanner.level(side, ROW_SIZE, levels) || !scanner.skip(ROW_END)) return false;
  } while (scanner.skip(NEXT_ROW));
  return scanner.skipByte(LIST_CLOSE);
}

function scanDiff(message: WireMessage): boolean {
  if (!scanner.skipText() || !scanner.skip(MICROS)) return false;
  const at = scanner.integer();
  if (!isVenueTime(at) || !scanner.skip(BIDS)) return false;
  message.start('delta');
  message.exchangeUs = at;
  message.first = at;
  message.last = at;
  if (!scanner.quotedPairs(BID, message.levels) || !scanner.skip(ASKS)) return false;
  if (!scanner.quotedPairs(ASK, message.levels) || !scanner.skip(DIFF_CHANNEL)) return false;
  return endFrame(message, DIFF_END);
}

function scanTrade(message: WireMessage): boolean {
  const id = scanner.integer();
  if (!(id >= 0) || !scanner.skip(SECONDS) || !scanner.skipText()) return false;
  // The floats say nothing that the texts behind them do not.
  if (!scanner.skip(AMOUNT) || !scanner.skipNumber() || !scanner.skip(AMOUNT_TEXT) || !scanner.decimal()) return false;
  const { mantissa: size, decimals: sizeDecimals } = scanner;
  if (size === 0 || !scanner.skip(PRICE) || !scanner.skipNumber()) return false;
  if (!scanner.skip(PRICE_TEXT) || !scanner.decimal()) return false;
  const { mantissa: price, decimals: priceDecimals } = scanner;
  const takerBuys = scanner.skip(BUY);
  if (price === 0 || (!takerBuys && !scanner.skip(SELL)) || !scanner.skip(MICROS)) return false;
  const at = scanner.integer();
  if (!isVenueTime(at) || !scanner.skip(BUY_ORDER) || !(scanner.integer() >= 0)) return false;
  if (!scanner.skip(SELL_ORDER) || !(scanner.integer() >= 0) || !scanner.skip(TRADE_CHANNEL)) return false;
  message.start('trades');
  message.exchangeUs = at;
  message.trades.add(String(id), price, priceDecimals, size, sizeDecimals, takerBuys, at);
  return endFrame(message, TRADE_END);
}

/** The pair, which comes last, and what follows it. */
function endFrame(message: WireMessage, end: ReturnType<typeof literal>): boolean {
  const symbol = scanner.text();
  if (symbol === null) return false;
  message.venueSymbol = symbol;
  return scanner.skip(end) && scanner.isAtEnd;
}
