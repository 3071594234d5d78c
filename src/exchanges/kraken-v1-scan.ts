/**
 * The shapes in which Kraken v1 writes its frequent frames. What the fields mean stands in `kraken-v1.ts`. Channel and pair
 * stand last.
 */

import type { WireMessage } from '../book/wire-message.ts';
import { KRAKEN_DEPTHS } from './kraken-common.ts';
import * as s from './scan/slots.ts';
import type { Piece } from './scan/shape.ts';
import {
  decimal,
  end,
  epochSeconds,
  FrameShape,
  integer,
  level,
  levelsRead,
  list,
  newest,
  oneOf,
  rows,
  set,
  skipNumber,
  skipText,
  slot,
  symbol,
  symbolText,
  takeTrades,
  trade,
} from './scan/shape.ts';

const UPDATE = 0;
const TRADES = 1;
const SNAPSHOT = 2;
const HEARTBEAT = 3;
const TICKER = 4;

const DEPTHS: ReadonlySet<number> = new Set(KRAKEN_DEPTHS);

/** Rows up to the end of their list. One that is told once more has the time of its first telling. */
const levelsOf = (side: Piece): Piece =>
  list([
    '["',
    decimal(s.PRICE),
    '","',
    decimal(s.SIZE),
    '","',
    epochSeconds(s.ROW_AT),
    oneOf(['"]', newest(s.AT, s.ROW_AT)], ['","r"]']),
    side,
    level,
  ]);

/** Asks, and bids where they follow: in the same object or in one of their own. */
const asksFirst = [levelsOf(s.isAsk), oneOf([',"b":[', levelsOf(s.isBid)], ['},{"b":[', levelsOf(s.isBid)], [])];

/** The last two elements of a book's frame. */
const bookEnd = (outcome: number): readonly Piece[] => [
  'book',
  oneOf(['-', integer(s.DEPTH)], [set(s.DEPTH, KRAKEN_DEPTHS[0])]),
  '","',
  symbol(s.SYMBOL),
  ']',
  end(outcome),
];
const updateEnd = [',"c":"', integer(s.CHECKSUM), '"},"', ...bookEnd(UPDATE)];

const trades = rows([
  '["',
  decimal(s.PRICE),
  '","',
  decimal(s.SIZE),
  '","',
  epochSeconds(s.TRADE_AT),
  oneOf(['","b","', s.takerBuys], ['","s","', s.takerSells]),
  oneOf(['l'], ['m']),
  '",""]',
  trade,
]);

const texts: readonly Piece[] = ['["', skipText, ',"', skipText, ']'];

/** The rest of a ticker, which is not used, behind the quotation mark of its best ask. */
const ticker = [
  [skipText, ',', skipNumber, ',"', skipText, '],"b":["', skipText, ',', skipNumber, ',"', skipText, ']'],
  [',"c":', ...texts, ',"v":', ...texts, ',"p":', ...texts, ',"t":[', skipNumber, ',', skipNumber, '],"l":', ...texts],
  [',"h":', ...texts, ',"o":', ...texts, '},"ticker","', symbol(s.SYMBOL), ']', end(TICKER)],
].flat();

const frameShape = new FrameShape([
  oneOf(
    [
      '[',
      integer(s.CHANNEL),
      set(s.AT, NaN),
      s.noOrders,
      oneOf(
        [',{"b":[', levelsOf(s.isBid), ...updateEnd],
        [',{"a":["', ...ticker],
        [',{"a":[', ...asksFirst, ...updateEnd],
        [',[', set(s.TRADE_ID, NaN), trades, ',"trade","', symbol(s.SYMBOL), ']', end(TRADES)],
        [',{"as":[', levelsOf(s.isAsk), ',"bs":[', levelsOf(s.isBid), '},"', ...bookEnd(SNAPSHOT)],
      ),
    ],
    ['{"event":"heartbeat"}', end(HEARTBEAT)],
  ),
]);

/**
 * Fills the message from a frame of the `book` or the `trade` channel, or from a heartbeat.
 * @returns false where the frame is anything else; the message is then undefined
 */
export function scanFrame(frame: Uint8Array, message: WireMessage): boolean {
  const outcome = frameShape.read(frame, message.levels);
  switch (outcome) {
    case UPDATE:
    case SNAPSHOT:
      message.start(outcome === UPDATE ? 'delta' : 'snapshot', symbolText(s.SYMBOL));
      message.exchangeUs = slot(s.AT);
      message.depth = slot(s.DEPTH);
      if (outcome === UPDATE) message.checksum = slot(s.CHECKSUM);
      message.levels.count = levelsRead();
      return DEPTHS.has(message.depth);
    case TRADES:
      message.start('trades', symbolText(s.SYMBOL));
      message.exchangeUs = slot(s.TRADE_AT);
      takeTrades(message.trades);
      return true;
    case HEARTBEAT:
      message.start('heartbeat');
      return true;
    case TICKER:
      message.start('ignored', symbolText(s.SYMBOL));
      return true;
    default:
      return false;
  }
}
