/** The fast reader of numbers against the general one, which reads a text digit by digit. */

import { beforeEach, describe, expect, it } from 'vitest';
import { parseDecimal, parsed } from '../../lib/decimal.ts';
import type { Prng } from '../../lib/prng.ts';
import { chance, createPrng, int, pick } from '../../lib/prng.ts';
import { NONE, number, readDecimal, readInteger } from './digits.ts';

const SEED = 'digits-1';
const LENGTH_MAX = 18;
/** What the fast way need not read: more digits than this on either side of the point. */
const DIGITS_MAX = 16;
const SPACE = 160;

/** Behind every number stands something that must not be taken for a part of it. */
const buffer = Buffer.alloc(SPACE);
const view = new DataView(buffer.buffer, buffer.byteOffset, SPACE);

type Reader = (view: DataView, from: number) => number;
const READERS: readonly (readonly [name: string, read: Reader])[] = [
  ['readDecimal', readDecimal],
  ['readInteger', readInteger],
];

/** The text from the place on where its number begins, and what was read of it. */
function readAt(
  read: Reader,
  text: string | Uint8Array,
  from = 3,
): { end: number; mantissa: number; decimals: number } {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
  buffer.set(bytes, from);
  const at = read(view, from);
  return {
    end: at === NONE ? NONE : at - from,
    mantissa: number.mantissa[0] ?? NaN,
    decimals: number.decimals[0] ?? NaN,
  };
}

const PLAIN = /^(?:0|[1-9]\d*)(?:\.\d+)?$/;
const isDigit = (code = 0): boolean => code >= 0x30 && code <= 0x39;

/**
 * What was read must be the longest number at the place, and the general reader must read the same from its text.
 * @param isWhole whether a point ends the number
 */
function expectTruth(read: Reader, text: string, isWhole: boolean): number {
  const { end, mantissa, decimals } = readAt(read, text);
  if (end === NONE) return NONE;
  const taken = buffer.toString('latin1', 3, 3 + end);
  const isSame = parseDecimal(taken) && parsed.mantissa === mantissa && parsed.decimals === decimals;
  if (!isSame || !PLAIN.test(taken) || (isWhole && taken.includes('.')) || isDigit(buffer[3 + end])) {
    expect.unreachable(
      `${JSON.stringify(text)}: ${JSON.stringify(taken)} read as ${mantissa} with ${decimals} decimals`,
    );
  }
  return end;
}

/** Whether the fast way must read the text, all of it. */
function isOrdinary(text: string): boolean {
  const [whole = '', fraction = ''] = text.split('.');
  const fits = whole.length <= DIGITS_MAX && fraction.length <= DIGITS_MAX;
  return fits && PLAIN.test(text) && parseDecimal(text) && parsed.wide === null;
}

/** Texts of so many digits: the smallest, the largest, round ones, some with zeros in front, and any. */
function runsOf(length: number, prng: Prng): string[] {
  if (length === 0) return [''];
  const any = (): string => Array.from({ length }, () => int(prng, 0, 9)).join('');
  return [
    '0'.repeat(length),
    '9'.repeat(length),
    `1${'0'.repeat(length - 1)}`,
    `${'0'.repeat(length - 1)}1`,
    `8${any().slice(1)}`,
    any(),
    any(),
  ];
}

function* numbers(prng: Prng, lengthMax = LENGTH_MAX): Generator<string> {
  for (let whole = 0; whole <= lengthMax; whole++) {
    for (let fraction = 0; fraction <= lengthMax; fraction++) {
      for (const front of runsOf(whole, prng)) {
        for (const behind of runsOf(fraction, prng)) {
          yield `${front}.${behind}`;
          if (fraction === 0) yield front;
        }
      }
    }
  }
}

beforeEach(() => {
  buffer.fill('"');
});

describe(`numbers of every length (seed ${SEED})`, () => {
  it.each(['"', ',', '}', ']', '","0"', '","7.6090","0"', '\0', '\xff', '-', 'e5', ' 1', '/0', ':0'])(
    'are read in full in front of %j',
    (behind) => {
      let read = 0;
      for (const text of numbers(createPrng(SEED))) {
        const end = expectTruth(readDecimal, text + behind, false);
        if (isOrdinary(text)) {
          if (end !== text.length) expect.unreachable(`${text}${behind} was read up to ${end}`);
          read++;
        } else if (end === text.length) {
          expect.unreachable(`${text} is no number for the fast way`);
        }
        const whole = expectTruth(readInteger, text + behind, true);
        if (isOrdinary(text) && text.split('.')[0]?.length !== whole) expect.unreachable(`${text}${behind}: ${whole}`);
      }
      expect(read).toBeGreaterThan(3_000);
    },
  );

  it('are refused with idle zeros in front, without digits on either side of the point, or with a sign', () => {
    for (const text of [
      '00',
      '01',
      '00.5',
      '007.50',
      '0000',
      '00000001',
      '0123456789',
      '.',
      '.5',
      '1.',
      '12345678.',
      '',
      '-1',
      '+1',
      ' 1',
      'e5',
    ]) {
      expect(readAt(readDecimal, `${text}"`).end, text).toBe(NONE);
    }
    for (const text of ['00', '01', '00000001', '', '-1', '.5'])
      expect(readAt(readInteger, `${text}"`).end, text).toBe(NONE);
  });
});

it(`every byte behind a number ends it, digits and points excepted (seed ${SEED})`, () => {
  const prng = createPrng(SEED);
  const texts = [...numbers(prng, 9)].filter(isOrdinary);
  expect(texts.length).toBeGreaterThan(500);
  for (const text of texts.filter((_, i) => i % 5 === 0)) {
    for (let code = 0; code < 256; code++) {
      const terminator = String.fromCharCode(code);
      // Whatever comes then: nothing, or digits.
      const behind = terminator + pick(prng, ['""""""""', '00000000', '99999999', '.5555555', '\xff\xff\xff\xff']);
      const end = expectTruth(readDecimal, text + behind, false);
      const goesOn = isDigit(code) || (code === 0x2e && !text.includes('.'));
      if (!goesOn && end !== text.length) expect.unreachable(`${JSON.stringify(text + behind)} was read up to ${end}`);
      expectTruth(readInteger, text + behind, true);
    }
  }
});

describe('mantissas around 2^53', () => {
  it('are read up to 2^53 - 1, wherever the point is, and none above', () => {
    for (let distance = -40; distance <= 40; distance++) {
      const mantissa = 2n ** 53n + BigInt(distance);
      const digits = mantissa.toString();
      for (let point = 1; point <= digits.length; point++) {
        const text = point === digits.length ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
        const { end, ...read } = readAt(readDecimal, `${text}"`);
        expect(end, text).toBe(distance < 0 ? text.length : NONE);
        if (distance < 0) expect(read).toEqual({ mantissa: Number(mantissa), decimals: digits.length - point });
      }
      expect(readAt(readInteger, `${digits}"`).end).toBe(distance < 0 ? digits.length : NONE);
      expect(readAt(readDecimal, `0.${digits}"`).end).toBe(distance < 0 ? digits.length + 2 : NONE);
    }
  });

  it('are not mistaken where only a sum of two rounded parts would fit', () => {
    for (const text of [
      '9007199254740992',
      '9007199254740993.0',
      '90071992547409910',
      '9999999999999999',
      '0.9999999999999999',
    ]) {
      expect(readAt(readDecimal, `${text}"`).end, text).toBe(NONE);
    }
  });
});

describe(`any bytes (seed ${SEED})`, () => {
  const LIKELY = [
    ...Array.from('01234567890123456789'),
    '.',
    '.',
    '"',
    ',',
    '-',
    'e',
    ' ',
    '\0',
    '/',
    ':',
    '\x80',
    '\xff',
  ];

  it.each(READERS)('are never read by %s as a number that is not there', (name, read) => {
    const prng = createPrng(`${SEED}-${name}`);
    let found = 0;
    for (let round = 0; round < 100_000; round++) {
      const text = Array.from({ length: int(prng, 1, 44) }, () =>
        chance(prng, 0.9) ? pick(prng, LIKELY) : String.fromCharCode(int(prng, 0, 255)),
      ).join('');
      if (expectTruth(read, text, read === readInteger) !== NONE) found++;
    }
    expect(found).toBeGreaterThan(10_000);
  });

  it.each(READERS)('are looked at by %s no further than 40 behind the first', (_name, read) => {
    const prng = createPrng(SEED);
    for (let round = 0; round < 50_000; round++) {
      const point = int(prng, 0, 20);
      for (let at = 0; at < 40; at++)
        buffer[SPACE - 40 + at] = at === point ? 0x2e : 0x30 + int(prng, chance(prng, 0.5) ? 0 : 9, 9);
      expect(() => read(view, SPACE - 40)).not.toThrow();
    }
  });
});
