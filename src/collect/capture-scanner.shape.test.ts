/** Which lines are scanned, and which are left to the general reader. That both agree is tested beside this. */

import { describe, expect, it } from 'vitest';

import type { TextRecord } from '../../test/fixtures/feed-records.ts';
import { feedRecord, textRecord } from '../../test/fixtures/feed-records.ts';
import { numberedRecordsIn } from '../../test/fixtures/record-batches.ts';
import { FEED_OPS } from '../model/feed-record.ts';
import { encodeCaptureLine } from './capture-line.ts';
import { CaptureScanner, NOT_SCANNED } from './capture-scanner.ts';
import { BatchMemory, RecordWriter } from './record-batch.ts';

const RECV = { tUs: 1_617_666_423_123_373, exchange: 'kraken', conn: 'ws.1', op: 'recv', url: null } as const;
/** What may follow a line in its buffer. */
const BEHIND = '{"t_us":161766642';
/** Those without a URL. */
const OPS = FEED_OPS.filter((op) => op !== 'http');

interface Scanned {
  /** Place behind the line, or NOT_SCANNED. */
  readonly next: number;
  readonly records: readonly TextRecord[];
}
const NOTHING: Scanned = { next: NOT_SCANNED, records: [] };

/** Scans one line after the beginnings of `known` have been learned. */
function scan(line: string, known: readonly TextRecord[], behind = BEHIND): Scanned {
  const writer = new RecordWriter(new BatchMemory());
  const scanner = new CaptureScanner(writer);
  for (const record of known) scanner.learn(feedRecord(record), writer.source(record.exchange, record.conn));
  scanner.begin(Buffer.from(`?\n${line}${behind}`));
  const next = scanner.scan(2, 7);
  const batch = numberedRecordsIn(writer.take());
  expect(batch.every(({ frame, counted }) => frame === 7 && counted)).toBe(true);
  return { next: next === NOT_SCANNED ? next : next - 2, records: batch.map(({ record }) => textRecord(record)) };
}

describe('a line in the shape of our own', () => {
  it.each([
    ['of no data', ''],
    ['without escapes', 'heartbeat'],
    ['of JSON', '{"stream":"btcusdt@trade","data":{"p":"61837.63000000","m":true}}'],
    ['of escapes alone', '"\\"\\"\\\\""'],
    ['whose data end in a backslash', 'a\\'],
    ['with every character that needs no other escape', String.fromCharCode(...range(0x20, 0x80))],
  ])('%s is read', (_, data) => {
    const record = { ...RECV, data };
    const line = encodeCaptureLine(feedRecord(record));
    expect(scan(line, [record])).toEqual({ next: line.length, records: [record] });
  });

  it('is read with slashes escaped, which need not be', () => {
    const line = encodeCaptureLine(feedRecord({ ...RECV, data: 'a/b' })).replace('/', '\\/');
    expect(scan(line, [{ ...RECV, data: '' }]).records).toEqual([{ ...RECV, data: 'a/b' }]);
  });

  it('is read of every connection and op that was learned, the one before or not', () => {
    const known = OPS.flatMap((op) => ['ws', 'ws2', 'w'].map((conn) => ({ ...RECV, conn, op, data: 'x' })));
    for (const record of known) expect(scan(encodeCaptureLine(feedRecord(record)), known).records).toEqual([record]);
  });

  it('is read while fewer connections were learned since than a process has', () => {
    const known = range(0, 65).map((conn) => ({ ...RECV, conn: `ws.${conn}`, data: '' }));
    const scanned = known.map((record) => scan(encodeCaptureLine(feedRecord(record)), known).next !== NOT_SCANNED);
    expect(scanned).toEqual(known.map((_, conn) => conn > 0));
  });
});

describe('left to the general reader is a line', () => {
  const good = encodeCaptureLine(feedRecord({ ...RECV, data: '{"a":1}' }));
  it.each([
    ['of a connection that was not learned', good.replace('ws.1', 'ws.2')],
    ['of another order', '{"ex":"kraken","t_us":1617666423123373,"conn":"ws.1","op":"recv","data":"x"}\n'],
    ['with blanks', good.replaceAll(',', ', ')],
    ['with a further field', good.replace('"}\n', '","x":1}\n')],
    ['with a carriage return', good.replace('\n', '\r\n')],
    ['without an end', good.slice(0, -4)],
    ['of a shorter time', good.replace('1617666423123373', '161766642312337')],
    ['of a longer time', good.replace('1617666423123373', '16176664231233730')],
    ['of a time that begins with zero', good.replace('1617666423123373', '0617666423123373')],
    ['of a time that is no safe integer', good.replace('1617666423123373', '9007199254740992')],
    ['of a broken time', good.replace('1617666423123373', '16176664231233.3')],
    ['with another escape', good.replace('\\"a', '\\na')],
    ['with a code point escaped', good.replace('\\"a', '\\u0022a')],
    ['with what is not ASCII', good.replace('"a', '"ä')],
    ['with a raw control character', good.replace('"a', '"\t')],
  ])('%s', (_, line) => {
    expect(line).not.toBe(good);
    expect(scan(line, [{ ...RECV, data: '' }])).toEqual(NOTHING);
  });

  it('that ends too near to the end of its buffer', () => {
    const known = [{ ...RECV, data: '' }];
    expect(scan(good, known, '')).toEqual(NOTHING);
    expect(scan('', known, '')).toEqual(NOTHING);
  });

  it('whose connection may go by another name now', () => {
    const writer = new RecordWriter(new BatchMemory());
    const scanner = new CaptureScanner(writer);
    scanner.learn(feedRecord({ ...RECV, data: '' }), writer.source('kraken', 'ws.1'));
    scanner.forget();
    scanner.begin(Buffer.from(good + BEHIND));
    expect(scanner.scan(0, 0)).toBe(NOT_SCANNED);
  });

  it('for which the batch has no room, until it has been taken', () => {
    const writer = new RecordWriter(new BatchMemory());
    const scanner = new CaptureScanner(writer);
    const record = feedRecord({ ...RECV, data: 'x'.repeat(300_000) });
    scanner.learn(record, writer.source(record.exchange, record.conn));
    scanner.begin(Buffer.from(encodeCaptureLine(record) + BEHIND));
    let read = 0;
    while (scanner.scan(0, read) !== NOT_SCANNED) read++;
    expect(read).toBe(3);
    expect(numberedRecordsIn(writer.take()).map(({ frame }) => frame)).toEqual([0, 1, 2]);
    expect(scanner.scan(0, read)).not.toBe(NOT_SCANNED);
  });
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
