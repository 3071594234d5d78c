import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeWithData } from '../../test/data.ts';
import { CAPTURE_NAMES, captureParts, recordsAt } from '../../test/fixtures/captures.ts';
import { textRecord } from '../../test/fixtures/feed-records.ts';
import { canonicalText, digitsOf, unitsAt, unitsOf } from '../../test/fixtures/exact.ts';
import { DECIMALS_MAX, formatDecimal, parseDecimal, parsed, significantDecimals } from './decimal.ts';

const SEED = 20_260_801;

const NONSENSE: Readonly<Record<string, readonly string[]>> = {
  'halves of numbers': [
    '',
    '.',
    '1.',
    '.5',
    '-',
    '+1',
    '--1',
    '1-',
    '1e',
    '1e+',
    'e5',
    '1.e5',
    '.e5',
    '1e1.5',
    '1.2.3',
  ],
  'other notations': ['0x1', '0b1', '1_000', '1,5', 'NaN', 'Infinity', '-Infinity', 'null', '1n', '1e5x', '١', '１'],
  spaces: [' ', ' 1', '1 ', '1\n', '\t1', '1\u00a0', '1\0'],
  'more decimals than any venue writes': ['1e-23', '1e-400', `0.${'1'.repeat(23)}`, `0.${'0'.repeat(399)}1`],
  'more digits than a price has': ['1e36', '1e400', '1e9999', '1'.repeat(37), '9'.repeat(400), `-${'1'.repeat(400)}`],
};

/** What the last parse gave, as one exact value. */
function parsedExactly(): { mantissa: bigint; decimals: number } {
  const { mantissa, wide, decimals } = parsed;
  if (wide === null) expect(Number.isSafeInteger(mantissa)).toBe(true);
  else expect(mantissa).toBeNaN();
  return { mantissa: wide ?? BigInt(mantissa), decimals };
}

function parseExactly(text: string): { mantissa: bigint; decimals: number } {
  expect(parseDecimal(text), text).toBe(true);
  return parsedExactly();
}

/** Every number in a JSON text, as written: number literals, and strings that hold one. */
function numbersIn(json: string, found: Set<string>): number {
  let count = 0;
  const take = (text: string): void => {
    count++;
    found.add(text);
  };
  JSON.parse(json, (_key, value: unknown, context?: { source?: string }) => {
    if (typeof value === 'number' && context?.source !== undefined) take(context.source);
    else if (typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value)) take(value);
    return value;
  });
  return count;
}

describe('parseDecimal', () => {
  it.each([
    ['0', 0n, 0],
    ['0.00000001', 1n, 8],
    ['0.00100000', 100_000n, 8],
    ['61737.63000000', 6_173_763_000_000n, 8],
    ['-0.0020', -20n, 4],
    ['007.50', 750n, 2],
    ['9007199254740991', 9_007_199_254_740_991n, 0],
    ['90071992.54740991', 9_007_199_254_740_991n, 8],
    ['9007199254740992', 9_007_199_254_740_992n, 0],
    ['9007199254740993', 9_007_199_254_740_993n, 0],
    ['90071992.54740993', 9_007_199_254_740_993n, 8],
    ['-90071992.54740993', -9_007_199_254_740_993n, 8],
    ['1000000000000.00000001', 100_000_000_000_000_000_001n, 8],
    ['999999999999999999999999999999999999', 10n ** 36n - 1n, 0],
    ['2E-7', 2n, 7],
    ['2e-7', 2n, 7],
    ['1.50e+3', 1500n, 0],
    ['1.2345e2', 12_345n, 2],
    ['-3e0', -3n, 0],
    ['1e-22', 1n, 22],
    ['9007199254740993e-8', 9_007_199_254_740_993n, 8],
  ])('reads %s exactly', (text, mantissa, decimals) => {
    expect(parseExactly(text)).toEqual({ mantissa, decimals });
  });

  it.each(Object.entries(NONSENSE))('refuses %s', (_name, texts) => {
    for (const text of texts) expect(parseDecimal(text), JSON.stringify(text)).toBe(false);
  });

  it('keeps every digit of any decimal, in steps of 1e-8 and across 2^53', () => {
    const border = 2n ** 53n;
    const mantissas = fc.oneof(
      fc.bigInt({ min: 0n, max: 10n ** 12n }),
      fc.bigInt({ min: border - 1_000n, max: border + 1_000n }),
      fc.bigInt({ min: 0n, max: 10n ** 36n - 1n }),
    );
    fc.assert(
      fc.property(mantissas, fc.integer({ min: 0, max: DECIMALS_MAX }), fc.boolean(), (value, decimals, negative) => {
        const mantissa = negative ? -value : value;
        const digits = value.toString().padStart(decimals + 1, '0');
        fc.pre(digits.length <= 36);
        const point = digits.length - decimals;
        const text = `${negative ? '-' : ''}${digits.slice(0, point)}${decimals > 0 ? `.${digits.slice(point)}` : ''}`;
        expect(parseExactly(text)).toEqual({ mantissa, decimals });
        expect(formatDecimal(mantissa, decimals).replace(/^-0$/, '0')).toBe(canonicalText(text).replace(/^-0$/, '0'));
      }),
      { seed: SEED, numRuns: 1_500 },
    );
  });

  it('reads an exponent as the plain text of the same value', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 18n }),
        fc.integer({ min: 0, max: 8 }),
        fc.integer({ min: -10, max: 10 }),
        (value, fraction, exponent) => {
          const plain = formatDecimal(value, fraction);
          const { mantissa, decimals } = parseExactly(`${plain}e${exponent}`);
          const scaled = unitsOf(plain) * 10n ** BigInt(exponent + 10);
          expect(unitsAt(mantissa, decimals)).toBe(scaled / 10n ** 10n);
        },
      ),
      { seed: SEED, numRuns: 1_000 },
    );
  });

  it('never throws, whatever the text, and accepts nothing that is no number to JavaScript', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+.eE0-9]{0,12}$/)), (text) => {
        if (parseDecimal(text)) expect(Number.isFinite(Number(text)), text).toBe(true);
      }),
      { seed: SEED, numRuns: 2_500 },
    );
  });
});

describe('formatDecimal', () => {
  it.each([
    [150, 2, '1.5'],
    [0, 8, '0'],
    [1, 8, '0.00000001'],
    [-5, 3, '-0.005'],
    [100, 0, '100'],
    [-1_200, 2, '-12'],
    [100_000_000_000_000_000_001n, 8, '1000000000000.00000001'],
    [1_000_000_000_000_000_000_000n, 0, '1000000000000000000000'],
  ])('writes %s with %s decimals as %s', (mantissa, scale, text) => {
    expect(formatDecimal(mantissa, scale)).toBe(text);
  });
});

describe('significantDecimals', () => {
  it.each([
    [1500, 4, 2],
    [1501, 4, 4],
    [1_000_000, 3, 0],
    [0, 8, 0],
    [90_071_992_547_409_930n, 8, 7],
    [10n ** 30n, 22, 0],
  ])('of %s with %s decimals are %s', (mantissa, decimals, needed) => {
    expect(significantDecimals(mantissa, decimals)).toBe(needed);
  });
});

describe.each(CAPTURE_NAMES)('every number of the recording %s', (name) => {
  describeWithData('as the venue wrote it', captureParts(name), (path) => {
    it('is read with its exact digits and written again as the same value', () => {
      const texts = new Set<string>();
      let numbers = 0;
      for (const { op, data } of recordsAt(path).map(textRecord)) {
        if ((op === 'recv' || op === 'http') && data !== null) numbers += numbersIn(data, texts);
      }
      expect(numbers).toBeGreaterThan(30);
      const wrong: string[] = [];
      for (const text of texts) {
        const { mantissa, decimals } = digitsOf(text);
        const exact = parseDecimal(text) && (parsed.wide ?? BigInt(parsed.mantissa)) === mantissa;
        const held = parsed.wide ?? parsed.mantissa;
        if (!exact || parsed.decimals !== decimals || formatDecimal(held, decimals) !== canonicalText(text)) {
          wrong.push(text);
        }
      }
      expect(wrong).toEqual([]);
    });
  });
});
