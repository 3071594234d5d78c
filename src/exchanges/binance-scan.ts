/** The shapes in which Binance writes its frequent frames. What the fields mean stands in `binance.ts`. */

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
  multiply,
  oneOf,
  pairs,
  skipNumber,
  skipSigned,
  skipText,
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
const SNAPSHOT = 3;
const KLINE = 4;

/** Milliseconds have 13 digits until 2286. A time in any other unit is read the general way. */
const milliseconds = (at: number): readonly Piece[] => [integer(at), within(at, 1e12, 1e13), multiply(at, 1000)];

const depth = [
  ...milliseconds(s.AT),
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
  '}}',
  end(DEPTH),
];

const quote = [
  integer(s.LAST),
  ',"s":"',
  symbol(s.SYMBOL),
  ',"b":"',
  decimal(s.PRICE),
  '","B":"',
  decimal(s.SIZE),
  s.isBid,
  s.noOrders,
  level,
  '","a":"',
  decimal(s.PRICE),
  '","A":"',
  decimal(s.SIZE),
  s.isAsk,
  level,
  '"}}',
  end(QUOTE),
];

/** Of both kinds of trades, up to the size. The first time is that of the sending. */
const tradeHead = (id: string): readonly Piece[] => [
  integer(s.UNUSED),
  ',"s":"',
  symbol(s.SYMBOL),
  id,
  integer(s.TRADE_ID),
  ',"p":"',
  decimal(s.PRICE),
  '","q":"',
  decimal(s.SIZE),
];

/** From the trade's own time on. */
const tradeTail = [
  ...milliseconds(s.TRADE_AT),
  ',"m":',
  oneOf(['false', s.takerBuys], ['true', s.takerSells]),
  ',"M":true}}',
  trade,
  end(TRADE),
];

/** The first and the last fill that an aggregate folds say nothing of the order. */
const fills = ['","f":', integer(s.UNUSED), ',"l":', integer(s.UNUSED), ',"T":'];

/** Candles are in many recordings, and say nothing that trades do not. */
const kline = [
  skipNumber,
  ',"s":"',
  symbol(s.SYMBOL),
  ',"k":{"t":',
  skipNumber,
  ',"T":',
  skipNumber,
  ',"s":"',
  skipText,
  ',"i":"',
  skipText,
  ',"f":',
  skipSigned,
  ',"L":',
  skipSigned,
  ...['o', 'c', 'h', 'l', 'v'].flatMap((name): Piece[] => [`,"${name}":"`, skipNumber, '"']),
  ',"n":',
  skipNumber,
  ',"x":',
  oneOf(['false'], ['true']),
  ...['q', 'V', 'Q', 'B'].flatMap((name): Piece[] => [`,"${name}":"`, skipNumber, '"']),
  '}}}',
  end(KLINE),
];

const frameShape = new FrameShape([
  '{"stream":"',
  skipText,
  ',"data":{"',
  oneOf(
    ['u":', ...quote],
    ['e":"depthUpdate","E":', ...depth],
    ['e":"trade","E":', ...tradeHead(',"t":'), '","T":', ...tradeTail],
    ['e":"aggTrade","E":', ...tradeHead(',"a":'), ...fills, ...tradeTail],
    ['e":"kline","E":', ...kline],
  ),
]);

const snapshotShape = new FrameShape([
  '{"lastUpdateId":',
  integer(s.LAST),
  ',"bids":[',
  pairs(BID),
  ',"asks":[',
  pairs(ASK),
  '}',
  end(SNAPSHOT),
]);

/**
 * Fills the message from a `depthUpdate`, `trade`, `aggTrade`, `bookTicker` or `kline` frame of a combined stream.
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
    case QUOTE:
      message.start('quote', symbolText(s.SYMBOL));
      message.last = slot(s.LAST);
      message.levels.count = levelsRead();
      return true;
    case TRADE:
      message.start('trades', symbolText(s.SYMBOL));
      message.exchangeUs = slot(s.TRADE_AT);
      takeTrades(message.trades);
      return true;
    case KLINE:
      message.start('ignored', symbolText(s.SYMBOL));
      return true;
    default:
      return false;
  }
}

/** Fills the message's numbers and levels from the answer to `/depth`. @returns as `scanFrame` */
export function scanSnapshot(body: Uint8Array, message: WireMessage): boolean {
  if (snapshotShape.read(body, message.levels) !== SNAPSHOT) return false;
  message.last = slot(s.LAST);
  message.levels.count = levelsRead();
  return true;
}
