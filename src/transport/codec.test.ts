import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventView } from '../model/event.ts';
import { copyOf, events } from './fixtures/arbitrary-events.ts';
import { BatchWriter, readBatch } from './codec.ts';
import { CodecError } from './codec-error.ts';
import { AT_CHECKSUM, AT_LENGTH, AT_VERSION, BATCH_HEADER_BYTES, checksumOf } from './codec-layout.ts';

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

/** The length and the checksum made right again, so that a change reaches the decoder's depths. */
function sealed(data: Uint8Array): Uint8Array {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  view.setUint32(AT_LENGTH, data.length, true);
  view.setUint32(AT_CHECKSUM, checksumOf(data), true);
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
    expect(() => decode(data)).toThrow(/version 9.*version 1/);
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
            const body = data.length - BATCH_HEADER_BYTES;
            data[BATCH_HEADER_BYTES + (place % body)] = value;
          }
          if (cut !== null) data = data.slice(0, BATCH_HEADER_BYTES + (cut % (data.length - BATCH_HEADER_BYTES)));
          codeOf(() => decode(sealed(data)));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('that claim a huge column are refused before room is made for it', () => {
    const book: EventView = {
      kind: 'book.delta',
      header: sampleTrade().header,
      venueSeq: Number.NaN,
      changes: {
        count: 0,
        side: new Uint8Array(0),
        kind: new Uint8Array(0),
        price: new Float64Array(0),
        size: new Float64Array(0),
        change: new Float64Array(0),
        orders: new Int32Array(0),
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
    const data = encode([book]);
    new DataView(data.buffer).setUint32(data.length - 4, 0xffffffff, true);
    expect(codeOf(() => decode(sealed(data)))).toBe('codec.truncated');
  });
});
