import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TextRecord } from '../../test/fixtures/feed-records.ts';
import { feedRecord, textRecord } from '../../test/fixtures/feed-records.ts';
import { numberedRecordsIn } from '../../test/fixtures/record-batches.ts';
import { FEED_OPS } from '../model/feed-record.ts';
import type { RecordBatch } from './record-batch.ts';
import { BatchMemory, RecordReader, RecordWriter } from './record-batch.ts';

interface NumberedText {
  readonly record: TextRecord;
  readonly frame: number;
  readonly counted: boolean;
}

const RECV = { tUs: 1_617_666_423_123_373, exchange: 'kraken', conn: 'ws', op: 'recv', url: null, data: '{}' } as const;

/** As many batches as it takes. */
function pack(records: readonly NumberedText[], writer = new RecordWriter(new BatchMemory())): RecordBatch[] {
  const batches: RecordBatch[] = [];
  for (const { record, frame, counted } of records) {
    if (writer.append(feedRecord(record), frame, counted)) continue;
    batches.push(writer.take());
    expect(writer.append(feedRecord(record), frame, counted)).toBe(true);
  }
  return [...batches, writer.take()];
}

function textsIn(batches: readonly RecordBatch[]): NumberedText[] {
  return batches.flatMap(numberedRecordsIn).map((one) => ({ ...one, record: textRecord(one.record) }));
}

function roundTrip(records: readonly NumberedText[]): NumberedText[] {
  // As a message port does it.
  return textsIn(structuredClone(pack(records)));
}

describe('packed records', () => {
  it.each([
    ['none', []],
    ['a frame', [{ record: RECV, frame: 0, counted: true }]],
    ['one that another shard counts', [{ record: RECV, frame: 7, counted: false }]],
    ['empty texts, which are not missing ones', [{ record: { ...RECV, url: '', data: '' }, frame: 1, counted: true }]],
    ['missing texts', [{ record: { ...RECV, op: 'close', url: null, data: null }, frame: 1, counted: true }]],
    ['every plane of Unicode', [{ record: { ...RECV, data: 'aé€🐳\u0000\n\u{10ffff}' }, frame: 1, counted: true }]],
    ['names that are not ASCII', [{ record: { ...RECV, exchange: 'börse', conn: '🐳 1' }, frame: 1, counted: true }]],
    ['numbers up to 2^53', [{ record: { ...RECV, tUs: 2 ** 53 - 1 }, frame: 2 ** 53 - 1, counted: true }]],
  ] satisfies [string, NumberedText[]][])('bring back %s', (_, records) => {
    expect(roundTrip(records)).toEqual(records);
  });

  it('bring back bytes that are no text, byte for byte', () => {
    const data = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    // A part of a larger buffer, as a socket hands it over.
    const record = { ...RECV, data: Buffer.concat([data, data]).subarray(100, 300) };
    const writer = new RecordWriter(new BatchMemory());
    writer.append(record, 0, true);
    expect(numberedRecordsIn(writer.take())).toEqual([{ record, frame: 0, counted: true }]);
  });

  it('keep the order over many connections, and say how many they are', () => {
    const records = Array.from({ length: 1000 }, (_, frame) => ({
      record: { ...RECV, exchange: `venue-${frame % 3}`, conn: `ws-${frame % 70}`, data: `frame ${frame}` },
      frame,
      counted: frame % 2 === 0,
    }));
    const close = { record: { ...RECV, op: 'close', data: null }, frame: 1000, counted: true } as const;
    const batches = pack([...records, close]);
    expect(batches.map((batch) => [batch.records, batch.frames])).toEqual([[1001, 1000]]);
    expect(textsIn(batches)).toEqual([...records, close]);
  });

  it('fill batch after batch, each with names of its own, also where one record is larger than a batch', () => {
    const sizes = [10, 400_000, 700_000, 10, 3_000_000, 10, 1_048_000, 1_048_576, 1_048_577, 500_000, 500_000, 100_000];
    const records = sizes.map((size, frame) => ({
      record: {
        ...RECV,
        conn: `ws-${frame % 5}`,
        url: frame % 2 === 0 ? null : 'ü'.repeat(50),
        data: 'x'.repeat(size),
      },
      frame,
      counted: true,
    }));
    const batches = pack(records);
    expect(batches.length).toBeGreaterThan(5);
    expect(textsIn(batches)).toEqual(records);
    // Whoever looks at a frame by words finds memory behind it.
    for (const { bytes } of batches) expect(bytes.buffer.byteLength).toBeGreaterThanOrEqual(bytes.length);
  });

  it('take no more memory than is under way at once, where it is given back', () => {
    const memory = new BatchMemory();
    const writer = new RecordWriter(memory);
    const seen = new Set<SharedArrayBuffer>();
    for (let frame = 0; frame < 20; frame++) {
      const data = `${frame} ${'x'.repeat(900_000)}`;
      writer.append(feedRecord({ ...RECV, data }), frame, true);
      const batch = writer.take();
      seen.add(batch.bytes.buffer);
      expect(textsIn([batch])).toEqual([{ frame, counted: true, record: { ...RECV, data } }]);
      memory.give(batch);
    }
    expect(seen.size).toBeLessThanOrEqual(2);
  });

  it('take little more memory than they need where they are small, since many may wait', () => {
    const writer = new RecordWriter(new BatchMemory());
    const batches = Array.from({ length: 50 }, (_, frame) => {
      writer.append(feedRecord({ ...RECV, data: `${frame}` }), frame, true);
      return writer.take();
    });
    expect(textsIn(batches).map(({ record }) => Number(record.data))).toEqual(batches.map((_, frame) => frame));
    for (const { bytes } of batches) expect(bytes.buffer.byteLength).toBeLessThan(1_000);
  });

  it('are read by one reader after the other', () => {
    const reader = new RecordReader();
    const seen: string[] = [];
    for (const conn of ['a', 'a', 'b', 'a']) {
      const [batch] = pack([{ record: { ...RECV, conn, data: null }, frame: 1, counted: true }]);
      reader.read(batch?.bytes ?? new Uint8Array(), (record) => seen.push(record.conn));
    }
    expect(seen).toEqual(['a', 'a', 'b', 'a']);
  });

  it('bring back whatever is packed', () => {
    const name = fc.string({
      unit: fc.constantFrom('a', 'B', '7', '-', '.', '~', 'ß', '"', '\\'),
      minLength: 1,
      maxLength: 8,
    });
    const text = fc.option(fc.string({ unit: 'binary', maxLength: 40 }), { nil: null });
    const whole = fc.nat(Number.MAX_SAFE_INTEGER);
    const record = fc.record({
      tUs: whole,
      exchange: name,
      conn: name,
      op: fc.constantFrom(...FEED_OPS),
      url: text,
      data: text,
    });
    const numbered = fc.record({ record, frame: whole, counted: fc.boolean() });
    fc.assert(
      fc.property(fc.array(numbered, { maxLength: 30 }), (records) => {
        expect(roundTrip(records)).toEqual(records);
      }),
    );
  });
});
