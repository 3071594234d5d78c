/** The fast reader of times against the general one, which takes a text apart. */

import { beforeEach, expect, it } from 'vitest';
import { createPrng, int, pick } from '../../lib/prng.ts';
import { usFromEpochSeconds, usFromRfc3339 } from '../../lib/times.ts';
import { NONE, number } from './digits.ts';
import { readEpochSeconds, readRfc3339 } from './timestamps.ts';

const SEED = 'timestamps-1';
const SPACE = 64;
const buffer = Buffer.alloc(SPACE);
const view = new DataView(buffer.buffer, buffer.byteOffset, SPACE);

type Reader = (view: DataView, from: number) => number;
const READERS: readonly (readonly [name: string, read: Reader, general: (text: string) => number])[] = [
  ['RFC 3339', readRfc3339, usFromRfc3339],
  ['seconds', readEpochSeconds, usFromEpochSeconds],
];

beforeEach(() => {
  buffer.fill('"');
});

/** The time at the beginning of the text and its length; the general reader must read the same from that part. */
function readAt(read: Reader, general: (text: string) => number, text: string): { us: number; end: number } | null {
  buffer.fill('"', 3);
  buffer.write(text, 3, 'latin1');
  const at = read(view, 3);
  if (at === NONE) return null;
  const us = number.mantissa[0] ?? NaN;
  const taken = text.slice(0, at - 3);
  if (us !== general(taken))
    expect.unreachable(`${JSON.stringify(text)}: ${taken} read as ${us}, is ${general(taken)}`);
  return { us, end: at - 3 };
}

const two = (value: number): string => String(value).padStart(2, '0');

it('reads every day from 1970 to 2099, and none that the calendar does not have', () => {
  for (let year = 1969; year <= 2101; year++) {
    for (let month = 0; month <= 13; month++) {
      for (let day = 0; day <= 32; day++) {
        const text = `${year}-${two(month)}-${two(day)}T23:59:59.999999Z`;
        const at = new Date(Date.UTC(year, month - 1, day));
        const isDay = month >= 1 && month <= 12 && at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
        const isRead = readAt(readRfc3339, usFromRfc3339, text) !== null;
        expect(isRead, text).toBe(isDay && year >= 1970 && year < 2100);
      }
    }
  }
});

it('reads every second of a day, and none that a day does not have', () => {
  for (let hour = 0; hour <= 25; hour++) {
    for (let minute = 0; minute <= 61; minute++) {
      for (const second of [0, 1, 9, 10, 30, 59, 60, 61, 99]) {
        const text = `2026-08-24T${two(hour)}:${two(minute)}:${two(second)}.724795Z`;
        expect(readAt(readRfc3339, usFromRfc3339, text) !== null, text).toBe(hour < 24 && minute < 60 && second < 60);
      }
    }
  }
});

it(`reads fractions of none to nine digits, cut to the microsecond (seed ${SEED})`, () => {
  const prng = createPrng(SEED);
  for (let round = 0; round < 5_000; round++) {
    const digits = int(prng, 0, 11);
    const fraction = Array.from({ length: digits }, () => int(prng, 0, 9)).join('');
    // From one day to another and back: what is kept of a date must be that date's.
    const day = pick(prng, ['2026-08-24', '2026-08-25', '2026-09-24', '2025-08-24']);
    const text = `${day}T22:21:56${pick(prng, ['.', digits === 0 ? '' : '.'])}${fraction}Z`;
    const isGood = !text.includes('.') || (digits >= 1 && digits <= 9);
    expect(readAt(readRfc3339, usFromRfc3339, text)?.end, text).toBe(isGood ? text.length : undefined);
  }
});

it(`reads seconds of ten digits and six (seed ${SEED})`, () => {
  const prng = createPrng(SEED);
  for (let round = 0; round < 5_000; round++) {
    const seconds = int(prng, 0, 4_102_444_800 + 3);
    const text = `${String(seconds).padStart(10, '0')}.${String(int(prng, 0, 999_999)).padStart(6, '0')}`;
    expect(readAt(readEpochSeconds, usFromEpochSeconds, text)?.end, text).toBe(
      seconds < 4_102_444_800 ? 17 : undefined,
    );
  }
});

it.each(READERS)('%s with one byte changed is another good time or none', (_name, read, general) => {
  for (const text of [
    '2026-08-24T22:21:56.724795Z',
    '2024-02-29T00:00:00Z',
    '2026-12-31T23:59:59.5Z',
    '1534614248.123456',
  ]) {
    for (let at = 0; at < text.length; at++) {
      for (let code = 0; code < 256; code++) {
        // The right one between two wrong ones, lest a wrong date be kept.
        readAt(read, general, text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1));
        readAt(read, general, text);
      }
    }
  }
});

it.each(READERS)(`any bytes are never %s that are not there (seed ${SEED})`, (_name, read, general) => {
  const prng = createPrng(SEED);
  const likely = [...Array.from('01234567890123456789'), '-', ':', 'T', 'Z', '.', '"', '\xff', '\0'];
  for (let round = 0; round < 50_000; round++) {
    const text = Array.from(`${pick(prng, ['2026-08-24T22:21:56.724795Z', '1534614248.123456'])}"0123456789Z`)
      .map((own) => (int(prng, 0, 9) === 0 ? pick(prng, likely) : own))
      .join('');
    readAt(read, general, text);
  }
});
