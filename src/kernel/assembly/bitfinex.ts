/**
 * Bitfinex's book checksum: CRC-32 over the best 25 levels of both sides in turn (bid, ask, bid, …), of each level the price
 * and the signed amount (asks negative) as JavaScript prints numbers, all joined by colons. A side that is shorter is
 * skipped. https://docs.bitfinex.com/docs/ws-websocket-checksum
 *
 * Of each level the register behind `:price:amount` is kept until it changes.
 */

import { ASKS, BIDS, checksumCreate, codesOf, keepValue, newSides, valueBefore } from './checksum';
import { shifted, withByte, withoutByte } from './digit-crc';
import { allocate } from './memory';
import { TEXT_MAX, writePrinted } from './printed';
import {
  changedFrom,
  coded,
  forget,
  keyOf,
  lengthOf,
  levelCount,
  registerOf,
  setCode,
  sizeOf,
} from './side-codes';

const DEPTH: u32 = 25;
const COLON: u32 = 0x3a;
const MINUS: u32 = 0x2d;

/** A number has more digits than are sure: its text must be made by somebody else. */
const UNSURE: f64 = -1;

/** The text of one level; 0 until it is needed. */
let text: u32 = 0;
/** What a colon makes the register with all bits set, from which a CRC begins. */
let start: u32 = 0;

export function bitfinexCreate(): u32 {
  const checksum = checksumCreate(DEPTH);
  if (text == 0) {
    text = allocate(3 + 2 * TEXT_MAX);
    start = withoutByte(0xffffffff, COLON);
  }
  return checksum;
}

/** The checksum of the book as it stands, unsigned; `UNSURE` where it cannot be told here. */
export function bitfinexValue(checksum: u32, bids: u32, asks: u32, priceScale: i32, sizeScale: i32): f64 {
  const changed = newSides(checksum, bids, asks, priceScale, sizeScale);
  if (changed == 0) return valueBefore(checksum);
  const bidCodes = codesOf(checksum, BIDS);
  const askCodes = codesOf(checksum, ASKS);
  const areSure =
    ((changed & BIDS) == 0 || refresh(bidCodes, priceScale, sizeScale, 0)) &&
    ((changed & ASKS) == 0 || refresh(askCodes, priceScale, sizeScale, MINUS));
  if (!areSure) return UNSURE;
  const value = combined(bidCodes, askCodes);
  keepValue(checksum, value);
  return value;
}

function combined(bidCodes: u32, askCodes: u32): f64 {
  const bids = levelCount(bidCodes);
  const asks = levelCount(askCodes);
  const most = max<u32>(bids, asks);
  if (most == 0) return 0;
  let register = start;
  for (let level: u32 = 0; level < most; level++) {
    if (level < bids) register = shifted(register, lengthOf(bidCodes, level)) ^ registerOf(bidCodes, level);
    if (level < asks) register = shifted(register, lengthOf(askCodes, level)) ^ registerOf(askCodes, level);
  }
  return <f64>~register;
}

/** @param sign what stands in front of an amount; 0: nothing @returns whether all texts are sure */
function refresh(codes: u32, priceScale: i32, sizeScale: i32, sign: u32): bool {
  const count = levelCount(codes);
  for (let level = changedFrom(codes); level < count; level++) {
    if (lengthOf(codes, level) != 0) continue;
    store<u8>(text, COLON);
    let end = writePrinted(text + 1, Math.abs(keyOf(codes, level)), priceScale);
    if (end != 0) {
      store<u8>(end, COLON);
      if (sign != 0) store<u8>(++end, sign);
      end = writePrinted(end + 1, sizeOf(codes, level), sizeScale);
    }
    if (end == 0) {
      forget(codes);
      return false;
    }
    let register: u32 = 0;
    for (let at = text; at < end; at++) register = withByte(register, load<u8>(at));
    setCode(codes, level, register, end - text);
  }
  coded(codes);
  return true;
}
