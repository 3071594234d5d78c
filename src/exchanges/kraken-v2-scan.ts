/** The shapes in which Kraken v2 writes its frequent frames, byte by byte. What the fields mean stands in `kraken-v2.ts`. */

import type { WireMessage } from '../book/wire-message.ts';
import { ASK, BID } from '../model/event.ts';
import { FrameScanner, LIST_CLOSE, LIST_COMMA } from './scan/frame-scanner.ts';
import { literal } from './scan/literal.ts';

const CHANNEL = literal('{"channel":"');
const BOOK_UPDATE = literal('book","type":"update","data":[{"symbol":"');
const BOOK_SNAPSHOT = literal('book","type":"snapshot","data":[{"symbol":"');
const TRADE_UPDATE = literal('trade","type":"update","data":[{"symbol":"');

const BIDS = literal(',"bids":[');
const ASKS = literal(',"asks":[');
const CHECKSUM = literal(',"checksum":');
const TIME = literal(',"timestamp":"');
const BOOK_END = literal('"}]}');

const ROW = literal('{"price":');
const SIZE = literal(',"qty":');
const ROW_END = 0x7d;

const SIDE = literal(',"side":"');
const BUY = literal('buy"');
const SELL = literal('sell"');
const PRICE = literal(',"price":');
const ORDER_TYPE = literal(',"ord_type":"');
const TRADE_ID = literal(',"trade_id":');
const NEXT_TRADE = literal('"},{"symbol":"');

const scanner = new FrameScanner();

/**
 * Fills the message from a frame of the `book` channel that is about one pair, or from an update of the `trade` channel
 * that is.
 * @returns false where the frame is anything else; the message is then undefined
 */
export function scanFrame(frame: Uint8Array, message: WireMessage): boolean {
  scanner.begin(frame);
  if (!scanner.skip(CHANNEL)) return false;
  if (scanner.skip(BOOK_UPDATE)) return scanBook('delta', message);
  if (scanner.skip(TRADE_UPDATE)) return scanTrades(message);
  return scanner.skip(BOOK_SNAPSHOT) && scanBook('snapshot', message);
}

function scanBook(kind: 'delta' | 'snapshot', message: WireMessage): boolean {
  const symbol = scanner.text();
  if (symbol === null || !scanner.skip(BIDS)) return false;
  message.start(kind, symbol);
  if (!scanLevels(BID, message) || !scanner.skip(ASKS) || !scanLevels(ASK, message)) return false;
  if (!scanner.skip(CHECKSUM)) return false;
  message.checksum = scanner.integer();
  if (!(message.checksum >= 0) || !scanner.skip(TIME)) return false;
  message.exchangeUs = scanner.rfc3339();
  return message.exchangeUs >= 0 && scanner.skip(BOOK_END) && scanner.isAtEnd;
}

/** Rows up to the end of their list. */
function scanLevels(side: number, { levels }: WireMessage): boolean {
  if (scanner.skipByte(LIST_CLOSE)) return true;
  do {
    if (!scanner.skip(ROW) || !scanner.level(side, SIZE, levels) || !scanner.skipByte(ROW_END)) return false;
  } while (scanner.skipByte(LIST_COMMA));
  return scanner.skipByte(LIST_CLOSE);
}

function scanTrades(message: WireMessage): boolean {
  const symbol = scanner.text();
  if (symbol === null) return false;
  message.start('trades', symbol);
  if (!scanTrade(message)) return false;
  // Trades of several pairs are several messages.
  while (scanner.skip(NEXT_TRADE)) if (scanner.text() !== symbol || !scanTrade(message)) return false;
  return scanner.skip(BOOK_END) && scanner.isAtEnd;
}

/** One trade, from behind its symbol to behind its time. */
function scanTrade(message: WireMessage): boolean {
  if (!scanner.skip(SIDE)) return false;
  const takerBuys = scanner.skip(BUY);
  if (!takerBuys && !scanner.skip(SELL)) return false;
  if (!scanner.skip(PRICE) || !scanner.decimal()) return false;
  const { mantissa: price, decimals: priceDecimals } = scanner;
  if (price === 0 || !scanner.skip(SIZE) || !scanner.decimal()) return false;
  const { mantissa: size, decimals: sizeDecimals } = scanner;
  if (size === 0 || !scanner.skip(ORDER_TYPE) || !scanner.skipText() || !scanner.skip(TRADE_ID)) return false;
  const id = scanner.integer();
  if (!(id >= 0) || !scanner.skip(TIME)) return false;
  const at = scanner.rfc3339();
  if (!(at >= 0)) return false;
  message.exchangeUs = at;
  message.trades.add(String(id), price, priceDecimals, size, sizeDecimals, takerBuys, at);
  return true;
}
