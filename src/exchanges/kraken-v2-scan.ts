/** The shapes in which Kraken v2 writes its frequent frames. What the fields mean stands in `kraken-v2.ts`. */

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
  oneOf,
  rfc3339,
  same,
  skipText,
  slot,
  symbol,
  symbolText,
  takeTrades,
  trade,
} from './scan/shape.ts';

const UPDATE = 0;
const SNAPSHOT = 1;
const TRADES = 2;
const HEARTBEAT = 3;

/** Rows up to the end of their list. */
const levelsOf = (side: Piece): Piece =>
  list(['{"price":', decimal(s.PRICE), ',"qty":', decimal(s.SIZE), '}', side, level]);

const book = (outcome: number): readonly Piece[] => [
  symbol(s.SYMBOL),
  s.noOrders,
  ',"bids":[',
  levelsOf(s.isBid),
  ',"asks":[',
  levelsOf(s.isAsk),
  ',"checksum":',
  integer(s.CHECKSUM),
  ',"timestamp":"',
  rfc3339(s.AT),
  '"}]}',
  end(outcome),
];

/** From behind the symbol to behind the time. */
const tradeRest = [
  ',"side":"',
  oneOf(['buy"', s.takerBuys], ['sell"', s.takerSells]),
  ',"price":',
  decimal(s.PRICE),
  ',"qty":',
  decimal(s.SIZE),
  ',"ord_type":"',
  skipText,
  ',"trade_id":',
  integer(s.TRADE_ID),
  ',"timestamp":"',
  rfc3339(s.TRADE_AT),
  '"}',
  trade,
];

const frameShape = new FrameShape([
  '{"channel":"',
  oneOf(
    ['book","type":"update","data":[{"symbol":"', ...book(UPDATE)],
    [
      'trade","type":"update","data":[{"symbol":"',
      symbol(s.SYMBOL),
      ...tradeRest,
      // Trades of several pairs are several messages.
      oneOf(
        [']}', end(TRADES)],
        [
          ',',
          list(['{"symbol":"', symbol(s.OTHER_SYMBOL), same(s.SYMBOL, s.OTHER_SYMBOL), ...tradeRest]),
          '}',
          end(TRADES),
        ],
      ),
    ],
    ['book","type":"snapshot","data":[{"symbol":"', ...book(SNAPSHOT)],
    ['heartbeat"}', end(HEARTBEAT)],
  ),
]);

/**
 * Fills the message from a frame of the `book` channel that is about one pair, or from an update of the `trade` channel
 * that is, or from a heartbeat.
 * @returns false where the frame is anything else; the message is then undefined
 */
export function scanFrame(frame: Uint8Array, message: WireMessage): boolean {
  const outcome = frameShape.read(frame, message.levels);
  switch (outcome) {
    case UPDATE:
    case SNAPSHOT:
      message.start(outcome === UPDATE ? 'delta' : 'snapshot', symbolText(s.SYMBOL));
      message.checksum = slot(s.CHECKSUM);
      message.exchangeUs = slot(s.AT);
      message.levels.count = levelsRead();
      return true;
    case TRADES:
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
