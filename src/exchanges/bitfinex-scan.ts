/**
 * The shapes in which Bitfinex writes its frequent frames, byte by byte. What the fields mean stands in `bitfinex.ts`. A
 * frame has only the number of its channel, so that its shape depends on what the connection has said before.
 */

import type { WireMessage } from '../book/wire-message.ts';
import { DECIMALS_MAX } from '../lib/decimal.ts';
import { ASK, BID } from '../model/event.ts';
import type { ConnectionMemory } from './bitfinex-connection.ts';
import { usFromMs } from './bitfinex-connection.ts';
import { FrameScanner, LIST_CLOSE, LIST_COMMA } from './scan/frame-scanner.ts';
import { literal } from './scan/literal.ts';

const LIST_OPEN = 0x5b;
const MINUS = 0x2d;

const NEXT_LIST = literal(',[');
const CHECKSUM = literal(',"cs",');
const EXECUTED = literal(',"te",[');
const UPDATED = literal(',"tu",[');
const NEGATIVE_EXPONENT = literal('e-');

/** Orders at a level, in the column that holds them. */
export const ORDERS_MAX = 0x7fffffff;

/** Of the last frame that was read: its number on the connection; NaN where frames have none. */
export const scanned = { sequence: NaN };

const scanner = new FrameScanner();

/**
 * Fills the message from a book, an update of it, its checksum, or a trade, of a channel that the connection reads.
 * @returns false where the frame is anything else; the message is then undefined
 */
export function scanFrame(frame: Uint8Array, connection: ConnectionMemory, message: WireMessage): boolean {
  scanner.begin(frame);
  if (!scanner.skipByte(LIST_OPEN)) return false;
  const channel = connection.channel(scanner.integer());
  if (channel === undefined) return false;
  const { kind, symbol } = channel;
  if (kind === 'trades') return scanTrade(message, symbol) && scanEnd(connection, message);
  if (scanner.skip(NEXT_LIST)) {
    if (!scanBook(connection, message, symbol) || !scanEnd(connection, message)) return false;
    channel.isBegun = true;
    return true;
  }
  return scanner.skip(CHECKSUM) && scanChecksum(message.start('checksum', symbol)) && scanEnd(connection, message);
}

/** One row is an update; a list of rows, empty too, is the whole book. */
function scanBook({ isBulk }: ConnectionMemory, message: WireMessage, symbol: string): boolean {
  const isEmpty = scanner.skipByte(LIST_CLOSE);
  if (!isEmpty && !scanner.skipByte(LIST_OPEN)) return scanRow(message.start('delta', symbol));
  // What the list is then depends on the frame's number, which comes last.
  if (isBulk) return false;
  message.start('snapshot', symbol);
  if (isEmpty) return true;
  do if (!scanRow(message)) return false;
  while (scanner.skip(NEXT_LIST));
  return scanner.skipByte(LIST_CLOSE);
}

/** `64250,3,1.25]` */
function scanRow({ levels }: WireMessage): boolean {
  if (!scanner.decimal()) return false;
  const { mantissa: price } = scanner;
  const priceDecimals = decimalsWithExponent();
  if (price === 0 || !(priceDecimals <= DECIMALS_MAX) || !scanner.skipByte(LIST_COMMA)) return false;
  const orders = scanner.integer();
  if (!(orders <= ORDERS_MAX) || !scanner.skipByte(LIST_COMMA)) return false;
  const side = scanner.skipByte(MINUS) ? ASK : BID;
  if (!scanner.decimal()) return false;
  const { mantissa: size } = scanner;
  const sizeDecimals = decimalsWithExponent();
  if (size === 0 || !(sizeDecimals <= DECIMALS_MAX) || !scanner.skipByte(LIST_CLOSE)) return false;
  if (orders === 0) levels.add(side, price, priceDecimals, 0, 0, 0);
  else levels.add(side, price, priceDecimals, size, sizeDecimals, orders);
  return true;
}

/** Decimals of the number just read, with the exponent that follows it: `2.1e-7` has eight. NaN where that is nonsense. */
function decimalsWithExponent(): number {
  const { decimals } = scanner;
  return scanner.skip(NEGATIVE_EXPONENT) ? decimals + scanner.integer() : decimals;
}

function scanChecksum(message: WireMessage): boolean {
  const isNegative = scanner.skipByte(MINUS);
  const magnitude = scanner.integer();
  const checksum = isNegative ? -magnitude : magnitude;
  message.checksum = checksum | 0;
  return message.checksum === checksum;
}

/** `310628134,1542045968922,0.01073894,6443.1]` */
function scanTrade(message: WireMessage, symbol: string): boolean {
  const isFirst = scanner.skip(EXECUTED);
  if (!isFirst && !scanner.skip(UPDATED)) return false;
  const id = scanner.integer();
  if (!(id >= 0) || !scanner.skipByte(LIST_COMMA)) return false;
  const at = usFromMs(scanner.integer());
  if (!(at > 0) || !scanner.skipByte(LIST_COMMA)) return false;
  const takerBuys = !scanner.skipByte(MINUS);
  if (!scanner.decimal()) return false;
  const { mantissa: size } = scanner;
  const sizeDecimals = decimalsWithExponent();
  if (size === 0 || !(sizeDecimals <= DECIMALS_MAX) || !scanner.skipByte(LIST_COMMA) || !scanner.decimal())
    return false;
  const { mantissa: price } = scanner;
  const priceDecimals = decimalsWithExponent();
  if (price === 0 || !(priceDecimals <= DECIMALS_MAX) || !scanner.skipByte(LIST_CLOSE)) return false;
  if (!isFirst) {
    message.start('ignored');
    return true;
  }
  message.start('trades', symbol).exchangeUs = at;
  message.trades.add(String(id), price, priceDecimals, size, sizeDecimals, takerBuys, at);
  return true;
}

/** What the connection's options add, and the end of the frame. */
function scanEnd({ isNumbered, isTimed }: ConnectionMemory, message: WireMessage): boolean {
  scanned.sequence = NaN;
  if (isNumbered) {
    if (!scanner.skipByte(LIST_COMMA)) return false;
    scanned.sequence = scanner.integer();
    if (!(scanned.sequence >= 0)) return false;
  }
  if (isTimed) {
    if (!scanner.skipByte(LIST_COMMA)) return false;
    const at = usFromMs(scanner.integer());
    if (!(at > 0)) return false;
    // Of a trade its own time is known.
    if (message.kind !== 'trades' && message.kind !== 'ignored') message.exchangeUs = at;
  }
  return scanner.skipByte(LIST_CLOSE) && scanner.isAtEnd;
}
