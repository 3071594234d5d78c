/**
 * The shapes in which Coinbase Exchange writes its frequent frames, byte by byte. What the fields mean stands in
 * `coinbase-exchange.ts`. A book frame has its fields in the order that the venue sends, or in that of its documentation.
 */

import type { WireMessage } from '../book/wire-message.ts';
import { ASK, BID } from '../model/event.ts';
import { FrameScanner, LIST_CLOSE, LIST_COMMA } from './scan/frame-scanner.ts';
import { literal } from './scan/literal.ts';

const TYPE = literal('{"type":"');
const UPDATE = literal('l2update","product_id":"');
const SNAPSHOT = literal('snapshot","product_id":"');
const MATCH = literal('match","trade_id":');

const CHANGES = literal(',"changes":[');
const TIME = literal(',"time":"');
const QUOTED_CHANGES = literal('","changes":[');
const BUY_ROW = literal('["buy","');
const SELL_ROW = literal('["sell","');
const BETWEEN = literal('","');
const ROW_END = literal('"]');

const BIDS = literal(',"bids":[');
const ASKS = literal(',"asks":[');

const MAKER = literal(',"maker_order_id":"');
const TAKER = literal(',"taker_order_id":"');
const MAKER_SELLS = literal(',"side":"sell"');
const MAKER_BUYS = literal(',"side":"buy"');
const SIZE = literal(',"size":"');
const PRICE = literal('","price":"');
const PRODUCT = literal('","product_id":"');
const SEQUENCE = literal(',"sequence":');

const END = literal('}');
const QUOTED_END = literal('"}');

const scanner = new FrameScanner();

/**
 * Fills the message from an `l2update`, `snapshot` or `match` frame.
 * @returns false where the frame is anything else; the message is then undefined
 */
export function scanFrame(frame: Uint8Array, message: WireMessage): boolean {
  scanner.begin(frame);
  if (!scanner.skip(TYPE)) return false;
  if (scanner.skip(UPDATE)) return scanUpdate(message);
  if (scanner.skip(MATCH)) return scanMatch(message);
  return scanner.skip(SNAPSHOT) && scanSnapshot(message);
}

function scanUpdate(message: WireMessage): boolean {
  const symbol = scanner.text();
  if (symbol === null) return false;
  message.start('delta', symbol);
  if (scanner.skip(CHANGES)) {
    return scanChanges(message) && scanner.skip(TIME) && scanTime(message) && scanEnd(QUOTED_END);
  }
  if (!scanner.skip(TIME) || !scanTime(message) || !scanner.skip(QUOTED_CHANGES)) return false;
  return scanChanges(message) && scanEnd(END);
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

function scanSnapshot(message: WireMessage): boolean {
  const symbol = scanner.text();
  if (symbol === null) return false;
  message.start('snapshot', symbol);
  const { levels } = message;
  if (scanner.skip(ASKS)) {
    if (!scanner.quotedPairs(ASK, levels) || !scanner.skip(BIDS) || !scanner.quotedPairs(BID, levels)) return false;
  } else if (!scanner.skip(BIDS) || !scanner.quotedPairs(BID, levels)) {
    return false;
  } else if (!scanner.skip(ASKS) || !scanner.quotedPairs(ASK, levels)) {
    return false;
  }
  return scanner.skip(TIME) ? scanTime(message) && scanEnd(QUOTED_END) : scanEnd(END);
}

function scanMatch(message: WireMessage): boolean {
  const id = scanner.integer();
  if (!(id >= 0) || !scanner.skip(MAKER) || !scanner.skipText() || !scanner.skip(TAKER) || !scanner.skipText()) {
    return false;
  }
  const takerBuys = scanner.skip(MAKER_SELLS);
  if ((!takerBuys && !scanner.skip(MAKER_BUYS)) || !scanner.skip(SIZE) || !scanner.decimal()) return false;
  const { mantissa: size, decimals: sizeDecimals } = scanner;
  if (size === 0 || !scanner.skip(PRICE) || !scanner.decimal()) return false;
  const { mantissa: price, decimals: priceDecimals } = scanner;
  if (price === 0 || !scanner.skip(PRODUCT)) return false;
  const symbol = scanner.text();
  if (symbol === null || !scanner.skip(SEQUENCE) || !(scanner.integer() >= 0) || !scanner.skip(TIME)) return false;
  message.start('trades', symbol);
  if (!scanTime(message) || !scanEnd(QUOTED_END)) return false;
  message.trades.add(String(id), price, priceDecimals, size, sizeDecimals, takerBuys, message.exchangeUs);
  return true;
}

/** A time that was set. */
function scanTime(message: WireMessage): boolean {
  message.exchangeUs = scanner.rfc3339();
  return message.exchangeUs > 0;
}

const scanEnd = (end: typeof END): boolean => scanner.skip(end) && scanner.isAtEnd;
