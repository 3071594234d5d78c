import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { describeWithData } from '../../test/data.ts';
import { levelBuffer } from '../../test/fixtures/book-views.ts';
import type { NaiveLevel } from '../../test/fixtures/naive-book.ts';
import { chance, createPrng, int, pick } from '../lib/prng.ts';
import { ASK, BID } from '../model/event.ts';
import { Book } from './book.ts';
import { KrakenChecksum } from './kraken-checksum.ts';

type Pair = readonly [price: string, size: string];

function levelsOf(asks: readonly Pair[], bids: readonly Pair[]): NaiveLevel[] {
  const side = (name: 'bid' | 'ask', pairs: readonly Pair[]): NaiveLevel[] =>
    pairs.map(([price, size]) => ({ side: name, price, size }));
  return [...side('ask', asks), ...side('bid', bids)];
}

function bookOf(asks: readonly Pair[], bids: readonly Pair[]): Book {
  const book = new Book({ keepDigits: true });
  book.load(levelBuffer(levelsOf(asks, bids)), { limit: 1000, window: true });
  return book;
}

/** Of a reader that has seen nothing before. */
function checksumOf(book: Book): number {
  return new KrakenChecksum(book).value();
}

function pairs(text: string): Pair[] {
  return text.split(', ').map((pair) => {
    const [price = '', size = ''] = pair.split(':');
    return [price, size];
  });
}

describe('KrakenChecksum', () => {
  it('stands on a CRC-32 that gives the check value of its polynomial', () => {
    expect(crc32('123456789')).toBe(3_421_780_262);
  });

  // https://docs.kraken.com/api/docs/guides/spot-ws-book-v2
  it("gives the venue's documented example of ten levels", () => {
    const asks =
      '45285.2:0.00100000, 45286.4:1.54571953, 45286.6:1.54571109, 45289.6:1.54560911, 45290.2:0.15890660, ' +
      '45291.8:1.54553491, 45294.7:0.04454749, 45296.1:0.35380000, 45297.5:0.09945542, 45299.5:0.18772827';
    const bids =
      '45283.5:0.10000000, 45283.4:1.54582015, 45282.1:0.10000000, 45281.0:0.10000000, 45280.3:1.54592586, ' +
      '45279.0:0.07990000, 45277.6:0.03310103, 45277.5:0.30000000, 45277.3:1.54602737, 45276.6:0.15445238';
    expect(checksumOf(bookOf(pairs(asks), pairs(bids)))).toBe(3_310_070_434);
  });

  it.each([
    ['two levels per side', '100.10:0.50000000, 100.20:1.00000000', '100.00:0.25000000, 99.90:2.00000000', 326_197_103],
    ['one level per side', '64250.2:1.20000000', '64250.1:0.75000000', 3_962_538_090],
  ])('gives the known value of %s', (_name, asks, bids, checksum) => {
    expect(checksumOf(bookOf(pairs(asks), pairs(bids)))).toBe(checksum);
  });

  it('follows a removal that empties a side', () => {
    const book = bookOf([['64250.2', '1.20000000']], [['64250.1', '0.75000000']]);
    book.apply(levelBuffer(levelsOf([], [['64250.1', '0.00000000']])));
    expect(checksumOf(book)).toBe(4_201_790_596);
  });

  it('of an empty book is that of nothing', () => {
    expect(checksumOf(new Book({ keepDigits: true }))).toBe(0);
  });

  it('reads the newest digits of each level, whatever the scale and width of the book', () => {
    const book = bookOf([['100.10', '0.5']], [['99.9', '0.25']]);
    book.apply(levelBuffer(levelsOf([['100.10', '0.50000000']], [['98.123456', '0.001']])));
    const text = ['10010', '50000000', '999', '25', '98123456', '1'].join('');
    expect(checksumOf(book)).toBe(crc32(text));
    // Eleven levels further down, so that only the width changes.
    const filler = Array.from({ length: 11 }, (_, i): Pair => [String(50 - i), '1']);
    book.apply(levelBuffer(levelsOf([['5000', `${2n ** 60n}`]], filler)));
    expect(book.wide).toBe(true);
    const ask = `5000${2n ** 60n}`;
    const bids = filler.slice(0, 8).map(([price]) => `${price}1`);
    expect(checksumOf(book)).toBe(crc32(['1001050000000', ask, '99925', '981234561', ...bids].join('')));
  });
});

describe('a checksum that follows its book', () => {
  const SEED = 'kraken-checksum-1';

  it(`equals that of the texts after every message (seed ${SEED})`, () => {
    const prng = createPrng(SEED);
    const book = new Book({ keepDigits: true });
    const checksum = new KrakenChecksum(book);
    const decimals = (value: number, most: number): string => (value / 1000).toFixed(int(prng, 3, most));
    const level = (): NaiveLevel => {
      const side = pick(prng, ['ask', 'bid'] as const);
      // Most of them far from the best ten.
      const away = chance(prng, 0.4) ? int(prng, 1, 12) : int(prng, 1, 200);
      const size = chance(prng, 0.45) ? '0.000' : decimals(int(prng, 1, 90_000_000), 8);
      return { side, price: decimals(50_000 + (side === 'ask' ? away : -away), chance(prng, 0.01) ? 9 : 5), size };
    };
    let shallow = 0;
    for (let message = 0; message < 4_000; message++) {
      const levels = Array.from({ length: chance(prng, 0.05) ? int(prng, 8, 30) : int(prng, 1, 3) }, level);
      if (chance(prng, 0.01))
        book.load(levelBuffer(levels.filter(({ size }) => size !== '0.000')), { limit: 25, window: true });
      else book.apply(levelBuffer(levels));
      if (Math.min(book.bidLevels, book.askLevels) < 10) shallow++;
      // Not after every message: what has changed since may be several.
      if (chance(prng, 0.2)) continue;
      const texts: string[] = [];
      for (const side of [ASK, BID]) book.forEachWritten(side, 10, (price, size) => texts.push(`${price}${size}`));
      expect(checksum.value(), `message ${message}`).toBe(crc32(texts.join('')));
    }
    expect(shallow).toBeGreaterThan(100);
    expect(shallow).toBeLessThan(3_000);
  });
});

describe('levels beyond the ten', () => {
  it('come up in their order, where one of few had no room when another came behind it', () => {
    const prices = Array.from({ length: 18 }, (_, at) => `${1018 - at}.5`);
    const book = bookOf(
      [],
      prices.map((price): Pair => [price, '1.0']),
    );
    const checksum = new KrakenChecksum(book);
    checksum.value();
    // Nineteen, one of which goes; the last comes behind the one that had no room.
    for (const [price, size] of [
      ['1050.5', '1.0'],
      ['1010.5', '0.0'],
      ['1000.0', '1.0'],
    ] as const) {
      book.apply(levelBuffer(levelsOf([], [[price, size]])));
    }
    for (const price of ['1050.5', ...prices]) {
      const texts: string[] = [];
      book.forEachWritten(BID, 10, (one, size) => texts.push(`${one}${size}`));
      expect(checksum.value(), `before ${price} goes`).toBe(crc32(texts.join('')));
      book.apply(levelBuffer(levelsOf([], [[price, '0.0']])));
    }
  });
});

describeWithData("the venue's published books", ['vectors', 'orderbook-checksums.json'], (path) => {
  const vectors: {
    readonly kraken: readonly { readonly asks: Pair[]; readonly bids: Pair[]; readonly checksum_u32: number }[];
  } = JSON.parse(readFileSync(path, 'utf8'));

  it.each(vectors.kraken.map((vector, index) => [index, vector] as const))('number %i', (_index, vector) => {
    expect(checksumOf(bookOf(vector.asks, vector.bids))).toBe(vector.checksum_u32);
  });
});
