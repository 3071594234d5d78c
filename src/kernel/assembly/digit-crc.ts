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
/** Longer shifts are made of several. */
const SHIFT_MAX: u32 = 32;
const GROUP_VALUES: u32 = 10000;
const ZERO_DIGIT: u32 = 0x30;

// Lookups for each length, and the registers of the four digits of every group, begun from zero; 0 until they are needed.
let shifts: u32 = 0;
let groupCodes: u32 = 0;

/** Digits of the last `codeOf`. */
export let digitCount: u32 = 0;

/** Makes the tables. Must be called once before anything else here. */
export function prepareTables(): void {
  if (shifts != 0) return;
  shifts = allocate((SHIFT_MAX + 1) * SHIFT_BYTES);
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
  groupCodes = allocate(GROUP_VALUES << 2);
  for (let group: u32 = 0; group < GROUP_VALUES; group++) {
    let register = withByte(0, ZERO_DIGIT + group / 1000);
    register = withByte(register, ZERO_DIGIT + ((group / 100) % 10));
    register = withByte(register, ZERO_DIGIT + ((group / 10) % 10));
    register = withByte(register, ZERO_DIGIT + (group % 10));
    store<u32>(groupCodes + (group << 2), register);
  }
}

/** The register after `bytes` more bytes of zero: at least 1. */
@inline
export function shifted(register: u32, bytes: u32): u32 {
  let rest = bytes;
  let result = register;
  while (rest > SHIFT_MAX) {
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

/** The register after the digits of an integer from 0 to 2^53, begun from zero; their number is in `digitCount`. */
export function codeOf(value: u64): u32 {
  let count: u32 = 1;
  let power: u64 = 10;
  while (count < 16 && value >= power) {
    power *= 10;
    count++;
  }
  digitCount = count;
  return fixedCode(value, count);
}

/** As `codeOf`, of the last so many digits of the integer, zeros in front included. */
export function fixedCode(value: u64, count: u32): u32 {
  // Groups of four from the end; in front of them up to three single digits.
  let divisor: u64 = 1;
  let groups = count >> 2;
  for (let group: u32 = 0; group < groups; group++) divisor *= GROUP_VALUES;
  let register: u32 = 0;
  let front = <u32>(value / divisor);
  let rest = value % divisor;
  const single = count & 3;
  if (single == 3) register = withByte(register, ZERO_DIGIT + ((front / 100) % 10));
  if (single >= 2) register = withByte(register, ZERO_DIGIT + ((front / 10) % 10));
  if (single >= 1) register = withByte(register, ZERO_DIGIT + (front % 10));
  for (; groups > 0; groups--) {
    divisor /= GROUP_VALUES;
    const group = <u32>(rest / divisor);
    rest %= divisor;
    register = lookUp(register, 4) ^ load<u32>(groupCodes + (group << 2));
  }
  return register;
}

/** The register after so many digits `0`, begun from another one. */
export function withZeros(register: u32, count: u32): u32 {
  let result = register;
  for (let at: u32 = 0; at < count; at++) result = withByte(result, ZERO_DIGIT);
  return result;
}
