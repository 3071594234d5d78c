import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventView } from '../model/event.ts';
import { copyOf, events } from './fixtures/arbitrary-events.ts';
import { BatchWriter, readBatch } from './codec.ts';
import { CodecError } from './codec-error.ts';
import {
  AT_LENGTH,
  AT_VERSION,
  BATCH_HEADER_BYTES,
  BOOKS_MAX,
  CHECKSUM_BYTES,
  checksumOf,
  VERSION,
} from './codec-layout.ts';

function encode(views: readonly EventView[]): Uint8Array<ArrayBuffer> {
  const writer = new BatchWriter();
  for (const view of views) writer.append(view);
  return writer.take();
}

function decode(data: Uint8Array): EventView[] {
  const views: EventView[] = [];
  readBatch(data, (view) => views.push(copyOf(view)));
  return views;
}

function sampleTrade(): EventView & { kind: 'trade' } {
  return {
    kind: 'trade',
    header: {
      exchange: 'kraken',
      symbol: 'BTC-USD',
      venueSymbol: 'XBT/USD',
      exchangeUs: 1_700_000_000_000_000,
      venueTime: true,
      receiveUs: 1_700_000_000_000_500,
      epoch: 1_700_000_000_000_000,
      seq: 7,
      span: 1,
      state: 'live',
      reason: 'none',
      frame: 3,
      priceScale: 1,
      sizeScale: 8,
      wide: false,
    },
    tradeId: 'a1',
    price: 650_001,
    size: 12_345,
    widePrice: 0n,
    wideSize: 0n,
    takerSide: 'sell',
  };
}

/** Bytes of a batch without events. */
const LEAST_BYTES = BATCH_HEADER_BYTES + CHECKSUM_BYTES;

/** The length and the checksum made right again, so that a change reaches the decoder's depths. */
function sealed(data: Uint8Array): Uint8Array {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const checksumAt = data.length - CHECKSUM_BYTES;
  view.setUint32(AT_LENGTH, data.length, true);
  view.setUint32(checksumAt, checksumOf(data.subarray(0, checksumAt)), true);
  return data;
}

function codeOf(run: () => unknown): string | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof CodecError) return error.code;
    throw error;
  }
}

describe('a batch', () => {
  test('decodes to the events that went in, wide and narrow, in order', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 12 }), (views) => {
        expect(decode(encode(views))).toEqual(views);
      }),
    );
  });

  test('of a writer that is used again stands alone', () => {
    const writer = new BatchWriter();
    writer.append(sampleTrade());
    const first = writer.take();
    expect(writer.events).toBe(0);
    writer.append(sampleTrade());
    expect(writer.events).toBe(1);
    expect(writer.take()).toEqual(first);
  });

  test('names each book once', () => {
    const writer = new BatchWriter();
    writer.append(sampleTrade());
    const one = writer.bytes;
    writer.append(sampleTrade());
    const two = writer.bytes;
    writer.append(sampleTrade());
    expect(writer.bytes - two).toBe(two - one);
    expect(two - one).toBeLessThan(one - BATCH_HEADER_BYTES);
  });

  test('takes a few bytes for what has hardly changed', () => {
    const writer = new BatchWriter();
    writer.append(sampleTrade());
    const one = writer.bytes;
    const { header } = sampleTrade();
    writer.append({ ...sampleTrade(), header: { ...header, seq: header.seq + 1, receiveUs: header.receiveUs + 100 } });
    // Head, classes, receive time; id, classes.
    expect(writer.bytes - one).toBe(4 + 2 + 2 + 4 + 2);
  });

  test('is the same wherever its writer had to grow', () => {
    // Events of every size, so that each of their parts once meets the end of the writer's buffer.
    const views = Array.from({ length: 300 }, (_, count) => bookOf(count));
    const grown = new BatchWriter();
    for (const view of views) grown.append(view);
    expect(decode(grown.take())).toEqual(views);
    for (const offset of Array.from({ length: 64 }, (_, i) => i)) {
      const writer = new BatchWriter();
      writer.append({ ...sampleTrade(), tradeId: 'x'.repeat(4_000 + offset) });
      for (const view of views.slice(0, 8)) writer.append(view);
      expect(decode(writer.take()).slice(1)).toEqual(views.slice(0, 8));
    }
  });

  test('holds numbers that are no small whole ones', () => {
    const numbers = [
      -0,
      0.1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.MAX_VALUE,
      Number.MIN_VALUE,
      -(2 ** 53),
      2 ** 31,
    ];
    const views = numbers.flatMap((one) => numbers.map((price) => ({ ...sampleTrade(), price, size: one })));
    expect(decode(encode(views))).toEqual(views);
  });

  test('refuses a book beyond the number that it can name', () => {
    const writer = new BatchWriter();
    const { header } = sampleTrade();
    for (let i = 0; i < BOOKS_MAX; i++) writer.append({ ...sampleTrade(), header: { ...header, symbol: `${i}` } });
    expect(codeOf(() => writer.append(sampleTrade()))).toBe('codec.range');
    let events = 0;
    readBatch(writer.take(), (view) => expect(view.header.symbol).toBe(`${events++}`));
    expect(events).toBe(BOOKS_MAX);
  });

  test('owns its buffer, which may be transferred', () => {
    const data = encode([sampleTrade()]);
    expect(data.buffer.byteLength).toBe(data.length);
    const moved = structuredClone(data, { transfer: [data.buffer] });
    expect(decode(moved)).toEqual([sampleTrade()]);
  });

  test('is read from any place within a larger buffer', () => {
    const data = encode([sampleTrade()]);
    const larger = new Uint8Array(data.length + 10).fill(0xff);
    larger.set(data, 3);
    expect(decode(larger.subarray(3, 3 + data.length))).toEqual([sampleTrade()]);
  });

  test('keeps its good events when an event is refused', () => {
    const writer = new BatchWriter();
    writer.append(sampleTrade());
    const other = { ...sampleTrade(), header: { ...sampleTrade().header, symbol: 'ETH-USD' } };
    const refused = { ...other, header: { ...other.header, wide: true }, widePrice: 2n ** 127n };
    expect(codeOf(() => writer.append(refused))).toBe('codec.range');
    writer.append(other);
    expect(decode(writer.take())).toEqual([sampleTrade(), other]);
  });

  test('may be read while another is being read', () => {
    const data = encode([sampleTrade(), sampleTrade()]);
    let inner = 0;
    readBatch(data, () => readBatch(data, () => inner++));
    expect(inner).toBe(4);
  });

  test('passes on what its reader throws', () => {
    const failure = new Error('mine');
    expect(() =>
      readBatch(encode([sampleTrade()]), () => {
        throw failure;
      }),
    ).toThrow(failure);
  });
});

describe('bytes that are no batch', () => {
  test('of another version are refused with both versions named', () => {
    const data = encode([sampleTrade()]);
    data[AT_VERSION] = 9;
    expect(codeOf(() => decode(data))).toBe('codec.version');
    expect(() => decode(data)).toThrow(`version 9, this program reads version ${VERSION}`);
  });

  test('are told by their magic, their length and their checksum', () => {
    const data = encode([sampleTrade()]);
    expect(codeOf(() => decode(new Uint8Array(0)))).toBe('codec.truncated');
    expect(codeOf(() => decode(new Uint8Array(100)))).toBe('codec.magic');
    expect(codeOf(() => decode(data.subarray(0, -1)))).toBe('codec.truncated');
    const flipped = Uint8Array.from(data);
    flipped[data.length - 1] = (flipped[data.length - 1] ?? 0) ^ 1;
    expect(codeOf(() => decode(flipped))).toBe('codec.checksum');
  });

  test('throw a CodecError for any change on their way', () => {
    fc.assert(
      fc.property(
        fc.array(events, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (views, place, flip) => {
          const data = encode(views);
          const at = place % data.length;
          data[at] = (data[at] ?? 0) ^ flip;
          expect(codeOf(() => decode(data))).not.toBeNull();
        },
      ),
    );
  });

  test('never throw anything else, even when their checksum was made right', () => {
    const mutation = fc.tuple(fc.nat(), fc.nat({ max: 255 }));
    const mutations = fc.array(mutation, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(events, { minLength: 1, maxLength: 4 }),
        mutations,
        fc.option(fc.nat()),
        (views, changes, cut) => {
          let data = encode(views);
          for (const [place, value] of changes) {
            const body = data.length - LEAST_BYTES;
            data[BATCH_HEADER_BYTES + (place % body)] = value;
          }
          if (cut !== null) data = data.slice(0, LEAST_BYTES + (cut % (data.length - LEAST_BYTES)));
          codeOf(() => decode(sealed(data)));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('that claim a huge column are refused before room is made for it', () => {
    const rows = 100_000;
    const data = encode([bookOf(rows)]);
    const claim = Buffer.alloc(4);
    claim.writeInt32LE(rows - 1);
    const at = Buffer.from(data.buffer).indexOf(claim);
    expect(at).toBeGreaterThan(0);
    new DataView(data.buffer).setInt32(at, 0x7fff_fffe, true);
    expect(codeOf(() => decode(sealed(data)))).toBe('codec.truncated');
  });
});

/** A book event of so many equal rows. */
function bookOf(count: number): EventView {
  const zeros = (): Float64Array => new Float64Array(count);
  return {
    kind: 'book.delta',
    header: { ...sampleTrade().header, span: Math.max(1, count) },
    venueSeq: Number.NaN,
    changes: {
      count,
      side: new Uint8Array(count),
      kind: new Uint8Array(count),
      price: zeros(),
      size: zeros(),
      change: zeros(),
      orders: new Int32Array(count).fill(-1),
      wide: null,
    },
    top: {
      bid: Number.NaN,
      bidSize: Number.NaN,
      ask: Number.NaN,
      askSize: Number.NaN,
      bidSum: 0,
      askSum: 0,
      wide: null,
    },
  };
}
