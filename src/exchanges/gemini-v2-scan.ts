/**
 * The shapes in which Gemini's market data v2 writes its frames, byte by byte: with their fields as documented, and in the
 * order of the alphabet, as the venue writes them by now. What the fields mean stands in `gemini-v2.ts`.
 */

import type { WireMessage } from '../book/wire-message.ts';
import { ASK, BID } from '../model/event.ts';
import { FrameScanner, LIST_CLOSE, LIST_COMMA } from './scan/frame-scanner.ts';
import type { Literal } from './scan/literal.ts';
import { literal } from './scan/literal.ts';

const BOOK = literal('{"type":"l2_updates","symbol":"');
const CHANGES = literal(',"changes":[');
const TRADES = literal(',"trades":[');
const NO_AUCTIONS_END = literal(',"auction_events":[]}');
const END = literal('}');

const SORTED_BOOK = literal('{"changes":[');
const SORTED_SNAPSHOT = literal('{"auction_events":[],"changes":[');
const SYMBOL = literal(',"symbol":"');
const SORTED_BOOK_END = literal(',"type":"l2_updates"}');

const BUY_ROW = literal('["buy","');
const SELL_ROW = literal('["sell","');
const BETWEEN = literal('","');
const ROW_END = literal('"]');

const TRADE = literal('{"type":"trade","symbol":"');
const EVENT_ID = literal(',"event_id":');
const TIME = literal(',"timestamp":');
const PRICE = literal(',"price":"');
const SIZE = literal('","quantity":"');
const SIDE = literal('","side":"');
const BUY = literal('buy"');
const SELL = literal('sell"');
const TRADE_ID = literal(',"tid":');

const SORTED_TRADE = literal('{"event_id":');
const SORTED_TRADE_END = literal(',"type":"trade"}');

/** Times are milliseconds, which have 13 digits from 2001 on. Tables by time end in 2100. */
export const MS_MIN = 1e12;
export const MS_MAX = Date.UTC(2100, 0);

const scanner = new FrameScanner();

/** The last trade that was read. */
const trade = {
  symbol: '',
  id: 0,
  price: 0,
  priceDecimals: 0,
  size: 0,
  sizeDecimals: 0,
  takerBuys: false,
  atUs: 0,
};

/**
 * Fills the message from an `l2_updates` frame, as long as no auction is in it, or from a `trade`.
 * @returns false where the frame is anything else; the message is then undefined
 */
export function scanFrame(frame: Uint8Array, message: WireMessage): boolean {
  scanner.begin(frame);
  if (scanner.skip(SORTED_BOOK)) return scanSortedBook('delta', message);
  if (scanner.skip(BOOK)) return scanBook(message);
  if (scanner.skip(TRADE)) return scanTrade() && endTrade(message);
  if (scanner.skip(SORTED_TRADE)) return scanSortedTrade() && endTrade(message);
  return scanner.skip(SORTED_SNAPSHOT) && scanSortedBook('snapshot', message);
}

function scanBook(message: WireMessage): boolean {
  const symbol = scanner.text();
  if (symbol === null || !scanner.skip(CHANGES)) return false;
  message.start('delta', symbol);
  if (!scanChanges(message)) return false;
  if (scanner.skip(END)) return scanner.isAtEnd;
  message.kind = 'snapshot';
  return scanner.skip(TRADES) && scanHistory(TRADE, scanTrade) && scanner.skip(NO_AUCTIONS_END) && scanner.isAtEnd;
}

function scanSortedBook(kind: 'delta' | 'snapshot', message: WireMessage): boolean {
  message.start(kind);
  if (!scanChanges(message) || !scanner.skip(SYMBOL)) return false;
  const symbol = scanner.text();
  if (symbol === null) return false;
  message.venueSymbol = symbol;
  if (kind === 'snapshot' && !(scanner.skip(TRADES) && scanHistory(SORTED_TRADE, scanSortedTrade))) return false;
  return scanner.skip(SORTED_BOOK_END) && scanner.isAtEnd;
}

/** Rows up to the end of their list. */
function scanChanges({ levels }: WireMessage): boolean {
  if (scanner.skipByte(LIST_CLOSE)) return true;
  do {
    const isBid = scanner.skip(BUY_ROW);
    if (!isBid && !scanner.skip(SELL_ROW)) return false;
    if (!scanner.level(isBid ? BID : ASK, BETWEEN, levels) || !scanner.skip(ROW_END)) return false;
  } while (scanner.skipByte(LIST_COMMA));
  return scanner.skipByte(LIST_CLOSE);
}

/** Past the trades from before the subscription, up to the end of their list. */
function scanHistory(head: Literal, scanRest: () => boolean): boolean {
  if (scanner.skipByte(LIST_CLOSE)) return true;
  do {
    if (!scanner.skip(head) || !scanRest()) return false;
  } while (scanner.skipByte(LIST_COMMA));
  return scanner.skipByte(LIST_CLOSE);
}

/** The rest of a trade, as documented. */
function scanTrade(): boolean {
  const symbol = scanner.text();
  if (symbol === null || !scanner.skip(EVENT_ID)) return false;
  trade.symbol = symbol;
  trade.id = scanner.integer();
  if (!(trade.id >= 0) || !scanTime() || !scanPrice()) return false;
  if (scanner.skip(TRADE_ID)) trade.id = scanner.integer();
  return trade.id >= 0 && scanner.skip(END);
}

/** The rest of a trade whose fields are in the order of the alphabet. */
function scanSortedTrade(): boolean {
  if (!(scanner.integer() >= 0) || !scanPrice() || !scanner.skip(SYMBOL)) return false;
  const symbol = scanner.text();
  if (symbol === null || !scanner.skip(TRADE_ID)) return false;
  trade.symbol = symbol;
  trade.id = scanner.integer();
  return trade.id >= 0 && scanTime() && scanner.skip(SORTED_TRADE_END);
}

function endTrade(message: WireMessage): boolean {
  const { symbol, id, price, priceDecimals, size, sizeDecimals, takerBuys, atUs } = trade;
  message.start('trades', symbol);
  message.exchangeUs = atUs;
  message.trades.add(String(id), price, priceDecimals, size, sizeDecimals, takerBuys, atUs);
  return scanner.isAtEnd;
}

function scanTime(): boolean {
  if (!scanner.skip(TIME)) return false;
  const at = scanner.integer();
  trade.atUs = at * 1000;
  return at >= MS_MIN && at < MS_MAX;
}

/** Price, size and side, which stand together in both orders. */
function scanPrice(): boolean {
  if (!scanner.skip(PRICE) || !scanner.decimal()) return false;
  trade.price = scanner.mantissa;
  trade.priceDecimals = scanner.decimals;
  if (trade.price === 0 || !scanner.skip(SIZE) || !scanner.decimal()) return false;
  trade.size = scanner.mantissa;
  trade.sizeDecimals = scanner.decimals;
  if (trade.size === 0 || !scanner.skip(SIDE)) return false;
  trade.takerBuys = scanner.skip(BUY);
  return trade.takerBuys || scanner.skip(SELL);
}
