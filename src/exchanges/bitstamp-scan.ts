/** The shapes in which Bitstamp writes its frequent frames. What the fields mean stands in `bitstamp.ts`. */

import type { WireMessage } from '../book/wire-message.ts';
import { ASK, BID } from '../model/event.ts';
import * as s from './scan/slots.ts';
import type { Piece } from './scan/shape.ts';
import {
  decimal,
  end,
  FrameShape,
  integer,
  level,
  levelsRead,
  list,
  oneOf,
  pairs,
  skipNumber,
  skipText,
  slot,
  symbol,
  symbolText,
  takeTrades,
  trade,
  within,
} from './scan/shape.ts';

const DIFF = 0;
const TRADE = 1;
const SNAPSHOT = 2;

/** Microseconds since the epoch have 16 digits; tables by time hold years up to 2100. */
const US_MIN = 1e15;
const US_MAX = Date.UTC(2100, 0) * 1000;

const microseconds = (at: number): readonly Piece[] => [integer(at), within(at, US_MIN, US_MAX)];

const diff = [
  skipText,
  ',"microtimestamp":"',
  ...microseconds(s.AT),
  '","bids":[',
  pairs(BID),
  ',"asks":[',
  pairs(ASK),
  '},"channel":"diff_order_book_',
  symbol(s.SYMBOL),
  ',"event":"data"}',
  end(DIFF),
];

/** Small ones have an exponent, of one digit or of two. */
const float = [skipNumber, oneOf(['e-0', skipNumber], ['e-', skipNumber], [])];

/** The floats say nothing that the texts behind them do not. */
const trades = [
  integer(s.TRADE_ID),
  ',"timestamp":"',
  skipText,
  ',"amount":',
  ...float,
  ',"amount_str":"',
  decimal(s.SIZE),
  '","price":',
  ...float,
  ',"price_str":"',
  decimal(s.PRICE),
  '","type":',
  oneOf(['0', s.takerBuys], ['1', s.takerSells]),
  ',"microtimestamp":"',
  ...microseconds(s.TRADE_AT),
  '","buy_order_id":',
  integer(s.UNUSED),
  ',"sell_order_id":',
  integer(s.UNUSED),
  '},"channel":"live_trades_',
  symbol(s.SYMBOL),
  ',"event":"trade"}',
  trade,
  end(TRADE),
];

const frameShape = new FrameShape(['{"data":{"', oneOf(['timestamp":"', ...diff], ['id":', ...trades])]);

/** REST answers are written with spaces. */
const spacedLevels = (side: Piece): Piece =>
  list(['["', decimal(s.PRICE), '", "', decimal(s.SIZE), '"]', side, level], ', ');

const snapshotShape = new FrameShape([
  '{"timestamp": "',
  skipText,
  ', "microtimestamp": "',
  ...microseconds(s.AT),
  '", "bids": [',
  s.noOrders,
  spacedLevels(s.isBid),
  ', "asks": [',
  spacedLevels(s.isAsk),
  '}',
  end(SNAPSHOT),
]);

/** Whether a number may be a moment of the venue's, in µs since the epoch; false for NaN. */
export function isVenueTime(us: number): boolean {
  return us >= US_MIN && us < US_MAX;
}

/**
 * Fills the message from a frame of `diff_order_book` or of `live_trades`.
 * @returns false where the frame is anything else; the message is then undefined
 */
export function scanFrame(frame: Uint8Array, message: WireMessage): boolean {
  switch (frameShape.read(frame, message.levels)) {
    case DIFF:
      message.start('delta', symbolText(s.SYMBOL));
      message.exchangeUs = slot(s.AT);
      message.first = message.exchangeUs;
      message.last = message.exchangeUs;
      message.levels.count = levelsRead();
      return true;
    case TRADE:
      message.start('trades', symbolText(s.SYMBOL));
      message.exchangeUs = slot(s.TRADE_AT);
      takeTrades(message.trades);
      return true;
    default:
      return false;
  }
}

/** Fills the message's time and levels from a REST book. @returns as `scanFrame` */
export function scanSnapshot(body: Uint8Array, message: WireMessage): boolean {
  if (snapshotShape.read(body, message.levels) !== SNAPSHOT) return false;
  message.exchangeUs = slot(s.AT);
  message.last = message.exchangeUs;
  message.levels.count = levelsRead();
  return true;
}
