/** What a shape reads is what the frame says, as the general readers have it, and never a byte behind the frame. */

import { describe, expect, it } from 'vitest';
import { LevelBuffer } from '../../book/level-buffer.ts';
import { TradeBuffer } from '../../book/wire-message.ts';
import { parseDecimal, parsed } from '../../lib/decimal.ts';
import type { Prng } from '../../lib/prng.ts';
import { chance, createPrng, int, pick } from '../../lib/prng.ts';
import { usFromEpochSeconds, usFromRfc3339 } from '../../lib/times.ts';
import { ASK, BID } from '../../model/event.ts';
import type { Piece } from './shape.ts';
import {
  countedLevel,
  decimal,
  end,
  epochSeconds,
  exponent,
  FrameShape,
  integer,
  level,
  levelsRead,
  list,
  multiply,
  nanoseconds,
  newest,
  oneOf,
  OTHER_SHAPE,
  pairs,
  rfc3339,
  rows,
  same,
  set,
  skipNumber,
  skipText,
  slot,
  symbol,
  symbolText,
  takeTrades,
  trade,
  within,
} from './shape.ts';
import * as s from './slots.ts';

const SEED = 'shape-1';
/** More digits than this on either side of the point are left to the general way. */
const DIGITS_MAX = 16;
const PLAIN = /^(?:0|[1-9]\d*)(?:\.\d+)?$/;

const levels = new LevelBuffer();

function read(shape: FrameShape, text: string | Uint8Array): number {
  return shape.read(typeof text === 'string' ? Buffer.from(text, 'latin1') : text, levels);
}

/** A frame that is the one thing, or that and what stands behind it. */
function only(piece: Piece, behind = ''): FrameShape {
  return new FrameShape([piece, ...(behind === '' ? [] : [behind]), end(0)]);
}

/** Whether the text must be read, all of it. */
function isOrdinary(text: string): boolean {
  const [whole = '', fraction = ''] = text.split('.');
  const fits = whole.length <= DIGITS_MAX && fraction.length <= DIGITS_MAX;
  if (!fits || !PLAIN.test(text) || !parseDecimal(text)) return false;
  return parsed.wide === null || (text.includes('.') && isDouble(parsed.wide));
}

/** Whether an integer beyond 2^53 is a double without loss, and has no more digits than are read. */
function isDouble(value: bigint): boolean {
  return BigInt(Number(value)) === value && value < 10n ** 18n;
}

/** Texts of so many digits: the smallest, the largest, round ones, one with zeros in front, and any. */
function runsOf(length: number, prng: Prng): string[] {
  if (length === 0) return [''];
  const any = (): string => Array.from({ length }, () => int(prng, 0, 9)).join('');
  const zeros = '0'.repeat(length - 1);
  return [`0${zeros}`, '9'.repeat(length), `1${zeros}`, `${zeros}1`, `8${any().slice(1)}`, any()];
}

function* numbers(prng: Prng, lengthMax: number): Generator<string> {
  for (let whole = 0; whole <= lengthMax; whole++) {
    for (let fraction = 0; fraction <= lengthMax; fraction++) {
      for (const front of runsOf(whole, prng)) {
        for (const behind of runsOf(fraction, prng)) yield `${front}.${behind}`;
        if (fraction === 0) yield front;
      }
    }
  }
}

function expectNumber(text: string, shape: FrameShape, behind: string): boolean {
  const isRead = read(shape, text + behind) !== OTHER_SHAPE;
  const expected = isOrdinary(text);
  if (isRead !== expected) expect.unreachable(`${text}${behind} is ${isRead ? '' : 'not '}read`);
  if (!isRead) return false;
  parseDecimal(text);
  if (slot(s.PRICE) !== Number(parsed.wide ?? parsed.mantissa) || slot(s.PRICE + 1) !== parsed.decimals) {
    expect.unreachable(`${text}${behind} read as ${slot(s.PRICE)} with ${slot(s.PRICE + 1)} decimals`);
  }
  return true;
}

describe(`numbers of every length (seed ${SEED})`, () => {
  it.each(['', '"', ',', '}', ']', '","0"', '","7.6090","0"', 'e-5', '-', ' 1', '/0', ':0', '\xff'])(
    'are read in full in front of %j, and nothing else is',
    (behind) => {
      const decimals = only(decimal(s.PRICE), behind);
      const wholes = only(integer(s.LAST), behind);
      let count = 0;
      for (const text of numbers(createPrng(SEED), 18)) {
        if (expectNumber(text, decimals, behind)) count++;
        const isWhole = isOrdinary(text) && !text.includes('.');
        if ((read(wholes, text + behind) === 0) !== isWhole) expect.unreachable(`${text}${behind} as a whole number`);
        if (isWhole) expect(slot(s.LAST)).toBe(Number(text));
      }
      expect(count).toBeGreaterThan(2_000);
    },
  );

  it('are refused without digits on either side of the point, with idle zeros in front, or with a sign', () => {
    for (const text of [
      '00',
      '01',
      '00.5',
      '007.50',
      '0123456789',
      '.',
      '.5',
      '1.',
      '12345678.',
      '',
      '-1',
      '+1',
      'e5',
    ]) {
      expect(read(only(decimal(s.PRICE)), text), text).toBe(OTHER_SHAPE);
    }
  });

  it('are read up to 2^53 - 1, wherever the point is, and above where they are doubles without loss', () => {
    for (let distance = -40; distance <= 40; distance++) {
      const digits = (2n ** 53n + BigInt(distance)).toString();
      for (let point = 1; point <= digits.length; point++) {
        const text = point === digits.length ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
        const isRead = distance < 0 || (distance % 2 === 0 && point < digits.length);
        expect(read(only(decimal(s.PRICE)), text), text).toBe(isRead ? 0 : OTHER_SHAPE);
        if (isRead) expect([slot(s.PRICE), slot(s.PRICE + 1)]).toEqual([Number(digits), digits.length - point]);
      }
      expect(read(only(integer(s.LAST)), digits)).toBe(distance < 0 ? 0 : OTHER_SHAPE);
      const isDecimalRead = distance < 0 || distance % 2 === 0;
      expect(read(only(decimal(s.PRICE)), `0.${digits}`)).toBe(isDecimalRead ? 0 : OTHER_SHAPE);
    }
    for (const text of ['9007199254740993.0', '90071992547409910', '9999999999999999', '0.9999999999999999']) {
      expect(read(only(decimal(s.PRICE)), text), text).toBe(OTHER_SHAPE);
    }
  });

  it('are never found in bytes that are none', () => {
    const prng = createPrng(SEED);
    const likely = [
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
    const shape = only(decimal(s.PRICE));
    let found = 0;
    for (let round = 0; round < 50_000; round++) {
      const text = Array.from({ length: int(prng, 1, 22) }, () =>
        chance(prng, 0.95) ? pick(prng, likely.slice(0, chance(prng, 0.8) ? 21 : likely.length)) : '~',
      ).join('');
      if (expectNumber(text, shape, '')) found++;
    }
    expect(found).toBeGreaterThan(3_000);
  });

  it('may have an exponent where the shape says so, up to the decimals that a level can have', () => {
    const shape = new FrameShape([decimal(s.PRICE), exponent(s.PRICE), end(0)]);
    expect([read(shape, '2.1e-7'), slot(s.PRICE), slot(s.PRICE + 1)]).toEqual([0, 21, 8]);
    expect([read(shape, '2.1'), slot(s.PRICE), slot(s.PRICE + 1)]).toEqual([0, 21, 1]);
    for (const text of ['2e-', '2e-9999', '2e7', '2e-07']) expect(read(shape, text), text).toBe(OTHER_SHAPE);
  });

  it('are passed by where their value is not needed, whatever their length', () => {
    const shape = new FrameShape([skipNumber, ',', end(0)]);
    for (const text of ['0', '10', '0.5', '123456789012345678901234567890.123456789012345678901234567890']) {
      expect(read(shape, `${text},`), text).toBe(0);
    }
    for (const text of ['', '01', '.5', '5.', '-1', '1e5', '1x'])
      expect(read(shape, `${text},`), text).toBe(OTHER_SHAPE);
  });
});

describe(`times (seed ${SEED})`, () => {
  const TIMES: readonly (readonly [name: string, shape: FrameShape, general: (text: string) => number])[] = [
    ['RFC 3339', only(rfc3339(s.AT)), usFromRfc3339],
    ['seconds', only(epochSeconds(s.AT)), usFromEpochSeconds],
  ];
  const two = (value: number): string => String(value).padStart(2, '0');

  /** The time, which the general reader must read too; NaN where none is read. */
  function timeOf(shape: FrameShape, general: (text: string) => number, text: string): number {
    if (read(shape, text) === OTHER_SHAPE) return NaN;
    const us = slot(s.AT);
    if (us !== general(text)) expect.unreachable(`${JSON.stringify(text)} read as ${us}, is ${general(text)}`);
    return us;
  }

  it('are those of every day from 1970 to 2099, and none that the calendar does not have', () => {
    const shape = only(rfc3339(s.AT));
    for (let year = 1969; year <= 2101; year++) {
      for (let month = 0; month <= 13; month++) {
        for (let day = 0; day <= 32; day++) {
          const at = new Date(Date.UTC(year, month - 1, day));
          const isDay = month >= 1 && month <= 12 && at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
          const expected = isDay && year >= 1970 && year < 2100 ? (at.getTime() + 86_400_000) * 1000 - 1 : null;
          const isRead = read(shape, `${year}-${two(month)}-${two(day)}T23:59:59.999999Z`) === 0;
          if ((isRead ? slot(s.AT) : null) !== expected) expect.unreachable(`${year}-${month}-${day}`);
        }
      }
    }
  });

  it('are those of every second of a day, and none that a day does not have', () => {
    for (let hour = 0; hour <= 25; hour++) {
      for (let minute = 0; minute <= 61; minute++) {
        for (const second of [0, 1, 9, 10, 30, 59, 60, 61, 99]) {
          const text = `2026-08-24T${two(hour)}:${two(minute)}:${two(second)}.724795Z`;
          const us = timeOf(only(rfc3339(s.AT)), usFromRfc3339, text);
          expect(Number.isNaN(us), text).toBe(hour > 23 || minute > 59 || second > 59);
        }
      }
    }
  });

  it('have fractions of none to nine digits, cut to the microsecond', () => {
    const prng = createPrng(SEED);
    const shape = only(rfc3339(s.AT));
    for (let round = 0; round < 2_000; round++) {
      const digits = int(prng, 0, 11);
      const fraction = Array.from({ length: digits }, () => int(prng, 0, 9)).join('');
      const text = `2026-08-24T22:21:56${pick(prng, ['.', digits === 0 ? '' : '.'])}${fraction}Z`;
      const isGood = !text.includes('.') || (digits >= 1 && digits <= 9);
      expect(Number.isNaN(timeOf(shape, usFromRfc3339, text)), text).toBe(!isGood);
    }
  });

  it('are seconds of ten digits and six', () => {
    const prng = createPrng(SEED);
    for (let round = 0; round < 2_000; round++) {
      const seconds = int(prng, 0, 4_102_444_800 + 3);
      const text = `${String(seconds).padStart(10, '0')}.${String(int(prng, 0, 999_999)).padStart(6, '0')}`;
      const us = timeOf(only(epochSeconds(s.AT)), usFromEpochSeconds, text);
      expect(Number.isNaN(us), text).toBe(seconds >= 4_102_444_800);
    }
  });

  it.each(TIMES)('with one byte changed are other good times or none: %s', (_name, shape, general) => {
    const texts = [
      '2026-08-24T22:21:56.724795Z',
      '2024-02-29T00:00:00Z',
      '2026-12-31T23:59:59.5Z',
      '1534614248.123456',
    ];
    for (const text of texts) {
      for (let at = 0; at < text.length; at++) {
        for (let code = 0; code < 256; code++) {
          timeOf(shape, general, text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1));
        }
      }
    }
  });

  it('are nanoseconds of nineteen digits, cut to the microsecond', () => {
    const shape = new FrameShape([nanoseconds(s.AT), ',', end(0)]);
    expect([read(shape, '1767225600123456789,'), slot(s.AT)]).toEqual([0, 1_767_225_600_123_456]);
    for (const text of ['176722560012345678,', '17672256001234567890,', '1767225600123456x89,']) {
      expect(read(shape, text), text).toBe(OTHER_SHAPE);
    }
  });

  it('are multiplied, held within bounds, and the newest kept', () => {
    const shape = new FrameShape([
      set(s.AT, NaN),
      rows([integer(s.ROW_AT), within(s.ROW_AT, 5, 10), multiply(s.ROW_AT, 1000), newest(s.AT, s.ROW_AT)]),
      end(0),
    ]);
    expect([read(shape, '5,9,7]'), slot(s.AT)]).toEqual([0, 9000]);
    expect([read(shape, '5,10,7]'), read(shape, '4]')]).toEqual([OTHER_SHAPE, OTHER_SHAPE]);
  });
});

describe('literals', () => {
  const TEXT = '","data":{"e":"depthUpdate","E":1';

  it('of any length are found where they stand, and nowhere else', () => {
    for (let length = 1; length <= TEXT.length; length++) {
      const shape = new FrameShape([TEXT.slice(0, length), '~', end(0)]);
      const bytes = Buffer.from(`${TEXT.slice(0, length)}~`, 'latin1');
      expect(read(shape, bytes)).toBe(0);
      for (let at = 0; at <= length; at++) {
        for (const bit of [1, 2, 4, 8, 16, 32, 64, 128]) {
          const other = Buffer.from(bytes);
          other[at] = (other[at] ?? 0) ^ bit;
          expect(read(shape, other), `${length} ${at} ${bit}`).toBe(OTHER_SHAPE);
        }
      }
    }
  });

  it('are not found across the end of a frame, whatever an earlier one has left there', () => {
    for (let length = 1; length <= TEXT.length; length++) {
      const shape = new FrameShape([TEXT.slice(0, length), end(0)]);
      for (let cut = 0; cut < length; cut++) {
        read(shape, TEXT);
        expect(read(shape, TEXT.slice(0, cut)), `${length} bytes in a frame of ${cut}`).toBe(OTHER_SHAPE);
      }
    }
  });

  it('decide between ways, of which the last may begin with anything', () => {
    const shape = new FrameShape([
      '[',
      oneOf(['long beginning of one', end(1)], ['long beginning of two', end(2)], [integer(s.LAST), end(3)]),
    ]);
    expect(['[long beginning of one', '[long beginning of two', '[17', '[x'].map((text) => read(shape, text))).toEqual([
      1,
      2,
      3,
      OTHER_SHAPE,
    ]);
  });
});

describe('symbols', () => {
  const shape = new FrameShape(['"', symbol(s.SYMBOL), end(0)]);
  const textOf = (text: string): string | null => (read(shape, `"${text}"`) === 0 ? symbolText(s.SYMBOL) : null);

  it('are the texts of their bytes, the first time and every time', () => {
    const texts = [
      'BTCUSDT',
      'XBT/USD',
      'A',
      'a',
      '1000SATSUSDT',
      'x'.repeat(16),
      'x'.repeat(17),
      'x'.repeat(300),
      '~',
    ];
    for (let time = 0; time < 3; time++) for (const text of texts) expect(textOf(text)).toBe(text);
    for (const text of ['BTCUSDT', 'BTCUSD', 'BTCUSDC', 'TCUSDT', 'B', 'BTCU']) expect(textOf(text)).toBe(text);
    expect(textOf('')).toBe(null);
  });

  it('are told apart when there are many', () => {
    const symbols = Array.from({ length: 40_000 }, (_, index) => `S${index}USDT`);
    for (let time = 0; time < 2; time++) {
      expect(symbols.filter((text) => textOf(text) !== text)).toEqual([]);
    }
  });

  it('end at the next quotation mark; only plain ASCII without escapes is read, wherever it stands', () => {
    const skipping = new FrameShape(['"', skipText, end(0)]);
    for (let place = 1; place < 40; place++) {
      for (let code = 0; code < 256; code++) {
        const isPlain = code >= 0x20 && code <= 0x7f && code !== 0x5c && code !== 0x22;
        const text = `"${'a'.repeat(place)}${String.fromCharCode(code)}xy"`;
        if (read(skipping, text) !== (isPlain ? 0 : OTHER_SHAPE)) expect.unreachable(`${code} at ${place}`);
      }
    }
    expect([read(skipping, '""'), read(skipping, '"abc'), read(skipping, '"')]).toEqual([0, OTHER_SHAPE, OTHER_SHAPE]);
  });

  it('are the same or not, before they were ever seen too', () => {
    const both = new FrameShape([
      '"',
      symbol(s.SYMBOL),
      ',"',
      symbol(s.OTHER_SYMBOL),
      same(s.SYMBOL, s.OTHER_SYMBOL),
      end(0),
    ]);
    expect([read(both, '"NEW1","NEW1"'), read(both, '"NEW1","NEW2"'), read(both, '"NEW1","NEW"')]).toEqual([
      0,
      OTHER_SHAPE,
      OTHER_SHAPE,
    ]);
  });
});

describe('lists of levels', () => {
  const rowsOf = (count: number): unknown[] =>
    Array.from({ length: count }, (_, row) => [
      levels.side[row],
      levels.price[row],
      levels.priceDecimals[row],
      levels.size[row],
      levels.sizeDecimals[row],
      levels.orders[row],
    ]);
  const written = (count: number): string[][] =>
    Array.from({ length: count }, (_, row) => [`${row + 1}.50`, row % 3 === 0 ? '0.00000000' : `${row}.125`]);

  it('as pairs hold what the general way appends, of any length', () => {
    const shape = new FrameShape([pairs(BID), ',[', pairs(ASK), end(0)]);
    for (const count of [0, 1, 2, 63, 64, 65, 1000]) {
      const bids = written(count);
      const asks = written(3);
      const text = [bids, asks]
        .map((side) => JSON.stringify(side))
        .join(',')
        .slice(1);
      expect(read(shape, text)).toBe(0);
      const general = new LevelBuffer();
      for (const [price = '', size = ''] of bids) general.push(BID, price, size);
      for (const [price = '', size = ''] of asks) general.push(ASK, price, size);
      expect(levelsRead()).toBe(general.count);
      const held = rowsOf(general.count);
      general.clear();
      for (const [index, [price = '', size = '']] of [...bids, ...asks].entries()) {
        general.push(index < count ? BID : ASK, price, size);
      }
      expect(held).toEqual(
        Array.from({ length: general.count }, (_, row) => [
          general.side[row],
          general.price[row],
          general.priceDecimals[row],
          general.size[row],
          general.sizeDecimals[row],
          -1,
        ]),
      );
    }
  });

  it('as pairs are of no other shape', () => {
    const shape = new FrameShape([pairs(BID), end(0)]);
    for (const text of [
      '',
      '[',
      '["1","2"]',
      '["1","2"],',
      '["1","2"],]',
      '["1"]]',
      '[1,2]]',
      '["0","1"]]',
      '["1","-1"]]',
    ]) {
      expect(read(shape, text), text).toBe(OTHER_SHAPE);
    }
  });

  it('as rows of any kind, with orders that may say that a level is gone', () => {
    const row = [decimal(s.PRICE), ',', integer(s.ORDERS), ',', oneOf(['-', s.isAsk], [s.isBid]), decimal(s.SIZE)];
    const shape = new FrameShape([list([...row, countedLevel], ';'), end(0)]);
    expect([read(shape, ']'), levelsRead()]).toEqual([0, 0]);
    expect([read(shape, '10.5,3,1.25;11,0,-1]'), levelsRead()]).toEqual([0, 2]);
    expect(rowsOf(2)).toEqual([
      [BID, 105, 1, 125, 2, 3],
      [ASK, 11, 0, 0, 0, 0],
    ]);
    expect([read(shape, '10.5,3,1.25;]'), read(shape, '0,3,1.25]'), read(shape, '')]).toEqual([
      OTHER_SHAPE,
      OTHER_SHAPE,
      OTHER_SHAPE,
    ]);
    const many = Array.from({ length: 5000 }, (_, index) => `${index + 1},1,2`).join(';');
    expect([read(shape, `${many}]`), levelsRead(), levels.price[4999]]).toEqual([0, 5000, 5000]);
  });

  it('in a frame without any are empty, whatever was read before', () => {
    const plain = new FrameShape(['x', s.noOrders, end(0)]);
    expect([read(plain, 'x'), levelsRead()]).toEqual([0, 0]);
    expect(read(new FrameShape([decimal(s.PRICE), set(s.SIZE, 1), level, end(0)]), '0')).toBe(OTHER_SHAPE);
  });
});

describe('trades', () => {
  const shape = new FrameShape([
    rows(
      [
        oneOf(['-', set(s.TRADE_ID, NaN)], [integer(s.TRADE_ID)]),
        ',',
        decimal(s.PRICE),
        ',',
        decimal(s.SIZE),
        oneOf([',b', s.takerBuys], [',s', s.takerSells]),
        set(s.TRADE_AT, 5),
        trade,
      ],
      ';',
    ),
    end(0),
  ]);

  it('are taken in their order, without an id where they have none', () => {
    const buffer = new TradeBuffer();
    expect(read(shape, '17,1.5,2.25,b;-,3,4,s]')).toBe(0);
    takeTrades(buffer);
    const { count, id, price, priceDecimals, size, sizeDecimals, takerBuys, exchangeUs } = buffer;
    expect({ count, id, price, priceDecimals, size, sizeDecimals, takerBuys, exchangeUs }).toEqual({
      count: 2,
      id: ['17', ''],
      price: [15, 3],
      priceDecimals: [1, 0],
      size: [225, 4],
      sizeDecimals: [2, 0],
      takerBuys: [true, false],
      exchangeUs: [5, 5],
    });
  });

  it('have a price and a size, and are not more than there is room for', () => {
    expect([read(shape, '1,0,1,b]'), read(shape, '1,1,0,b]')]).toEqual([OTHER_SHAPE, OTHER_SHAPE]);
    const many = (count: number): string => `${Array.from({ length: count }, () => '1,1,1,b').join(';')}]`;
    expect([read(shape, many(1024)), read(shape, many(1025))]).toEqual([0, OTHER_SHAPE]);
  });
});
