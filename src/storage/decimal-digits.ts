/** Integers as ASCII digits, straight into bytes: no text is made on the way. */

const MINUS = 45;
const ZERO = 48;
/** Below it an integer's digits come from 32-bit arithmetic, several times as fast as the double's. */
const EIGHT_DIGITS = 1e8;

/** The most bytes that `writeInteger` writes: a sign and the 16 digits of 2^53. */
export const INTEGER_BYTES_MAX = 17;

/**
 * Writes what `String(integer)` gives (`-0` is `0`, as there), at most `INTEGER_BYTES_MAX` bytes from `at` on.
 * @param integer a safe integer; the caller has made sure
 * @returns the place after the last digit
 */
export function writeInteger(bytes: Uint8Array, at: number, integer: number): number {
  let start = at;
  let rest = integer;
  if (rest < 0) {
    bytes[start++] = MINUS;
    rest = -rest;
  }
  if (rest < EIGHT_DIGITS) return writeDigits(bytes, start, rest, digitsOf(rest));
  // 2^53 has 16 digits: both halves are below 10^8.
  const high = Math.floor(rest / EIGHT_DIGITS);
  const low = rest - high * EIGHT_DIGITS;
  const middle = writeDigits(bytes, start, high, digitsOf(high));
  return writeDigits(bytes, middle, low, 8);
}

/** How many digits an integer from 0 up has. */
function digitsOf(integer: number): number {
  let digits = 1;
  for (let limit = 10; limit <= integer; limit *= 10) digits++;
  return digits;
}

/** Writes `digits` digits of a 32-bit integer from 0 up, zeros in front included. */
function writeDigits(bytes: Uint8Array, at: number, integer: number, digits: number): number {
  let rest = integer | 0;
  for (let place = at + digits - 1; place >= at; place--) {
    const tenth = (rest / 10) | 0;
    bytes[place] = ZERO + (rest - tenth * 10);
    rest = tenth;
  }
  return at + digits;
}
