/**
 * Exact numbers from ASCII digits, eight at a time: eight digits are one 64-bit word, and are checked and combined in a few
 * operations (after D. Lemire, "Quickly parsing eight digits", 2018).
 *
 * A word is told from others by two sums: adding 0x46 to a byte sets its high bit where it is above `9`, subtracting 0x30
 * where it is below `0`. Carries go upwards, so that the lowest high bit is always in the first byte that is no digit.
 */

@inline
const ZEROS: u64 = 0x3030303030303030;
@inline
const HIGH_BITS: u64 = 0x8080808080808080;

/** High bits of the bytes from the first that is no digit on; 0 where all eight are digits. */
@inline
export function othersIn(word: u64): u64 {
  return ((word + 0x4646464646464646) | (word - ZEROS)) & HIGH_BITS;
}

/** Eight times the number of digits in front of the first other byte. */
@inline
export function bitsBefore(others: u64): u32 {
  return <u32>ctz(others) & 0x78;
}

/** The number that the first `bits / 8` bytes of a word make, which are digits; `bits` is below 64. */
@inline
export function numberOf(word: u64, bits: u32): u64 {
  // Zeros come in front of the digits; a shift by 64 would be one by 0.
  return eightDigits(((word - ZEROS) << (56 - bits)) << 8);
}

/** The number of eight bytes, each 0 to 9, the first in the lowest byte. */
@inline
export function eightDigits(digits: u64): u64 {
  const pairs = (digits * 10 + (digits >> 8)) & 0x00ff00ff00ff00ff;
  const fours = (pairs * 100 + (pairs >> 16)) & 0x0000ffff0000ffff;
  return (fours * 10000 + (fours >> 32)) & 0xffffffff;
}
