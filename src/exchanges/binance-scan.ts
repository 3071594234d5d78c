/** The shapes in which Binance writes its frequent frames, byte by byte. What the fields mean stands in `binance.ts`. */

import type { WireMessage } from '../book/wire-message.ts';
import { ASK, BID } from '../model/event.ts';
import { FrameScanner } from './scan/frame-scanner.ts';
import { literal } from './scan/literal.ts';

const STREAM = literal('{"stream":"');
const DATA = literal(',"data":{"');
const EVENT = literal('e":"');
const END = literal('}}');

const DEPTH = literal('depthUpdate","E":');
const TRADE = literal('trade","E":');
const AGGREGATE = literal('aggTrade","E":');
const QUOTE = literal('u":');

const SYMBOL = literal(',"s":"');
const FIRST = literal(',"U":');
const LAST = literal(',"u":');
const BIDS = literal(',"b":[');
const ASKS = literal(',"a":[');

const TRADE_ID = literal(',"t":');
const AGGREGATE_ID = literal(',"a":');
const PRICE = literal(',"p":"');
const SIZE = literal('","q":"');
const FIRST_TRADE = literal('","f":');
const LAST_TRADE = literal(',"l":');
const TIME = literal(',"T":');
const QUOTED_TIME = literal('","T":');
const MAKER = literal(',"m":');
const TRUE = literal('true');
const FALSE = literal('false');
const BEST_MATCH = literal(',"M":true}}');

const QUOTE_BID = literal(',"b":"');
const QUOTE_BID_SIZE = literal('","B":"');
const QUOTE_ASK = literal('","a":"');
const QUOTE_ASK_SIZE = literal('","A":"');
const QUOTE_END = literal('"}}');

const SNAPSHOT = literal('{"lastUpdateId":');
const SNAPSHOT_BIDS = literal(',"bids":[');
const SNAPSHOT_ASKS = literal(',"asks":[');
const SNAPSHOT_END = literal('}');

/** Milliseconds have 13 digits until 2286. A time in any other unit is read the general way. */
const MS_MIN = 1e12;
const MS_MAX = 1e13;

const scanner = new FrameScanner();

/**
 * Fills the message from a `depthUpdate`, `trade`, `aggTrade` or `bookTicker` frame of a combined stream.
 * @returns false where the frame is anything else; the message is then undefined
 */
export function scanFrame(frame: Uint8Array, message: WireMessage): boolean {
  scanner.begin(frame);
  if (!scanner.skip(STREAM) || !scanner.skipText() || !scanner.skip(DATA)) return false;
  if (scanner.skip(QUOTE)) return scanQuote(message);
  if (!scanner.skip(EVENT)) return false;
  if (scanner.skip(DEPTH)) return scanDepth(message);
  if (scanner.skip(TRADE)) return scanTrade(message);
  return scanner.skip(AGGREGATE) && scanAggregate(message);
}

/** Fills the message's numbers and levels from the answer to `/depth`. @returns as `scanFrame` */
export function scanSnapshot(body: Uint8Array, message: WireMessage): boolean {
  scanner.begin(body);
  if (!scanner.skip(SNAPSHOT)) return false;
  message.last = scanner.integer();
  if (!(message.last >= 0) || !scanner.skip(SNAPSHOT_BIDS)) return false;
  if (!scanner.quotedPairs(BID, message.levels) || !scanner.skip(SNAPSHOT_ASKS)) return false;
  return scanner.quotedPairs(ASK, message.levels) && scanner.skip(SNAPSHOT_END) && scanner.isAtEnd;
}

function scanDepth(message: WireMessage): boolean {
  const at = scanner.integer();
  if (!(at >= MS_MIN && at < MS_MAX) || !scanner.skip(SYMBOL)) return false;
  const symbol = scanner.text();
  if (symbol === null || !scanner.skip(FIRST)) return false;
  const first = scanner.integer();
  if (!scanner.skip(LAST)) return false;
  const last = scanner.integer();
  if (!(first <= last) || !scanner.skip(BIDS)) return false;
  message.start('delta', symbol);
  message.exchangeUs = at * 1000;
  message.first = first;
  message.last = last;
  if (!scanner.quotedPairs(BID, message.levels) || !scanner.skip(ASKS)) return false;
  return scanner.quotedPairs(ASK, message.levels) && scanner.skip(END) && scanner.isAtEnd;
}

function scanQuote(message: WireMessage): boolean {
  const last = scanner.integer();
  if (!(last >= 0) || !scanner.skip(SYMBOL)) return false;
  const symbol = scanner.text();
  if (symbol === null || !scanner.skip(QUOTE_BID)) return false;
  message.start('quote', symbol);
  message.last = last;
  if (!scanner.level(BID, QUOTE_BID_SIZE, message.levels) || !scanner.skip(QUOTE_ASK)) return false;
  return scanner.level(ASK, QUOTE_ASK_SIZE, message.levels) && scanner.skip(QUOTE_END) && scanner.isAtEnd;
}

function scanTrade(message: WireMessage): boolean {
  // Its own time is that of the sending; the trade's follows.
  if (!(scanner.integer() >= 0) || !scanner.skip(SYMBOL)) return false;
  const symbol = scanner.text();
  if (symbol === null || !scanner.skip(TRADE_ID)) return false;
  const id = scanner.integer();
  if (!(id >= 0) || !scanner.skip(PRICE) || !scanner.decimal()) return false;
  const { mantissa: price, decimals: priceDecimals } = scanner;
  if (price === 0 || !scanner.skip(SIZE) || !scanner.decimal()) return false;
  const { mantissa: size, decimals: sizeDecimals } = scanner;
  return scanner.skip(QUOTED_TIME) && endTrade(message, symbol, id, price, priceDecimals, size, sizeDecimals);
}

function scanAggregate(message: WireMessage): boolean {
  if (!(scanner.integer() >= 0) || !scanner.skip(SYMBOL)) return false;
  const symbol = scanner.text();
  if (symbol === null || !scanner.skip(AGGREGATE_ID)) return false;
  const id = scanner.integer();
  if (!(id >= 0) || !scanner.skip(PRICE) || !scanner.decimal()) return false;
  const { mantissa: price, decimals: priceDecimals } = scanner;
  if (price === 0 || !scanner.skip(SIZE) || !scanner.decimal()) return false;
  const { mantissa: size, decimals: sizeDecimals } = scanner;
  // The first and the last fill that it folds say nothing of the order.
  if (!scanner.skip(FIRST_TRADE) || !(scanner.integer() >= 0)) return false;
  if (!scanner.skip(LAST_TRADE) || !(scanner.integer() >= 0) || !scanner.skip(TIME)) return false;
  return endTrade(message, symbol, id, price, priceDecimals, size, sizeDecimals);
}

/** From the trade's time on. */
function endTrade(
  message: WireMessage,
  symbol: string,
  id: number,
  price: number,
  priceDecimals: number,
  size: number,
  sizeDecimals: number,
): boolean {
  const at = scanner.integer();
  if (size === 0 || !(at >= MS_MIN && at < MS_MAX) || !scanner.skip(MAKER)) return false;
  const takerBuys = scanner.skip(FALSE);
  if (!takerBuys && !scanner.skip(TRUE)) return false;
  if (!scanner.skip(BEST_MATCH) || !scanner.isAtEnd) return false;
  message.start('trades', symbol);
  message.exchangeUs = at * 1000;
  message.trades.add(String(id), price, priceDecimals, size, sizeDecimals, takerBuys, at * 1000);
  return true;
}
