/**
 * CRC-32 of decimal digits, straight from integers: no text is made, and what was computed of one piece serves wherever
 * that piece stands.
 *
 * Apart from its conditioning (all bits are set before the first byte and inverted after the last) a CRC is linear: the
 * register after two pieces is `shifted(first, bytes of second) ^ second`, each piece begun from zero, where `shifted` is
 * what so many zero bytes do to a register. A shift of any length is four lookups, one for each byte of the register, so
 * that a piece is appended at the same cost whatever its length. zlib's `crc32_combine` stands on the same property
 * (https://github.com/madler/zlib/blob/master/crc32.c).
 */

import { allocate } from './memory';

/** The polynomial of ISO 3309, bits reversed. */
const POLYNOMIAL: u32 = 0xedb88320;
/** Bytes of the lookups of one length: 256 for each of the four bytes of a register. */
const SHIFT_BYTES: u32 = 4096;
/** Longer shifts are made of several: of this length, and of 64 and 128 bytes, whose lookups stand behind. */
const SHIFT_MAX: u32 = 32;
const SHIFT_64: u32 = SHIFT_MAX + 1;
const SHIFT_128: u32 = SHIFT_MAX + 2;
const GROUP_DIGITS: u32 = 4;
const GROUP_VALUES: u32 = 10000;
const ZERO_DIGIT: u32 = 0x30;

// Lookups for each length, and the registers of all texts of four digits, begun from zero, behind which stand those of three,
// two and one; 0 until they are needed.
let shifts: u32 = 0;
let groupCodes: u32 = 0;
const THREE: u32 = GROUP_VALUES << 2;
const TWO: u32 = THREE + (1000 << 2);
const ONE: u32 = TWO + (100 << 2);
const CODES_BYTES: u32 = ONE + (10 << 2);

/** Digits of the last `codeOf`. */
export let digitCount: u32 = 0;

/** Makes the tables. Must be called once before anything else here. */
export function prepareTables(): void {
  if (shifts != 0) return;
  shifts = allocate((SHIFT_128 + 1) * SHIFT_BYTES);
  for (let byte: u32 = 0; byte < 4; byte++) {
    for (let value: u32 = 0; value < 256; value++) {
      let register = value << (byte << 3);
      let entry = shifts + (byte << 10) + (value << 2);
      store<u32>(entry, register);
      for (let bytes: u32 = 1; bytes <= SHIFT_MAX; bytes++) {
        for (let bit = 0; bit < 8; bit++) register = (register >> 1) ^ (POLYNOMIAL & -(register & 1));
        entry += SHIFT_BYTES;
        store<u32>(entry, register);
      }
    }
  }
  double(SHIFT_MAX, SHIFT_64);
  double(SHIFT_64, SHIFT_128);
  groupCodes = allocate(CODES_BYTES);
  for (let digit: u32 = 0; digit < 10; digit++) {
    store<u32>(groupCodes + ONE + (digit << 2), withByte(0, ZERO_DIGIT + digit));
  }
  lengthen(ONE, 10, TWO);
  lengthen(TWO, 100, THREE);
  lengthen(THREE, 1000, 0);
}

/** Makes the lookups of shifts that are twice as long as others. */
function double(from: u32, to: u32): void {
  for (let at: u32 = 0; at < SHIFT_BYTES; at += 4) {
    const once = load<u32>(shifts + from * SHIFT_BYTES + at);
    store<u32>(shifts + to * SHIFT_BYTES + at, lookUp(once, from));
  }
}

/** Fills the registers of texts that have a digit more than others. */
function lengthen(from: u32, texts: u32, to: u32): void {
  for (let text: u32 = 0; text < texts; text++) {
    const register = load<u32>(groupCodes + from + (text << 2));
    for (let digit: u32 = 0; digit < 10; digit++) {
      store<u32>(groupCodes + to + ((text * 10 + digit) << 2), withByte(register, ZERO_DIGIT + digit));
    }
  }
}

/** The register after `bytes` more bytes of zero: at least 1. */
@inline
export function shifted(register: u32, bytes: u32): u32 {
  return bytes <= SHIFT_MAX ? lookUp(register, bytes) : shiftedFar(register, bytes);
}

function shiftedFar(register: u32, bytes: u32): u32 {
  let rest = bytes;
  let result = register;
  for (; rest >= 128; rest -= 128) result = lookUp(result, SHIFT_128);
  if (rest >= 64) {
    result = lookUp(result, SHIFT_64);
    rest -= 64;
  }
  if (rest > SHIFT_MAX) {
    result = lookUp(result, SHIFT_MAX);
    rest -= SHIFT_MAX;
  }
  return lookUp(result, rest);
}

@inline
function lookUp(register: u32, bytes: u32): u32 {
  const from = shifts + bytes * SHIFT_BYTES;
  return (
    load<u32>(from + ((register & 0xff) << 2)) ^
    load<u32>(from + (((register >> 8) & 0xff) << 2), 0x400) ^
    load<u32>(from + (((register >> 16) & 0xff) << 2), 0x800) ^
    load<u32>(from + ((register >> 24) << 2), 0xc00)
  );
}

/** The register after one more byte. */
@inline
export function withByte(register: u32, byte: u32): u32 {
  return (register >> 8) ^ load<u32>(shifts + SHIFT_BYTES + (((register ^ byte) & 0xff) << 2));
}

/** The register before a byte, of the one behind it. */
export function withoutByte(register: u32, byte: u32): u32 {
  // Which lookup it was shows in the highest byte, where the register itself left zeros.
  let index: u32 = 0;
  while (load<u32>(shifts + SHIFT_BYTES + (index << 2)) >> 24 != register >> 24) index++;
  return ((register ^ load<u32>(shifts + SHIFT_BYTES + (index << 2))) << 8) | (index ^ byte);
}

/** The register after the digits of an integer from 0 to 2^53, begun from zero; their number is in `digitCount`. */
export function codeOf(value: u64): u32 {
  const high = <u32>(value / 100000000);
  const low = <u32>(value - <u64>high * 100000000);
  const a = high / GROUP_VALUES;
  const b = high - a * GROUP_VALUES;
  const c = low / GROUP_VALUES;
  const d = low - c * GROUP_VALUES;
  if (a != 0) return behind(behind(behind(frontOf(a), b), c), d);
  if (b != 0) return behind(behind(frontOf(b), c), d);
  if (c != 0) return behind(frontOf(c), d);
  return frontOf(d);
}

/** Of the first digits of a number. */
@inline
function frontOf(group: u32): u32 {
  digitCount = 1 + <u32>(group > 9) + <u32>(group > 99) + <u32>(group > 999);
  const codes = group > 999 ? 0 : group > 99 ? THREE : group > 9 ? TWO : ONE;
  return load<u32>(groupCodes + codes + (group << 2));
}

/** After four more digits. */
@inline
function behind(register: u32, group: u32): u32 {
  digitCount += GROUP_DIGITS;
  return lookUp(register, GROUP_DIGITS) ^ load<u32>(groupCodes + (group << 2));
}

/** The register after so many digits `0`, begun from another one. */
export function withZeros(register: u32, count: u32): u32 {
  let result = register;
  for (let at: u32 = 0; at < count; at++) result = withByte(result, ZERO_DIGIT);
  return result;
}
