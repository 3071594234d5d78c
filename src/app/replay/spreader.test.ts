import { describe, expect, it } from 'vitest';
import { feedRecord } from '../../../test/fixtures/feed-records.ts';
import { numberedRecordsIn } from '../../../test/fixtures/record-batches.ts';
import type { RecordBatch } from '../../collect/record-batch.ts';
import { BatchMemory, RecordWriter } from '../../collect/record-batch.ts';
import { wireRegistry } from '../../exchanges/registry.ts';
import { Router } from './router.ts';
import { Spreader } from './spreader.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'ETHBTC', 'LTCUSDT', 'XRPUSDT'];

/** A connection that opens, trades of several pairs, and its end. */
function read(memory: BatchMemory): RecordBatch {
  const writer = new RecordWriter(memory);
  const at = { tUs: 1, exchange: 'binance', conn: 'ws' };
  const trades = Array.from({ length: 40 }, (_, i) => {
    const symbol = SYMBOLS[i % SYMBOLS.length] ?? '';
    return feedRecord({ ...at, op: 'recv', data: `{"stream":"${symbol.toLowerCase()}@trade","data":{}}` });
  });
  const open = feedRecord({ ...at, op: 'open', url: 'wss://stream.binance.com:9443/stream' });
  const all = [open, ...trades, feedRecord({ ...at, op: 'close' })];
  for (const [frame, record] of all.entries()) writer.append(record, 100 + frame, true);
  return writer.take();
}

/** Batches that went to each shard. */
function spread(shards: number, batchRecords: number): { sent: RecordBatch[][]; whole: RecordBatch } {
  const memory = new BatchMemory();
  const sent: RecordBatch[][] = Array.from({ length: shards }, () => []);
  const lanes = sent.map((batches) => ({ send: (batch: RecordBatch) => void batches.push(batch) }));
  const router = new Router({ wires: wireRegistry, shards, partitions: shards });
  const spreader = new Spreader({ lanes, router, memory, batchRecords });
  const whole = read(memory);
  spreader.take(whole);
  spreader.flush();
  spreader.flush();
  return { sent, whole };
}

describe('a spreader', () => {
  it('gives a single shard the very batches that were read', () => {
    const { sent, whole } = spread(1, 3);
    expect(sent).toEqual([[whole]]);
    expect(sent[0]?.[0]).toBe(whole);
  });

  it('gives each of several shards its own in order, and all of them what concerns the connection', () => {
    const { sent, whole } = spread(3, 1000);
    const all = numberedRecordsIn(whole);
    const parts = sent.map((batches) => batches.flatMap(numberedRecordsIn));
    expect(parts.flat().filter(({ counted }) => counted)).toHaveLength(all.length);
    for (const [shard, part] of parts.entries()) {
      expect(part.map(({ frame }) => frame)).toEqual(part.map(({ frame }) => frame).sort((a, b) => a - b));
      expect([part[0]?.record.op, part.at(-1)?.record.op]).toEqual(['open', 'close']);
      expect(part[0]?.counted).toBe(shard === 0);
      for (const { record, frame } of part) expect(record).toEqual(all[frame - 100]?.record);
    }
    expect(parts.filter((part) => part.length > 2).length).toBeGreaterThan(1);
  });

  it('ends a batch at its number of records, and leaves none empty', () => {
    const { sent } = spread(2, 5);
    for (const batches of sent) {
      const sizes = batches.map(({ records }) => records);
      expect(sizes.slice(0, -1).every((size) => size === 5)).toBe(true);
      expect(sizes.at(-1)).toBeGreaterThan(0);
    }
    expect(sent.flat().reduce((sum, { records }) => sum + records, 0)).toBe(42 + 2);
  });
});
