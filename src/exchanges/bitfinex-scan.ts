/**
 * The shapes in which Bitfinex writes its frequent frames. What the fields mean stands in `bitfinex.ts`. A frame has only the
 * number of its channel, and what the connection was configured for at its end.
 */

import type { WireMessage } from '../book/wire-message.ts';
import type { ConnectionMemory } from './bitfinex-connection.ts';
import { EARLIEST_MS, LATEST_MS } from './bitfinex-connection.ts';
import * as s from './scan/slots.ts';
import type { Piece } from './scan/shape.ts';
import {
  decimal,
  countedLevel,
  end,
  exponent,
  FrameShape,
  integer,
  levelsRead,
  multiply,
  oneOf,
  OTHER_SHAPE,
  rows,
  set,
  skipSigned,
  slot,
  takeTrades,
  trade,
  within,
} from './scan/shape.ts';

const ROW = 0;
const BOOK = 1;
const CHECKSUM = 2;
const TRADE = 3;
const REPEATED_TRADE = 4;
const HEARTBEAT = 5;
const UNUSED = 6;
const HISTORY = 7;

/** Orders at a level, in the column that holds them. */
export const ORDERS_MAX = 0x7fffffff;

/** Of the last frame that was read: its number on the connection; NaN where frames have none. */
export const scanned = { sequence: NaN };

const milliseconds = (at: number): readonly Piece[] => [
  integer(at),
  within(at, EARLIEST_MS, LATEST_MS),
  multiply(at, 1000),
];

/** `64250,3,1.25`, with a minus in front of the size of an ask. */
const row = [
  decimal(s.PRICE),
  exponent(s.PRICE),
  ',',
  integer(s.ORDERS),
  within(s.ORDERS, 0, ORDERS_MAX + 1),
  ',',
  oneOf(['-', s.isAsk], [s.isBid]),
  decimal(s.SIZE),
  within(s.SIZE, 1, Number.POSITIVE_INFINITY),
  exponent(s.SIZE),
  ']',
  countedLevel,
];

/** `310628134,1542045968922,0.01073894,6443.1]`, with a minus in front of the size where the taker sold. */
const trades = [
  integer(s.TRADE_ID),
  ',',
  ...milliseconds(s.TRADE_AT),
  ',',
  oneOf(['-', s.takerSells], [s.takerBuys]),
  decimal(s.SIZE),
  exponent(s.SIZE),
  ',',
  decimal(s.PRICE),
  exponent(s.PRICE),
  ']',
  trade,
];

interface Shapes {
  readonly used: FrameShape;
  /** Rows of mere numbers: one, as tickers are, or a list of them, as the trades before a subscription are. */
  readonly unused: FrameShape;
}

/** @param isNumbered, isTimed what the connection's options add at the end of each frame */
function shapesOf(isNumbered: boolean, isTimed: boolean): Shapes {
  const tail = [
    isNumbered ? [',', integer(s.SEQUENCE)] : [set(s.SEQUENCE, NaN)],
    isTimed ? [',', ...milliseconds(s.AT)] : [set(s.AT, NaN)],
    [']'],
  ].flat();
  const unused = new FrameShape([
    '[',
    integer(s.CHANNEL),
    ',[',
    oneOf(['[', rows([rows([skipSigned])], ',['), ...tail, end(HISTORY)], [rows([skipSigned]), ...tail, end(UNUSED)]),
  ]);
  const used = new FrameShape([
    '[',
    integer(s.CHANNEL),
    ',',
    oneOf(
      // One row is an update; a list of rows, empty too, is the whole book.
      ['[[', rows(row, ',['), ...tail, end(BOOK)],
      ['[]', ...tail, end(BOOK)],
      ['[', ...row, ...tail, end(ROW)],
      [
        '"cs",',
        oneOf(['-', integer(s.CHECKSUM), multiply(s.CHECKSUM, -1)], [integer(s.CHECKSUM)]),
        ...tail,
        end(CHECKSUM),
      ],
      ['"te",[', ...trades, ...tail, end(TRADE)],
      ['"tu",[', ...trades, ...tail, end(REPEATED_TRADE)],
      ['"hb"', ...tail, end(HEARTBEAT)],
    ),
  ]);
  return { used, unused };
}

const plain = shapesOf(false, false);
const timed = shapesOf(false, true);
const numbered = shapesOf(true, false);
const numberedAndTimed = shapesOf(true, true);

/**
 * Fills the message from a book, an update of it, its checksum, a trade, or a heartbeat, of a channel that the connection reads; what
 * other channels say is ignored.
 * @returns false where the frame is anything else; the message is then undefined
 */
export function scanFrame(frame: Uint8Array, connection: ConnectionMemory, message: WireMessage): boolean {
  const { isNumbered, isTimed, isBulk } = connection;
  const shapes = isNumbered ? (isTimed ? numberedAndTimed : numbered) : isTimed ? timed : plain;
  let outcome = shapes.used.read(frame, message.levels);
  if (outcome === OTHER_SHAPE) outcome = shapes.unused.read(frame, message.levels);
  if (outcome === OTHER_SHAPE) return false;
  const channel = connection.channel(slot(s.CHANNEL));
  if (channel === undefined) {
    scanned.sequence = slot(s.SEQUENCE);
    message.start('ignored');
    return true;
  }
  if (outcome === UNUSED) return false;
  const { kind, symbol } = channel;
  if (outcome === HEARTBEAT) {
    scanned.sequence = slot(s.SEQUENCE);
    message.start('heartbeat').exchangeUs = slot(s.AT);
    return true;
  }
  if (outcome === HISTORY) {
    scanned.sequence = slot(s.SEQUENCE);
    message.start('ignored');
    return kind === 'trades';
  }
  if ((kind === 'trades') !== (outcome === TRADE || outcome === REPEATED_TRADE)) return false;
  scanned.sequence = slot(s.SEQUENCE);
  switch (outcome) {
    case ROW:
      message.start('delta', symbol);
      break;
    case BOOK:
      // What a list is then depends on the frame's number.
      if (isBulk) return false;
      message.start('snapshot', symbol);
      break;
    case CHECKSUM:
      message.start('checksum', symbol).checksum = slot(s.CHECKSUM) | 0;
      message.exchangeUs = slot(s.AT);
      return message.checksum === slot(s.CHECKSUM);
    case TRADE:
      message.start('trades', symbol).exchangeUs = slot(s.TRADE_AT);
      takeTrades(message.trades);
      return true;
    default:
      message.start('ignored');
      return true;
  }
  channel.isBegun = true;
  message.exchangeUs = slot(s.AT);
  message.levels.count = levelsRead();
  return true;
}
