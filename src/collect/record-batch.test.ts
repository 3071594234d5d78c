import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FEED_OPS } from '../model/feed-record.ts';
import type { NumberedRecord } from './record-batch.ts';
import { packRecords, unpackRecords } from './record-batch.ts';

function roundTrip(records: readonly NumberedRecord[]): NumberedRecord[] {
  // As a message port does it.
  const packed = structuredClone(packRecords(records));
  const unpacked: NumberedRecord[] = [];
  unpackRecords(packed, (record, frame, counted) => unpacked.push({ record, frame, counted }));
  return unpacked;
}

const RECV = { tUs: 1_617_666_423_123_373, exchange: 'kraken', conn: 'ws', op: 'recv', url: null, data: '{}' } as const;

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
  ] satisfies [string, NumberedRecord[]][])('bring back %s', (_, records) => {
    expect(roundTrip(records)).toEqual(records);
  });

  it('keep the order over many connections', () => {
    const records = Array.from({ length: 1000 }, (_, frame) => ({
      record: { ...RECV, exchange: `venue-${frame % 3}`, conn: `ws-${frame % 70}`, data: `frame ${frame}` },
      frame,
      counted: frame % 2 === 0,
    }));
    expect(roundTrip(records)).toEqual(records);
  });

  it('own their memory, and no more of it than they need', () => {
    const packed = packRecords([{ record: { ...RECV, data: 'x'.repeat(1000) }, frame: 0, counted: true }]);
    expect(packed.byteOffset).toBe(0);
    expect(packed.buffer.byteLength).toBe(packed.byteLength);
    expect(packed.byteLength).toBeLessThan(1100);
  });

  it('bring back whatever is packed', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'B', '7', '-', '.', '~', 'ß'), minLength: 1, maxLength: 8 });
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
