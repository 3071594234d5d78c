/** What the scanner reads is what the frame says, and never a byte behind it. */

import { describe, expect, it } from 'vitest';
import { LevelBuffer } from '../../book/level-buffer.ts';
import { createPrng, int, pick } from '../../lib/prng.ts';
import { ASK, BID } from '../../model/event.ts';
import { FrameScanner } from './frame-scanner.ts';
import { literal } from './literal.ts';

const SEED = 'frame-scanner-1';
const NUMBERS = [
  '0',
  '5',
  '1.5',
  '7.6090',
  '0.00000001',
  '61737.63000000',
  '1234567',
  '12345678.12345678',
  '9007199254740991',
];

const ANY_BYTE = Array.from({ length: 256 }, (_, code) => code);

type Pair = readonly [price: string, size: string];

function scanned(text: string | Uint8Array): FrameScanner {
  const scanner = new FrameScanner();
  scanner.begin(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  return scanner;
}

function rowsOf(levels: LevelBuffer): unknown[] {
  return Array.from({ length: levels.count }, (_, row) => [
    levels.side[row],
    levels.price[row],
    levels.priceDecimals[row],
    levels.size[row],
    levels.sizeDecimals[row],
    levels.orders[row],
  ]);
}

/** The rows as the general way appends them. */
function generally(side: number, pairs: readonly Pair[]): unknown[] {
  const levels = new LevelBuffer();
  for (const [price, size] of pairs) expect(levels.push(side, price, size)).toBe(true);
  return rowsOf(levels);
}

describe('texts', () => {
  it('end at the next quotation mark; only plain ASCII without escapes is read, wherever it stands', () => {
    for (let place = 1; place < 10; place++) {
      const before = 'abcdefghi'.slice(0, place);
      for (let code = 0; code < 256; code++) {
        const bytes = Buffer.from(`${before}_xy"z`, 'latin1');
        bytes[place] = code;
        const isQuote = code === 0x22;
        const isPlain = code >= 0x20 && code <= 0x7f && code !== 0x5c;
        const expected = isQuote ? before : isPlain ? `${before}${String.fromCharCode(code)}xy` : null;
        const scanner = scanned(bytes);
        expect(scanner.text(), `byte ${code} at ${place}`).toBe(expected);
        // It stays where it was, or stands behind the quotation mark.
        expect(scanner.skipByte((isQuote ? 'x' : isPlain ? 'z' : 'a').charCodeAt(0))).toBe(true);
        expect(scanned(bytes).skipText()).toBe(expected !== null);
      }
    }
  });

  it('may be empty only where nobody needs them, and end within the frame', () => {
    expect([scanned('"').text(), scanned('"').skipText()]).toEqual([null, true]);
    const whole = Buffer.from('abc"', 'latin1');
    expect([scanned(whole.subarray(0, 3)).text(), scanned(whole.subarray(0, 3)).skipText()]).toEqual([null, false]);
    expect([scanned('').text(), scanned('').skipText()]).toEqual([null, false]);
  });
});

describe('numbers', () => {
  it('that are not needed are passed by, whatever their length, where JSON has them so', () => {
    for (const text of ['0', '7', '0.014140160000000001', '120.00', '9'.repeat(60), `0.${'1'.repeat(60)}`]) {
      const scanner = scanned(`${text},`);
      expect([scanner.skipNumber(), scanner.skipByte(','.charCodeAt(0))], text).toEqual([true, true]);
    }
    for (const text of ['', '.5', '5.', '01', '-1', 'x', '00.1'])
      expect(scanned(`${text},`).skipNumber(), text).toBe(false);
    // A frame ends where it ends, whatever follows in the memory.
    expect(scanned(Buffer.from('1.5', 'latin1').subarray(0, 2)).skipNumber()).toBe(false);
  });

  const NONE = Number.NaN;
  it.each(NUMBERS)('that end a frame are read, whatever lies behind it: %s', (text) => {
    for (const behind of ['', '9', '.5', '.', '"', '0'.repeat(60), '9'.repeat(200)]) {
      const frame = Uint8Array.from(Buffer.from(text + behind, 'latin1')).subarray(0, text.length);
      const scanner = scanned(frame);
      const isRead = scanner.decimal();
      // A number that seems to go on behind its frame may be refused, and is never read as a longer one.
      if (isRead) expect([scanner.isAtEnd, scanner.mantissa]).toEqual([true, Number(text.replace('.', ''))]);
      if (!/^[\d.]/.test(behind)) expect(isRead, text + behind).toBe(true);
      const whole = scanned(frame).integer();
      if (!Number.isNaN(whole)) expect(whole).toBe(Number(text.split('.')[0]));
    }
  });

  it('are not taken from behind the end of the frame', () => {
    const digits = `12345${'6'.repeat(100)}`;
    const bytes = Buffer.from(digits, 'latin1');
    scanned(bytes);
    expect(scanned(bytes.subarray(0, 0)).integer()).toEqual(NONE);
    expect(scanned(bytes.subarray(0, 0)).decimal()).toBe(false);
    for (let end = 1; end < 5; end++) {
      expect(scanned(bytes.subarray(0, end)).integer()).toBe(Number(digits.slice(0, end)));
      const scanner = scanned(bytes.subarray(0, end));
      expect([scanner.decimal(), scanner.mantissa, scanner.isAtEnd]).toEqual([
        true,
        Number(digits.slice(0, end)),
        true,
      ]);
    }
  });

  it.each([0, 1, 3, 63, 64, 65, 1000])('are read at the end of a memory with %d bytes behind the frame', (spare) => {
    for (const text of NUMBERS) {
      const memory = new Uint8Array(new ArrayBuffer(text.length + spare)).fill(0x22);
      memory.set(Buffer.from(text, 'latin1'));
      const scanner = scanned(memory.subarray(0, text.length));
      expect([scanner.decimal(), scanner.isAtEnd]).toEqual([true, true]);
      expect([scanner.mantissa, scanner.decimals]).toEqual([
        Number(text.replace('.', '')),
        text.split('.')[1]?.length ?? 0,
      ]);
    }
  });
});

describe('frames of any size and place', () => {
  it('are read one after the other: copied ones, large ones, and those in a memory with room', () => {
    const scanner = new FrameScanner();
    for (const size of [0, 1, 100, 65_000, 66_000, 200_000, 5_000_000, 10, 300_000]) {
      for (const room of [0, 100]) {
        const text = `${'x'.repeat(size)}"1.25`;
        const frame = Buffer.from(new ArrayBuffer(7 + text.length + room))
          .fill('"')
          .subarray(7, 7 + text.length);
        frame.write(text, 'latin1');
        scanner.begin(frame);
        expect([scanner.skipText(), scanner.decimal(), scanner.mantissa, scanner.isAtEnd]).toEqual([
          true,
          true,
          125,
          true,
        ]);
      }
    }
  });
});

describe('levels', () => {
  const BETWEEN = literal('","q":"');

  it('of named fields are a price above zero and a size', () => {
    for (const price of NUMBERS) {
      for (const size of NUMBERS) {
        const levels = new LevelBuffer();
        const scanner = scanned(`${price}","q":"${size}"`);
        expect(scanner.level(ASK, BETWEEN, levels)).toBe(price !== '0');
        expect(rowsOf(levels)).toEqual(price === '0' ? [] : generally(ASK, [[price, size]]));
        if (price !== '0') expect(scanner.skipByte(0x22)).toBe(true);
      }
    }
  });

  const pairText = (pairs: readonly Pair[]): string =>
    `${pairs.map(([price, size]) => `["${price}","${size}"]`).join()}]`;

  it('in lists are those that the general way reads, up to the end of their list', () => {
    const prng = createPrng(SEED);
    const digits = (length: number): string =>
      String(int(prng, 1, 9)) + Array.from({ length: length - 1 }, () => int(prng, 0, 9)).join('');
    for (let round = 0; round < 3_000; round++) {
      const number = (): string => {
        const fraction = int(prng, 0, 9);
        return `${pick(prng, ['0', digits(int(prng, 1, 6))])}${fraction === 0 ? '' : `.${digits(fraction)}`}`;
      };
      const pairs = Array.from({ length: int(prng, 0, 12) }, () => [number(), number()] as const);
      const isGood = pairs.every(([price]) => Number(price) > 0);
      const levels = new LevelBuffer();
      const scanner = scanned(`${pairText(pairs)}7`);
      expect(scanner.quotedPairs(BID, levels), `${SEED} ${round}`).toBe(isGood);
      if (!isGood) continue;
      expect(rowsOf(levels)).toEqual(generally(BID, pairs));
      expect([scanner.skipByte(0x37), scanner.isAtEnd]).toEqual([true, true]);
    }
  });

  const TRAPS: readonly (readonly Pair[])[] = [
    [['7.6090', '0']],
    [
      ['7.6090', '0'],
      ['1234', '5678.1234'],
    ],
    [
      ['0.0000000000000001', '0.0000000000000001'],
      ['9007199254740991', '0.0000000000000000'],
    ],
    [
      ['1234567', '12345678'],
      ['1234.1234', '12345678.12345678'],
    ],
  ];

  it.each(TRAPS.map((pairs) => [pairs]))(
    'in lists are refused where the frame ends before, wherever that is: %j',
    (pairs) => {
      const text = pairText(pairs);
      // More of the same lies behind, up to the last byte that the scanner may look at.
      const memory = Buffer.from(text + text.repeat(8), 'latin1');
      for (let end = 0; end <= text.length; end++) {
        for (const spare of [0, 20, 30, 40, 45, 50, 55, 60, 63, 64, 65, 80]) {
          const bytes = new Uint8Array(new ArrayBuffer(end + spare));
          bytes.set(memory.subarray(0, end + spare));
          const scanner = scanned(bytes.subarray(0, end));
          expect(scanner.quotedPairs(BID, new LevelBuffer()), `${end} of ${text}`).toBe(end === text.length);
        }
      }
    },
  );

  it('in lists are refused with one byte changed, unless they are other numbers', () => {
    const pairs: readonly Pair[] = [
      ['64250.10', '0.75000000'],
      ['7.6090', '0'],
    ];
    const text = pairText(pairs);
    for (let at = 0; at < text.length; at++) {
      for (let code = 0; code < 256; code++) {
        const bytes = Buffer.from(text, 'latin1');
        bytes[at] = code;
        const levels = new LevelBuffer();
        const scanner = scanned(bytes);
        if (!scanner.quotedPairs(BID, levels) || !scanner.isAtEnd) continue;
        expect(rowsOf(levels)).toEqual(generally(BID, JSON.parse(`[${bytes.toString('latin1')}`) as Pair[]));
      }
    }
  });
});

it(`any bytes never throw, whatever is read from them (seed ${SEED})`, () => {
  const prng = createPrng(SEED);
  const tokens = [
    '["',
    '","',
    '"],["',
    '"]]',
    ']',
    '0',
    '1.5',
    '99999999',
    '.',
    '"',
    '\0',
    '\xff',
    '0.0000000000000001',
    '9007199254740991',
  ];
  const scanner = new FrameScanner();
  const levels = new LevelBuffer();
  for (let round = 0; round < 50_000; round++) {
    const text = Array.from({ length: int(prng, 0, 20) }, () => pick(prng, tokens)).join('');
    const end = int(prng, 0, text.length);
    // As much memory behind the frame as is asked for, less, or none.
    const bytes = new Uint8Array(new ArrayBuffer(end + pick(prng, [0, int(prng, 16, 64), 64])));
    bytes.set(Buffer.from(text, 'latin1').subarray(0, bytes.length));
    scanner.begin(bytes.subarray(0, end));
    levels.clear();
    const readers = [
      () => scanner.quotedPairs(ASK, levels),
      () => scanner.decimal(),
      () => !Number.isNaN(scanner.integer()),
      () => scanner.skipText(),
      () => scanner.text() !== null,
      () => scanner.skip(literal('"],["')),
      () => scanner.level(BID, literal('","'), levels),
    ];
    // The first thing that is not there ends the reading of a frame.
    let steps = 0;
    while (steps < 4 && pick(prng, readers)()) steps++;
    if (steps < 4) continue;
    // What is left is the frame's own.
    for (let left = end; left > 0 && !scanner.isAtEnd; left--) ANY_BYTE.some((code) => scanner.skipByte(code));
    if (!scanner.isAtEnd) expect.unreachable(`seed ${SEED}, round ${round}: it stands behind the end`);
  }
});
