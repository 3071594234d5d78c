import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { TextRecord } from '../../test/fixtures/feed-records.ts';
import { feedRecord } from '../../test/fixtures/feed-records.ts';
import { FEED_OPS } from '../model/feed-record.ts';
import { decodeCaptureLine, encodeCaptureLine } from './capture-line.ts';

const text = fc.string({ unit: 'binary', minLength: 1 });
const anyRecord: fc.Arbitrary<TextRecord> = fc.record({
  tUs: fc.maxSafeNat(),
  exchange: text,
  conn: text,
  op: fc.constantFrom(...FEED_OPS),
  url: text,
  data: text,
});

it('decoding inverts encoding, for every record', () => {
  fc.assert(
    fc.property(anyRecord.map(feedRecord), (record) => {
      expect(decodeCaptureLine(encodeCaptureLine(record))).toEqual(record);
    }),
  );
});

it('a record is one line, its fields in the order of the format, absent ones left out', () => {
  const base = { tUs: 1_617_666_423_123_373, exchange: 'kraken', conn: 'ws.1' };
  expect(encodeCaptureLine(feedRecord({ ...base, op: 'recv', data: 'a\nb' }))).toBe(
    '{"t_us":1617666423123373,"ex":"kraken","conn":"ws.1","op":"recv","data":"a\\nb"}\n',
  );
  expect(encodeCaptureLine(feedRecord({ ...base, op: 'open', url: 'wss://x' }))).toBe(
    '{"t_us":1617666423123373,"ex":"kraken","conn":"ws.1","op":"open","url":"wss://x"}\n',
  );
});

describe('a line that is no record', () => {
  const line = (fields: object): string =>
    JSON.stringify({ t_us: 1, ex: 'kraken', conn: 'ws', op: 'recv', data: '{}', ...fields });
  it.each([
    ['{"t_us":1,"ex', /^no JSON: /],
    ['[1]', /^no JSON object/],
    ['null', /^no JSON object/],
    [line({ t_us: '1' }), /^t_us/],
    [line({ t_us: 1.5 }), /^t_us/],
    [line({ t_us: -1 }), /^t_us/],
    [line({ ex: undefined }), /^ex is missing/],
    [line({ conn: '' }), /^conn is missing/],
    [line({ op: 'ping' }), /^unknown op "ping"/],
    [line({ op: undefined }), /^unknown op/],
    [line({ url: 5 }), /^url is no text/],
    [line({ data: {} }), /^data is no text/],
    [line({ data: undefined }), /^recv without data/],
    [line({ op: 'timer', data: undefined }), /^timer without data/],
    [line({ op: 'http' }), /^http without url/],
  ])('%s', (text, reason) => {
    expect(decodeCaptureLine(text)).toMatch(reason);
  });
});

it('no text makes the decoder throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
      expect(decodeCaptureLine(line)).toBeTypeOf('string');
    }),
  );
});
