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

/** The polynomial of ISO 3309, bits reversed. */
const POLYNOMIAL = 0xedb88320;
const BYTE_VALUES = 256;
/** Lookups of one length: four bytes of a register. */
const SHIFT_ENTRIES = 4 * BYTE_VALUES;
/** Digits of two integers below 2^53, at most. Longer shifts are made of several. */
const SHIFT_MAX = 32;

/** Integers below 2^53 are taken apart into four groups of four digits. */
const GROUP_DIGITS = 4;
const GROUP_VALUES = 10_000;
const GROUPS = 4;
const LOW_HALF = GROUP_VALUES * GROUP_VALUES;
const ZERO_DIGIT = 0x30;

const shifts = shiftTables();

/** The register after `bytes` more bytes of zero: at least 1. */
export const shifted = (register: number, bytes: number): number => {
  let rest = bytes;
  let result = register;
  while (rest > SHIFT_MAX) {
    result = lookUp(result, SHIFT_MAX);
    rest -= SHIFT_MAX;
  }
  return lookUp(result, rest);
};

const lookUp = (register: number, bytes: number): number => {
  const from = bytes * SHIFT_ENTRIES;
  return (
    (shifts[from + (register & 0xff)] as number) ^
    (shifts[from + 0x100 + ((register >>> 8) & 0xff)] as number) ^
    (shifts[from + 0x200 + ((register >>> 16) & 0xff)] as number) ^
    (shifts[from + 0x300 + (register >>> 24)] as number)
  );
};

/** Registers of the four digits of every group, begun from zero. */
const groupCodes = Int32Array.from({ length: GROUP_VALUES }, (_, group) => {
  const digits = String(group).padStart(GROUP_DIGITS, '0');
  return Array.from(digits, (digit) => digit.charCodeAt(0)).reduce(withByte, 0);
});
/** What that many zeros in front add to the register of a group. */
const idleZeros = Int32Array.from({ length: GROUP_DIGITS }, (_, zeros) =>
  zeros === 0 ? 0 : shifted(zeroDigits(zeros), GROUP_DIGITS - zeros),
);

/** Result of the last `codeOf`: how many digits it was. */
export const digits = new Int32Array(1);
const groups = new Int32Array(GROUPS);

/** The register after the digits of an integer from 0 to 2^53, begun from zero; their number is in `digits`. */
export function codeOf(value: number): number {
  const high = Math.floor(value / LOW_HALF);
  const low = (value - high * LOW_HALF) | 0;
  groups[0] = (high | 0) / GROUP_VALUES;
  groups[1] = (high | 0) % GROUP_VALUES;
  groups[2] = low / GROUP_VALUES;
  groups[3] = low % GROUP_VALUES;
  let at = 0;
  while (at < GROUPS - 1 && groups[at] === 0) at++;
  const first = groups[at] as number;
  const zeros = first >= 1000 ? 0 : first >= 100 ? 1 : first >= 10 ? 2 : 3;
  let register = (groupCodes[first] as number) ^ (idleZeros[zeros] as number);
  digits[0] = (GROUPS - at) * GROUP_DIGITS - zeros;
  for (at++; at < GROUPS; at++)
    register = lookUp(register, GROUP_DIGITS) ^ (groupCodes[groups[at] as number] as number);
  return register;
}

/** The register after so many digits `0`, begun from zero. */
export function zeroDigits(count: number): number {
  let register = 0;
  for (let at = 0; at < count; at++) register = withByte(register, ZERO_DIGIT);
  return register;
}

function withByte(register: number, byte: number): number {
  return (register >>> 8) ^ (shifts[SHIFT_ENTRIES + ((register ^ byte) & 0xff)] as number);
}

/** For each length the registers that each value of each of the four bytes becomes. */
function shiftTables(): Int32Array {
  const tables = new Int32Array((SHIFT_MAX + 1) * SHIFT_ENTRIES);
  for (let byte = 0; byte < 4; byte++) {
    for (let value = 0; value < BYTE_VALUES; value++) {
      let register = value << (8 * byte);
      let entry = byte * BYTE_VALUES + value;
      tables[entry] = register;
      for (let bytes = 1; bytes <= SHIFT_MAX; bytes++) {
        for (let bit = 0; bit < 8; bit++) register = (register >>> 1) ^ (register & 1 ? POLYNOMIAL : 0);
        entry += SHIFT_ENTRIES;
        tables[entry] = register;
      }
    }
  }
  return tables;
}
