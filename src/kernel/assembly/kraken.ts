/**
 * Kraken's book checksum: CRC-32 over the best ten asks (low to high), then the best ten bids (high to low); of each
 * level the price's and the size's digits as sent, without point and leading zeros, with nothing between them.
 * https://docs.kraken.com/api/docs/guides/spot-ws-book-v2
 *
 * It is verified after every message, which changes a level or two, and most often none of the twenty.
 */

import { ASKS, BIDS, checksumCreate, codesOf, keepValue, newSides, valueBefore } from './checksum';
import { codeOf, digitCount, shifted, withZeros } from './digit-crc';
import {
  chainedLength,
  chainedRegister,
  changedFrom,
  coded,
  decimalsOf,
  keyOf,
  lengthOf,
  levelCount,
  registerOf,
  setChained,
  setCode,
  sizeOf,
} from './side-codes';
import { POWERS } from './layout';

const DEPTH: u32 = 10;

let writtenDigits: u32 = 0;

export function krakenCreate(): u32 {
  return checksumCreate(DEPTH);
}

/** The checksum of the book as it stands. */
export function krakenValue(checksum: u32, bids: u32, asks: u32, priceScale: i32, sizeScale: i32): u32 {
  const changed = newSides(checksum, bids, asks, priceScale, sizeScale);
  if (changed == 0) return <u32>valueBefore(checksum);
  const bidCodes = codesOf(checksum, BIDS);
  const askCodes = codesOf(checksum, ASKS);
  if ((changed & BIDS) != 0) refresh(bidCodes, priceScale, sizeScale);
  if ((changed & ASKS) != 0) refresh(askCodes, priceScale, sizeScale);
  const value = ~appended(appended(0xffffffff, askCodes), bidCodes);
  keepValue(checksum, <f64>value);
  return value;
}

/** The register after a side: as it was where the side is empty. */
function appended(register: u32, codes: u32): u32 {
  const count = levelCount(codes);
  if (count == 0) return register;
  return shifted(register, chainedLength(codes, count - 1)) ^ chainedRegister(codes, count - 1);
}

function refresh(codes: u32, priceScale: i32, sizeScale: i32): void {
  const count = levelCount(codes);
  const first = min<u32>(changedFrom(codes), count);
  let code: u32 = first == 0 ? 0 : chainedRegister(codes, first - 1);
  let length: u32 = first == 0 ? 0 : chainedLength(codes, first - 1);
  for (let level = first; level < count; level++) {
    if (lengthOf(codes, level) == 0) {
      const decimals = decimalsOf(codes, level);
      const price = codeAsWritten(Math.abs(keyOf(codes, level)), priceScale, decimals >> 8);
      const priceDigits = writtenDigits;
      const size = codeAsWritten(sizeOf(codes, level), sizeScale, decimals & 0xff);
      setCode(codes, level, shifted(price, writtenDigits) ^ size, priceDigits + writtenDigits);
    }
    code = shifted(code, lengthOf(codes, level)) ^ registerOf(codes, level);
    length += lengthOf(codes, level);
    setChained(codes, level, code, length);
  }
  coded(codes);
}

/** The register after the integer that the digits make, of which `decimals` were behind the point. */
function codeAsWritten(value: f64, scale: i32, decimals: u32): u32 {
  const surplus = <i32>decimals - scale;
  if (surplus > 0) {
    const code = withZeros(codeOf(<u64>value), surplus);
    writtenDigits = digitCount + surplus;
    return code;
  }
  const code = codeOf(<u64>(value / load<f64>(POWERS + (-surplus << 3))));
  writtenDigits = digitCount;
  return code;
}
