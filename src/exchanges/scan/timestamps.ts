/**
 * Times from ASCII digits, exactly as `../times.ts` reads them from texts, without a text or a date object. A message's
 * day is nearly always that of the message before, so that the calendar is asked once a day.
 */

import { addFloats } from '../../lib/float.ts';
import { fourDigits, NONE, number, othersIn, ZEROS } from './digits.ts';

/** From this year on neither way takes a time for one. */
const YEAR_END = 2100;
const YEAR_EPOCH = 1970;
const EPOCH_SECONDS_END = Date.UTC(YEAR_END, 0) / 1000;

const MINUTE_US = 60_000_000;
const MICROS = 1_000_000;

/** The bytes of `T..:` and `:...` that are no digits, as words, and their places. */
const FRAME_MASK = 0xff0000ff | 0;
const HOUR_FRAME = 0x3a000054;
const SECOND_FRAME = 0x0000003a;
const DASH = 0x2d;
const POINT = 0x2e;
const ZULU = 0x5a;
const ZERO = 0x30;
/** Two zero digits, for the half of a word that has none. */
const ZERO_PAIR = 0x3030;
const FRACTION_DIGITS = 6;
const FRACTION_DIGITS_MAX = 9;

const { mantissa } = number;

/** The last date read, as its ten bytes, and its first microsecond. */
let dateYear = 0;
let dateMonth = 0;
let dateDay = 0;
const dateUs = new Float64Array(1);

const areDigits = (word: number): boolean => othersIn(word, (word - ZEROS) | 0) === 0;
const valueOf = (word: number): number => fourDigits((word - ZEROS) | 0);

/**
 * Reads `1534614248.123456`: ten digits of seconds and six of their fraction.
 * @returns the place behind it, its microseconds since the epoch in `number.mantissa`; `NONE` where anything else stands
 * there
 */
export function readEpochSeconds(view: DataView, from: number): number {
  const one = view.getInt32(from, true);
  const two = view.getInt32(from + 4, true);
  const three = view.getUint16(from + 8, true) | (view.getUint16(from + 11, true) << 16);
  const four = view.getInt32(from + 13, true);
  if (!areDigits(one) || !areDigits(two) || !areDigits(three) || !areDigits(four)) return NONE;
  if (view.getUint8(from + 10) !== POINT) return NONE;
  const middle = valueOf(three);
  const inSecond = middle % 100;
  const seconds = addFloats((Math.imul(valueOf(one), 10_000) + valueOf(two)) * 100, (middle - inSecond) / 100);
  if (seconds >= EPOCH_SECONDS_END) return NONE;
  mantissa[0] = addFloats(seconds * MICROS, Math.imul(inSecond, 10_000) + valueOf(four));
  return from + 17;
}

/**
 * Reads `2026-08-24T22:21:56.724795Z`, with up to nine digits of a second's fraction or none; those beyond the microsecond
 * are cut.
 * @returns as `readEpochSeconds`
 */
export function readRfc3339(view: DataView, from: number): number {
  const year = view.getInt32(from, true);
  const month = view.getInt32(from + 4, true);
  const day = view.getUint16(from + 8, true);
  if (year !== dateYear || month !== dateMonth || day !== dateDay) {
    if (!readDate(year, month, day)) return NONE;
  }
  if ((view.getInt32(from + 10, true) & FRAME_MASK) !== HOUR_FRAME || view.getUint8(from + 16) !== SECOND_FRAME) {
    return NONE;
  }
  const clock = view.getUint16(from + 11, true) | (view.getUint16(from + 14, true) << 16);
  const second = ZERO_PAIR | (view.getUint16(from + 17, true) << 16);
  if (!areDigits(clock) || !areDigits(second)) return NONE;
  const hourMinute = valueOf(clock);
  const minute = hourMinute % 100;
  const seconds = valueOf(second);
  if (hourMinute >= 2400 || minute >= 60 || seconds >= 60) return NONE;
  const minutes = Math.imul((hourMinute - minute) / 100, 60) + minute;
  const us = addFloats(addFloats(dateUs[0] as number, minutes * MINUTE_US), seconds * MICROS);
  return readFraction(view, from + 19, us);
}

/** From behind the seconds to behind the `Z`. */
function readFraction(view: DataView, from: number, wholeUs: number): number {
  const front = view.getInt32(from + 1, true);
  const tail = view.getInt32(from + 5, true);
  const rest = (tail << 16) | ZERO_PAIR;
  if (view.getUint8(from) === POINT && ((tail >>> 16) & 0xff) === ZULU && areDigits(front) && areDigits(rest)) {
    mantissa[0] = addFloats(wholeUs, Math.imul(valueOf(front), 100) + valueOf(rest));
    return from + 8;
  }
  let at = from;
  let fraction = 0;
  if (view.getUint8(at) === POINT) {
    let count = 0;
    for (; count < FRACTION_DIGITS_MAX; count++) {
      const digit = view.getUint8(at + 1 + count) - ZERO;
      if (digit < 0 || digit > 9) break;
      if (count < FRACTION_DIGITS) fraction = fraction * 10 + digit;
    }
    if (count === 0) return NONE;
    at += 1 + count;
    for (; count < FRACTION_DIGITS; count++) fraction *= 10;
  }
  if (view.getUint8(at) !== ZULU) return NONE;
  mantissa[0] = addFloats(wholeUs, fraction);
  return at + 1;
}

/**
 * Keeps a date's first microsecond. Days that no calendar has are left to the general way.
 * @param yearWord the date's bytes: four of the year, then `-08-`, then two of the day
 */
function readDate(yearWord: number, monthWord: number, dayWord: number): boolean {
  const monthDay = ((monthWord >>> 8) & 0xffff) | (dayWord << 16);
  if ((monthWord & 0xff) !== DASH || monthWord >>> 24 !== DASH || !areDigits(yearWord) || !areDigits(monthDay)) {
    return false;
  }
  const year = valueOf(yearWord);
  const day = valueOf(monthDay) % 100;
  const month = (valueOf(monthDay) - day) / 100;
  if (year < YEAR_EPOCH || year >= YEAR_END || month < 1 || month > 12) return false;
  const at = Date.UTC(year, month - 1, day);
  if (day < 1 || at >= Date.UTC(year, month, 1)) return false;
  dateYear = yearWord;
  dateMonth = monthWord;
  dateDay = dayWord;
  dateUs[0] = at * 1000;
  return true;
}
