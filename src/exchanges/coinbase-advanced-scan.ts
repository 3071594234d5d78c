/**
 * The shapes in which Coinbase Advanced Trade writes its frequent frames, byte by byte. What the fields mean stands in
 * `coinbase-advanced.ts`.
 */

import type { TradeBuffer, WireMessage } from '../book/wire-message.ts';
import { ASK, BID } from '../model/event.ts';
import { FrameScanner, LIST_CLOSE, LIST_COMMA } from './scan/frame-scanner.ts';
import { literal } from './scan/literal.ts';

/**
 * Trades are written with the side of the maker. Some clients take it for the taker's; on a recording of 2026, held against
 * the book by exchange time, 77 of 78 trades were made on the side of the book that they name, and prices rose on SELL.
 */
const SIDE_IS_MAKERS: boolean = true;

/** The taker's side of a trade that is written as BUY, or as SELL. */
export const takerBuys = (writtenBuy: boolean): boolean => writtenBuy !== SIDE_IS_MAKERS;

/** What `scanFrame` returns where the frame is of another shape. */
export const NO_FRAME = -1;

const CHANNEL = literal('{"channel":"');
const BOOK = literal('l2_data","timestamp":"');
const TRADES = literal('market_trades","timestamp":"');
const SEQUENCE = literal(',"sequence_num":');
const EVENTS = literal(',"events":[{"type":"');
const END = literal('}]}');

const UPDATE = literal('update","product_id":"');
const SNAPSHOT = literal('snapshot","product_id":"');
const UPDATES = literal(',"updates":[');
const BID_ROW = literal('{"side":"bid","event_time":"');
const OFFER_ROW = literal('{"side":"offer","event_time":"');
const PRICE_LEVEL = literal(',"price_level":"');
const QUANTITY = literal('","new_quantity":"');
const ROW_END = literal('"}');

const TRADE_UPDATE = literal('update","trades":[');
const TRADE = literal('{"product_id":"');
const TRADE_ID = literal(',"trade_id":"');
const PRICE = literal('","price":"');
const SIZE = literal('","size":"');
const TIME = literal('","time":"');
const BUY = literal('","side":"BUY"}');
const SELL = literal('","side":"SELL"}');

const QUOTE = 0x22;

const scanner = new FrameScanner();

/**
 * Fills the message from a frame of `l2_data` with one event, or from an update of `market_trades` about one product.
 * @returns the frame's `sequence_num`; `NO_FRAME` where the frame is anything else, and the message then undefined
 */
export function scanFrame(frame: Uint8Array, message: WireMessage): number {
  scanner.begin(frame);
  if (!scanner.skip(CHANNEL)) return NO_FRAME;
  const isBook = scanner.skip(BOOK);
  if (!isBook && !scanner.skip(TRADES)) return NO_FRAME;
  // The time of the sending; that of the market follows.
  if (!scanner.skipText() || !scanner.skip(SEQUENCE)) return NO_FRAME;
  const number = scanner.integer();
  if (!(number >= 0) || !scanner.skip(EVENTS)) return NO_FRAME;
  const isRead = isBook ? scanBook(message) : scanner.skip(TRADE_UPDATE) && scanTrades(message);
  return isRead && scanner.skip(END) && scanner.isAtEnd ? number : NO_FRAME;
}

function scanBook(message: WireMessage): boolean {
  const isUpdate = scanner.skip(UPDATE);
  if (!isUpdate && !scanner.skip(SNAPSHOT)) return false;
  const symbol = scanner.text();
  if (symbol === null || !scanner.skip(UPDATES)) return false;
  message.start(isUpdate ? 'delta' : 'snapshot', symbol);
  if (!scanLevel(message, true)) return false;
  while (scanner.skipByte(LIST_COMMA)) if (!scanLevel(message, false)) return false;
  return scanner.skipByte(LIST_CLOSE);
}

/** One level. The first has the time of all. */
function scanLevel(message: WireMessage, isFirst: boolean): boolean {
  const isBid = scanner.skip(BID_ROW);
  if (!isBid && !scanner.skip(OFFER_ROW)) return false;
  if (isFirst) {
    message.exchangeUs = scanner.rfc3339();
    if (!(message.exchangeUs > 0) || !scanner.skipByte(QUOTE)) return false;
  } else if (!scanner.skipText()) {
    return false;
  }
  if (!scanner.skip(PRICE_LEVEL) || !scanner.level(isBid ? BID : ASK, QUANTITY, message.levels)) return false;
  return scanner.skip(ROW_END);
}

function scanTrades(message: WireMessage): boolean {
  if (!scanner.skip(TRADE)) return false;
  const symbol = scanner.text();
  if (symbol === null) return false;
  message.start('trades', symbol);
  if (!scanTrade(message)) return false;
  while (scanner.skipByte(LIST_COMMA)) {
    // Trades of several products are several messages.
    if (!scanner.skip(TRADE) || scanner.text() !== symbol || !scanTrade(message)) return false;
  }
  reverse(message.trades);
  message.exchangeUs = message.trades.exchangeUs[message.trades.count - 1] as number;
  return scanner.skipByte(LIST_CLOSE);
}

/** One trade, from behind its product to its end. */
function scanTrade({ trades }: WireMessage): boolean {
  if (!scanner.skip(TRADE_ID)) return false;
  const id = scanner.integer();
  if (!(id >= 0) || !scanner.skip(PRICE) || !scanner.decimal()) return false;
  const { mantissa: price, decimals: priceDecimals } = scanner;
  if (price === 0 || !scanner.skip(SIZE) || !scanner.decimal()) return false;
  const { mantissa: size, decimals: sizeDecimals } = scanner;
  if (size === 0 || !scanner.skip(TIME)) return false;
  const at = scanner.rfc3339();
  const isBuy = scanner.skip(BUY);
  if (!(at > 0) || (!isBuy && !scanner.skip(SELL))) return false;
  trades.add(String(id), price, priceDecimals, size, sizeDecimals, takerBuys(isBuy), at);
  return true;
}

/** The newest comes first; the buffer keeps them as they happened. None of them is wide. */
function reverse({
  count,
  id,
  price,
  priceDecimals,
  size,
  sizeDecimals,
  takerBuys: buys,
  exchangeUs,
}: TradeBuffer): void {
  for (let row = 0, other = count - 1; row < other; row++, other--) {
    swap(id, row, other);
    swap(price, row, other);
    swap(priceDecimals, row, other);
    swap(size, row, other);
    swap(sizeDecimals, row, other);
    swap(buys, row, other);
    swap(exchangeUs, row, other);
  }
}

function swap<T>(column: T[], row: number, other: number): void {
  const kept = column[row] as T;
  column[row] = column[other] as T;
  column[other] = kept;
}
