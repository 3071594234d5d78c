import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { describeWithData } from '../../test/data.ts';
import { chance, createPrng, int, pick } from '../lib/prng.ts';
import { ASK, BID } from '../model/event.ts';
import { BitfinexChecksum } from './bitfinex-checksum.ts';
import { Book } from './book.ts';
import { LevelBuffer } from './level-buffer.ts';

/** Price and amount, as numbers or as the venue's texts; asks below zero. */
type Row = readonly [price: number | string, amount: number | string];

function levelsOf(rows: readonly Row[]): LevelBuffer {
  const levels = new LevelBuffer();
  for (const [price, amount] of rows) {
    const text = String(amount);
    const isAsk = text.startsWith('-');
    expect(levels.push(isAsk ? ASK : BID, String(price), isAsk ? text.slice(1) : text)).toBe(true);
  }
  return levels;
}

function bookOf(rows: readonly Row[]): Book {
  const book = new Book({ keepDigits: false });
  book.load(levelsOf(rows), { limit: 250, window: true });
  return book;
}

const checksumOf = (book: Book): number => new BitfinexChecksum(book).value();

describe('BitfinexChecksum', () => {
  it.each([
    ['6000:1:6100:-3:5900:2:6200:-4', 1_756_193_398],
    // What is below 1e-6 is written with an exponent.
    ['7254.7:3.3:7254.8:-1.5:7254.5:2.1e-7', 1_578_048_550],
    ['64250:1.45', -1_338_003_118],
    ['0.000001:1e-7:2:-5:2e-7:0.000001', crc32('0.000001:1e-7:2:-5:2e-7:0.000001') | 0],
  ])('of %s is %i', (text, checksum) => {
    const parts = text.split(':');
    const rows = parts.flatMap((price, at): Row[] => (at % 2 === 0 ? [[price, parts[at + 1] ?? '']] : []));
    expect(crc32(text) | 0).toBe(checksum);
    expect(checksumOf(bookOf(rows))).toBe(checksum);
  });

  it('prints numbers without idle zeros, whatever the scale of the book', () => {
    const book = bookOf([
      ['5.0', '3.300'],
      ['100', '-2'],
    ]);
    expect(checksumOf(book)).toBe(crc32('5:3.3:100:-2') | 0);
    book.apply(levelsOf([['4.123456', '0.00000001']]));
    expect(checksumOf(book)).toBe(crc32('5:3.3:100:-2:4.123456:1e-8') | 0);
  });

  it('skips what a shorter side lacks, and levels behind the 25th', () => {
    const bids = Array.from({ length: 27 }, (_, i): Row => [100 - i, 1]);
    const first = bids.slice(0, 25).map(([price]) => `${price}:1`);
    first.splice(1, 0, '200:-7');
    expect(checksumOf(bookOf([...bids, [200, -7]]))).toBe(crc32(first.join(':')) | 0);
  });

  it('of an empty book is that of nothing', () => {
    expect(checksumOf(new Book({ keepDigits: false }))).toBe(0);
  });

  it('reads books beyond 2^53', () => {
    const book = bookOf([
      ['10', `${2n ** 60n}`],
      ['11', '-0.5'],
    ]);
    expect(book.wide).toBe(true);
    expect(checksumOf(book)).toBe(crc32(`10:${2 ** 60}:11:-0.5`) | 0);
  });
});

describe('a checksum that follows its book', () => {
  const SEED = 'bitfinex-checksum-1';

  /** What JavaScript prints of the levels, best first. */
  function textOf(levels: ReadonlyMap<number, number>): string {
    const sides = [BID, ASK].map((side) =>
      [...levels]
        .filter(([, amount]) => amount > 0 === (side === BID))
        .sort(([a], [b]) => (side === BID ? b - a : a - b)),
    );
    const rows = Array.from({ length: 25 }, (_, level) => sides.flatMap((side) => side.slice(level, level + 1)));
    return rows.flat(2).join(':');
  }

  it.each([
    ['of many magnitudes', 6, -8, 0],
    ['far below one', 4, -14, -7],
    ['of as many digits as a double has', 15, -8, -8],
  ])(`equals that of the texts after every message, with numbers %s (seed ${SEED})`, (name, most, least, greatest) => {
    const prng = createPrng(`${SEED} ${name}`);
    const digits = (count: number): string =>
      String(int(prng, 1, 8)) + Array.from({ length: count }, () => int(prng, 0, 9)).join('');
    const number = (): number => Number(`${digits(int(prng, 0, most))}e${int(prng, least, greatest)}`);
    const book = new Book({ keepDigits: false });
    const checksum = new BitfinexChecksum(book);
    const levels = new Map<number, number>();
    let wide = 0;
    for (let message = 0; message < 1_500; message++) {
      const isKnown = levels.size > 0 && chance(prng, 0.6);
      const price = isKnown ? pick(prng, [...levels.keys()]) : number();
      const amount = (chance(prng, 0.5) ? 1 : -1) * number();
      const held = levels.get(price);
      if (held !== undefined && (levels.size > 60 || held > 0 !== amount > 0)) {
        levels.delete(price);
        book.apply(levelsOf([[plain(price), `${held < 0 ? '-' : ''}0`]]));
      } else {
        levels.set(price, amount);
        book.apply(levelsOf([[plain(price), plain(amount)]]));
      }
      if (book.wide) wide++;
      if (chance(prng, 0.2)) continue;
      expect(checksum.value(), `message ${message}`).toBe(crc32(textOf(levels)) | 0);
    }
    expect(wide).toBe(0);
  });
});

/** Without an exponent, which a book's buffer does not read. */
function plain(value: number): string {
  const text = String(value);
  const [, sign = '', first = '', rest = '', exponent = ''] = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(text) ?? [];
  return exponent === '' ? text : `${sign}0.${'0'.repeat(Number(exponent) - 1)}${first}${rest}`;
}

interface Vectors {
  readonly bitfinex: readonly {
    readonly asks: readonly (readonly [string, string])[];
    readonly bids: readonly (readonly [string, string])[];
    readonly checksum_i32: number;
  }[];
  readonly bitfinex_stream: {
    readonly snapshot_P0: readonly (readonly [price: number, count: number, amount: number])[];
    readonly updates: readonly (readonly [price: number, count: number, amount: number])[];
    readonly cs_i32: number;
  };
}

describeWithData("the venue's published books", ['vectors', 'orderbook-checksums.json'], (path) => {
  const vectors: Vectors = JSON.parse(readFileSync(path, 'utf8'));

  it.each(vectors.bitfinex.map((vector, index) => [index, vector] as const))('number %i', (_index, vector) => {
    const { bids, asks, checksum_i32: checksum } = vector;
    expect(checksumOf(bookOf([...bids, ...asks.map(([price, size]): Row => [price, `-${size}`])]))).toBe(checksum);
  });

  it('a snapshot and its updates', () => {
    const { snapshot_P0: snapshot, updates, cs_i32: checksum } = vectors.bitfinex_stream;
    const book = bookOf(snapshot.map(([price, , amount]) => [price, amount]));
    expect(checksumOf(book)).not.toBe(checksum);
    for (const [price, count, amount] of updates) {
      book.apply(levelsOf([[price, count === 0 ? `${amount < 0 ? '-' : ''}0` : amount]]));
    }
    expect(checksumOf(book)).toBe(checksum);
  });
});
