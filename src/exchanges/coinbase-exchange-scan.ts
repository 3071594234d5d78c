/**
 * The shapes in which Coinbase Exchange writes its frequent frames. What the fields mean stands in `coinbase-exchange.ts`. A
 * book frame has its fields in the order that the venue sends, or in that of its documentation.
 */

import type { WireMessage } from '../book/wire-message.ts';
import { ASK, BID } from '../model/event.ts';
import * as s from './scan/slots.ts';
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
  rfc3339,
  set,
  skipText,
  slot,
  symbol,
  symbolText,
  takeTrades,
  trade,
  within,
} from './scan/shape.ts';

const UPDATE = 0;
const MATCH = 1;
const SNAPSHOT = 2;

/** A time that was set. */
const time = [',"time":"', rfc3339(s.AT), within(s.AT, 1, Number.POSITIVE_INFINITY), '"'];

const changes = list([
  oneOf(['["buy","', s.isBid], ['["sell","', s.isAsk]),
  decimal(s.PRICE),
  '","',
  decimal(s.SIZE),
  '"]',
  level,
]);

const update = [
  symbol(s.SYMBOL),
  s.noOrders,
  oneOf([',"changes":[', changes, ...time, '}', end(UPDATE)], [...time, ',"changes":[', changes, '}', end(UPDATE)]),
];

const match = [
  integer(s.TRADE_ID),
  ',"maker_order_id":"',
  skipText,
  ',"taker_order_id":"',
  skipText,
  // The side is the maker's.
  oneOf([',"side":"sell"', s.takerBuys], [',"side":"buy"', s.takerSells]),
  ',"size":"',
  decimal(s.SIZE),
  '","price":"',
  decimal(s.PRICE),
  '","product_id":"',
  symbol(s.SYMBOL),
  ',"sequence":',
  integer(s.UNUSED),
  ',"time":"',
  rfc3339(s.TRADE_AT),
  within(s.TRADE_AT, 1, Number.POSITIVE_INFINITY),
  '"}',
  trade,
  end(MATCH),
];

const snapshot = [
  symbol(s.SYMBOL),
  set(s.AT, NaN),
  oneOf([',"asks":[', pairs(ASK), ',"bids":[', pairs(BID)], [',"bids":[', pairs(BID), ',"asks":[', pairs(ASK)]),
  oneOf(['}', end(SNAPSHOT)], [...time, '}', end(SNAPSHOT)]),
];

const frameShape = new FrameShape([
  '{"type":"',
  oneOf(
    ['l2update","product_id":"', ...update],
    ['match","trade_id":', ...match],
    ['snapshot","product_id":"', ...snapshot],
  ),
]);

/**
 * Fills the message from an `l2update`, `snapshot` or `match` frame.
 * @returns false where the frame is anything else; the message is then undefined
 */
export function scanFrame(frame: Uint8Array, message: WireMessage): boolean {
  const outcome = frameShape.read(frame, message.levels);
  switch (outcome) {
    case UPDATE:
    case SNAPSHOT:
      message.start(outcome === UPDATE ? 'delta' : 'snapshot', symbolText(s.SYMBOL));
      message.exchangeUs = slot(s.AT);
      message.levels.count = levelsRead();
      return true;
    case MATCH:
      message.start('trades', symbolText(s.SYMBOL));
      message.exchangeUs = slot(s.TRADE_AT);
      takeTrades(message.trades);
      return true;
    default:
      return false;
  }
}
