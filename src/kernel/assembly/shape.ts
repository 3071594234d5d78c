/**
 * Reads a frame by the shape in which its venue writes it: a program of small steps, made in `src/exchanges/scan/shape.ts`.
 * What is read goes into slots and columns; whatever is not exactly of the shape ends the reading.
 */

import { RESULT, SAFE_MAX, SLOTS } from './layout';
import { decimal, decimals, integer, NO_NUMBER, place } from './number';
import { readPairs } from './pairs';
import { symbolAt } from './symbols';
import { epochSeconds, rfc3339, timeEnd } from './times';

/** The steps, each with its operands behind it, of four bytes each. */
const LITERAL: u32 = 1;
const BYTE: u32 = 2;
const SYMBOL: u32 = 3;
const SKIP_TEXT: u32 = 4;
const INTEGER: u32 = 5;
const DECIMAL: u32 = 6;
const SKIP_NUMBER: u32 = 7;
const EXPONENT: u32 = 8;
const EPOCH_SECONDS: u32 = 9;
const RFC_3339: u32 = 10;
const NANOSECONDS: u32 = 11;
const SET: u32 = 12;
const NEWEST: u32 = 13;
const SAME: u32 = 14;
const WITHIN: u32 = 15;
const LEVEL: u32 = 16;
const TRADE: u32 = 17;
const PAIRS: u32 = 18;
const GO: u32 = 19;
const MULTIPLY: u32 = 20;
const END: u32 = 21;

const OTHER_SHAPE: i32 = -1;
/** The columns of levels are full: the frame is to be read again when they are longer. */
const NO_ROOM: i32 = -2;

const QUOTE: u32 = 0x22;
const POINT: u32 = 0x2e;
const ZERO: u32 = 0x30;
const E_MINUS: u32 = 0x2d65;
/** The slots of levels and trades: those of `src/exchanges/scan/slots.ts`. */
const TRADE_SLOT: u32 = 15;
const PRICE_SLOT: u32 = 16;
const SIZE_SLOT: u32 = 18;
const SIDE_SLOT: u32 = 20;
const ORDERS_SLOT: u32 = 21;
/** Of a trade: seven slots. */
const TRADE_BYTES: u32 = 56;
const TRADES_MAX: u32 = 1024;

@inline
function slot(index: u32): u32 {
  return SLOTS + (index << 3);
}

/** Where the next quotation mark is; 0 where a backslash, a control character or anything but ASCII comes first. */
@inline
function quoteAt(from: u32): u32 {
  let at = from;
  while (true) {
    const bytes = v128.load(at);
    // Anything but ASCII is below zero as a signed byte.
    const others = v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
      i8x16.lt_s(bytes, i8x16.splat(0x20)),
    );
    const found = <u32>i8x16.bitmask(others);
    if (found != 0) {
      at += ctz(found);
      return load<u8>(at) == QUOTE ? at : 0;
    }
    at += 16;
  }
}

/**
 * Nineteen digits of nanoseconds, of which those below the microsecond are cut.
 * @returns `NO_NUMBER` for anything else
 */
function nanoseconds(at: u32): f64 {
  let us: f64 = 0;
  for (let index: u32 = 0; index < 19; index++) {
    const digit = <u32>load<u8>(at + index) - ZERO;
    if (digit > 9) return NO_NUMBER;
    if (index < 16) us = us * 10 + <f64>digit;
  }
  return us;
}

/** Whether a number is above zero and below 2^53. */
@inline
function isSafe(value: f64): bool {
  return value > 0 && value <= SAFE_MAX;
}

/** Of a whole number below 2^31: the lowest bits of its sum with 1.5 * 2^52. The conversion of any double takes more steps. */
@inline
function toU32(value: f64): u32 {
  return <u32>reinterpret<u64>(value + 6755399441055744);
}

/** Behind a number of any length without sign or exponent, whose value is not needed; 0 where there is none. */
function behindNumber(from: u32): u32 {
  let at = from;
  while (<u32>load<u8>(at) - ZERO < 10) at++;
  if (at == from || (load<u8>(from) == ZERO && at - from > 1)) return 0;
  if (load<u8>(at) != POINT) return at;
  const fraction = ++at;
  while (<u32>load<u8>(at) - ZERO < 10) at++;
  return at == fraction ? 0 : at;
}

/** Whether `length` bytes are those of the chunks of sixteen, each followed by the mask of the bytes that count. */
@inline
function isLiteral(at: u32, length: u32, chunks: u32): bool {
  let chunk = chunks;
  for (let index: u32 = 0; index < length; index += 16, chunk += 32) {
    const others = v128.and(v128.xor(v128.load(at + index), v128.load(chunk)), v128.load(chunk, 16));
    if (v128.any_true(others)) return false;
  }
  return true;
}

/**
 * @param program its address
 * @param begin of the frame; behind its end stands a zero byte, and so many more as a vector has are readable
 * @param rows columns of levels, `rowRoom` rows long
 * @param trades room for `TRADES_MAX` trades
 * @returns what the program's end says, at the frame's end; `OTHER_SHAPE` or `NO_ROOM` otherwise. `RESULT` has the number
 * of levels (64) and of trades (68).
 */
export function readFrame(program: u32, begin: u32, end: u32, rows: u32, rowRoom: u32, trades: u32): i32 {
  const sizes = rows + (rowRoom << 3);
  const orders = sizes + (rowRoom << 3);
  const sides = orders + (rowRoom << 2);
  const priceDecimals = sides + rowRoom;
  const sizeDecimals = priceDecimals + rowRoom;
  let step = program;
  let at = begin;
  let row: u32 = 0;
  let traded: u32 = 0;
  while (true) {
    switch (load<u32>(step)) {
      // length, step if it is not there, chunks
      case LITERAL: {
        const length = load<u32>(step, 4);
        if (isLiteral(at, length, step + 12)) {
          at += length;
          step += 12 + (((length + 15) >> 4) << 5);
          continue;
        }
        step = load<u32>(step, 8);
        if (step == 0) return OTHER_SHAPE;
        continue;
      }
      // byte, step if it is not there
      case BYTE: {
        if (<u32>load<u8>(at) == load<u32>(step, 4)) {
          at++;
          step += 12;
          continue;
        }
        step = load<u32>(step, 8);
        if (step == 0) return OTHER_SHAPE;
        continue;
      }
      // slots of the number, the address and the length
      case SYMBOL: {
        const quote = quoteAt(at);
        if (quote <= at) return OTHER_SHAPE;
        const index = load<u32>(step, 4);
        store<f64>(slot(index), <f64>symbolAt(at, quote - at));
        store<f64>(slot(index), <f64>at, 8);
        store<f64>(slot(index), <f64>(quote - at), 16);
        at = quote + 1;
        step += 8;
        continue;
      }
      case SKIP_TEXT: {
        const quote = quoteAt(at);
        if (quote == 0) return OTHER_SHAPE;
        at = quote + 1;
        step += 4;
        continue;
      }
      case INTEGER: {
        const value = integer(at);
        if (value < 0) return OTHER_SHAPE;
        store<f64>(slot(load<u32>(step, 4)), value);
        at = place;
        step += 8;
        continue;
      }
      // slots of the digits and their decimals
      case DECIMAL: {
        const value = decimal(at);
        if (value < 0) return OTHER_SHAPE;
        const index = load<u32>(step, 4);
        store<f64>(slot(index), value);
        store<f64>(slot(index), <f64>decimals, 8);
        at = place;
        step += 8;
        continue;
      }
      case SKIP_NUMBER: {
        at = behindNumber(at);
        if (at == 0) return OTHER_SHAPE;
        step += 4;
        continue;
      }
      // of a decimal: adds to its decimals, up to a most
      case EXPONENT: {
        if (<u32>load<u16>(at) == E_MINUS) {
          const value = integer(at + 2);
          if (value < 0) return OTHER_SHAPE;
          const address = slot(load<u32>(step, 4)) + 8;
          const sum = load<f64>(address) + value;
          if (sum > <f64>load<u32>(step, 8)) return OTHER_SHAPE;
          store<f64>(address, sum);
          at = place;
        }
        step += 12;
        continue;
      }
      case EPOCH_SECONDS: {
        const us = epochSeconds(at);
        if (us < 0) return OTHER_SHAPE;
        store<f64>(slot(load<u32>(step, 4)), us);
        at = timeEnd;
        step += 8;
        continue;
      }
      case RFC_3339: {
        const us = rfc3339(at);
        if (us < 0) return OTHER_SHAPE;
        store<f64>(slot(load<u32>(step, 4)), us);
        at = timeEnd;
        step += 8;
        continue;
      }
      case NANOSECONDS: {
        const us = nanoseconds(at);
        if (us < 0) return OTHER_SHAPE;
        store<f64>(slot(load<u32>(step, 4)), us);
        at += 19;
        step += 8;
        continue;
      }
      // slot, double
      case SET: {
        store<f64>(slot(load<u32>(step, 4)), load<f64>(step, 8));
        step += 16;
        continue;
      }
      // slot, double
      case MULTIPLY: {
        const address = slot(load<u32>(step, 4));
        store<f64>(address, load<f64>(address) * load<f64>(step, 8));
        step += 16;
        continue;
      }
      // slot, slot of what may be above it
      case NEWEST: {
        const address = slot(load<u32>(step, 4));
        const value = load<f64>(slot(load<u32>(step, 8)));
        if (!(load<f64>(address) >= value)) store<f64>(address, value);
        step += 12;
        continue;
      }
      // slots of two symbols
      case SAME: {
        const one = slot(load<u32>(step, 4));
        const other = slot(load<u32>(step, 8));
        const length = load<f64>(one, 16);
        if (load<f64>(other, 16) != length) return OTHER_SHAPE;
        if (memory.compare(<u32>load<f64>(one, 8), <u32>load<f64>(other, 8), <u32>length) != 0) return OTHER_SHAPE;
        step += 12;
        continue;
      }
      // slot, least, below what
      case WITHIN: {
        const value = load<f64>(slot(load<u32>(step, 4)));
        if (!(value >= load<f64>(step, 8)) || !(value < load<f64>(step, 16))) return OTHER_SHAPE;
        step += 24;
        continue;
      }
      // 1: without orders it has no size
      case LEVEL: {
        if (row == rowRoom) return NO_ROOM;
        const price = load<f64>(slot(PRICE_SLOT));
        const count = load<f64>(slot(ORDERS_SLOT));
        const isGone = load<u32>(step, 4) != 0 && count == 0;
        if (price == 0) return OTHER_SHAPE;
        store<f64>(rows + (row << 3), price);
        store<f64>(sizes + (row << 3), isGone ? 0 : load<f64>(slot(SIZE_SLOT)));
        store<i32>(orders + (row << 2), <i32>count);
        store<u8>(sides + row, toU32(load<f64>(slot(SIDE_SLOT))));
        store<u8>(priceDecimals + row, toU32(load<f64>(slot(PRICE_SLOT), 8)));
        store<u8>(sizeDecimals + row, isGone ? 0 : toU32(load<f64>(slot(SIZE_SLOT), 8)));
        row++;
        step += 8;
        continue;
      }
      case TRADE: {
        if (traded == TRADES_MAX || !isSafe(load<f64>(slot(PRICE_SLOT))) || !isSafe(load<f64>(slot(SIZE_SLOT)))) {
          return OTHER_SHAPE;
        }
        memory.copy(trades + traded * TRADE_BYTES, slot(TRADE_SLOT), TRADE_BYTES);
        traded++;
        step += 4;
        continue;
      }
      // side
      case PAIRS: {
        const read = readPairs(at, end, load<u32>(step, 4), rows, rowRoom, row);
        row = read & 0x7fffffff;
        if (<i32>read < 0) return row == rowRoom ? NO_ROOM : OTHER_SHAPE;
        at = load<u32>(RESULT, 56);
        step += 8;
        continue;
      }
      case GO: {
        step = load<u32>(step, 4);
        continue;
      }
      case END: {
        store<u32>(RESULT, row, 64);
        store<u32>(RESULT, traded, 68);
        return at == end ? <i32>load<u32>(step, 4) : OTHER_SHAPE;
      }
      default:
        return OTHER_SHAPE;
    }
  }
}
