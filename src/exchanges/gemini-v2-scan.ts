/**
 * The shapes in which Gemini's market data v2 writes its frames: with their fields as documented, and in the order of the
 * alphabet, as the venue writes them by now. What the fields mean stands in `gemini-v2.ts`.
 */

import type { WireMessage } from '../book/wire-message.ts';
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
  multiply,
  oneOf,
  symbol,
  symbolText,
  slot,
  takeTrades,
  trade,
  within,
} from './scan/shape.ts';

const UPDATE = 0;
const SNAPSHOT = 1;
const TRADE = 2;
const HEARTBEAT = 3;

/** Times are milliseconds, which have 13 digits from 2001 on. Tables by time end in 2100. */
export const MS_MIN = 1e12;
export const MS_MAX = Date.UTC(2100, 0);

const milliseconds = [integer(s.TRADE_AT), within(s.TRADE_AT, MS_MIN, MS_MAX), multiply(s.TRADE_AT, 1000)];
const time = [',"timestamp":', ...milliseconds];

const changes = list([
  oneOf(['["buy","', s.isBid], ['["sell","', s.isAsk]),
  decimal(s.PRICE),
  '","',
  decimal(s.SIZE),
  '"]',
  level,
]);

const positive = (number: number): Piece => within(number, 1, Number.POSITIVE_INFINITY);

/** Price, size and side, which stand together in both orders. */
const priceAndSide = [
  ',"price":"',
  decimal(s.PRICE),
  positive(s.PRICE),
  '","quantity":"',
  decimal(s.SIZE),
  positive(s.SIZE),
  '","side":"',
  oneOf(['buy"', s.takerBuys], ['sell"', s.takerSells]),
];

/** A trade as documented, from behind its kind on. @param where its symbol goes */
const trades = (where: number): readonly Piece[] => [
  symbol(where),
  ',"event_id":',
  integer(s.TRADE_ID),
  ...time,
  ...priceAndSide,
  oneOf([',"tid":', integer(s.TRADE_ID), '}'], ['}']),
];

/** A trade whose fields are in the order of the alphabet. */
const sortedTrades = (where: number): readonly Piece[] => [
  integer(s.UNUSED),
  ...priceAndSide,
  ',"symbol":"',
  symbol(where),
  ',"tid":',
  integer(s.TRADE_ID),
  ...time,
  ',"type":"trade"}',
];

/** Trades from before the subscription say nothing. */
const history = list(['{"type":"trade","symbol":"', ...trades(s.OTHER_SYMBOL)]);
const sortedHistory = list(['{"event_id":', ...sortedTrades(s.OTHER_SYMBOL)]);

const frameShape = new FrameShape([
  s.noOrders,
  oneOf(
    ['{"changes":[', changes, ',"symbol":"', symbol(s.SYMBOL), ',"type":"l2_updates"}', end(UPDATE)],
    [
      '{"type":"l2_updates","symbol":"',
      symbol(s.SYMBOL),
      ',"changes":[',
      changes,
      oneOf(['}', end(UPDATE)], [',"trades":[', history, ',"auction_events":[]}', end(SNAPSHOT)]),
    ],
    ['{"type":"trade","symbol":"', ...trades(s.SYMBOL), trade, end(TRADE)],
    ['{"type":"heartbeat"', ...time, '}', end(HEARTBEAT)],
    ['{"timestamp":', ...milliseconds, ',"type":"heartbeat"}', end(HEARTBEAT)],
    ['{"event_id":', ...sortedTrades(s.SYMBOL), trade, end(TRADE)],
    [
      '{"auction_events":[],"changes":[',
      changes,
      ',"symbol":"',
      symbol(s.SYMBOL),
      ',"trades":[',
      sortedHistory,
      ',"type":"l2_updates"}',
      end(SNAPSHOT),
    ],
  ),
]);

/**
 * Fills the message from an `l2_updates` frame, as long as no auction is in it, from a `trade`, or from a heartbeat.
 * @returns false where the frame is anything else; the message is then undefined
 */
export function scanFrame(frame: Uint8Array, message: WireMessage): boolean {
  const outcome = frameShape.read(frame, message.levels);
  switch (outcome) {
    case UPDATE:
    case SNAPSHOT:
      message.start(outcome === UPDATE ? 'delta' : 'snapshot', symbolText(s.SYMBOL));
      message.levels.count = levelsRead();
      return true;
    case TRADE:
      message.start('trades', symbolText(s.SYMBOL));
      message.exchangeUs = slot(s.TRADE_AT);
      takeTrades(message.trades);
      return true;
    case HEARTBEAT:
      message.start('heartbeat');
      return true;
    default:
      return false;
  }
}
