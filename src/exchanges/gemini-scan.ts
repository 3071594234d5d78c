/** The shapes in which Gemini writes its frequent frames. What the fields mean stands in `gemini.ts`. */

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
  nanoseconds,
  oneOf,
  pairs,
  slot,
  symbol,
  symbolText,
  takeTrades,
  trade,
  within,
} from './scan/shape.ts';

const DEPTH = 0;
const TRADE = 1;
const QUOTE = 2;

/** Tables by time end here: later is no time. */
export const US_MAX = Date.UTC(2100, 0) * 1000;
const US_MIN = 1e15;

/** Times are nanoseconds, which have 19 digits from 2001 to 2286. */
const time = (at: number): readonly Piece[] => [nanoseconds(at), within(at, US_MIN, US_MAX)];

const depth = [
  ...time(s.AT),
  ',"s":"',
  symbol(s.SYMBOL),
  ',"U":',
  integer(s.FIRST),
  ',"u":',
  integer(s.LAST),
  ',"b":[',
  pairs(BID),
  ',"a":[',
  pairs(ASK),
  '}',
  end(DEPTH),
];

const trades = [
  ...time(s.TRADE_AT),
  ',"s":"',
  symbol(s.SYMBOL),
  ',"t":',
  integer(s.TRADE_ID),
  ',"p":"',
  decimal(s.PRICE),
  '","q":"',
  decimal(s.SIZE),
  '","m":',
  oneOf(['true}', s.takerSells], ['false}', s.takerBuys]),
  trade,
  end(TRADE),
];

const someSize = within(s.SIZE, 1, Number.POSITIVE_INFINITY);

const quote = [
  integer(s.LAST),
  ',"E":',
  ...time(s.AT),
  ',"s":"',
  symbol(s.SYMBOL),
  s.noOrders,
  ',"b":"',
  decimal(s.PRICE),
  '","B":"',
  decimal(s.SIZE),
  someSize,
  s.isBid,
  level,
  '","a":"',
  decimal(s.PRICE),
  '","A":"',
  decimal(s.SIZE),
  someSize,
  s.isAsk,
  level,
  '"}',
  end(QUOTE),
];

const frameShape = new FrameShape([
  '{"',
  oneOf(['e":"depthUpdate","E":', ...depth], ['E":', ...trades], ['u":', ...quote]),
]);

/**
 * Fills the message from a `depthUpdate`, a trade or a frame of best prices. A `depthUpdate` becomes a `delta` with its `U`
 * and `u` as `first` and `last`: the reader makes of it what it is.
 * @returns false where the frame is anything else; the message is then undefined
 */
export function scanFrame(frame: Uint8Array, message: WireMessage): boolean {
  switch (frameShape.read(frame, message.levels)) {
    case DEPTH:
      message.start('delta', symbolText(s.SYMBOL));
      message.exchangeUs = slot(s.AT);
      message.first = slot(s.FIRST);
      message.last = slot(s.LAST);
      message.levels.count = levelsRead();
      return message.first <= message.last;
    case TRADE:
      message.start('trades', symbolText(s.SYMBOL));
      message.exchangeUs = slot(s.TRADE_AT);
      takeTrades(message.trades);
      return true;
    case QUOTE:
      message.start('quote', symbolText(s.SYMBOL));
      message.last = slot(s.LAST);
      message.levels.count = levelsRead();
      return true;
    default:
      return false;
  }
}
