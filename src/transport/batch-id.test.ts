import { expect, test } from 'vitest';
import { batchId, type FirstEvent } from './batch-id.ts';

const FIRST: FirstEvent = { exchange: 'kraken', symbol: 'BTC-USD', epoch: 1_700_000_000_000_000, seq: 7 };
const DATA = Uint8Array.of(1, 2, 3, 4, 5, 6);

test('equal batches have equal ids', () => {
  expect(batchId('kraken', { ...FIRST }, Uint8Array.from(DATA))).toBe(batchId('kraken', FIRST, DATA));
});

test('the id tells topic, book, epoch, sequence and checksum apart', () => {
  const ids = new Set([
    batchId('kraken', FIRST, DATA),
    batchId('score', FIRST, DATA),
    batchId('kraken', { ...FIRST, exchange: 'binance' }, DATA),
    batchId('kraken', { ...FIRST, symbol: 'ETH-USD' }, DATA),
    batchId('kraken', { ...FIRST, epoch: FIRST.epoch + 1 }, DATA),
    batchId('kraken', { ...FIRST, seq: 8 }, DATA),
    batchId('kraken', FIRST, Uint8Array.of(1, 2, 3, 4, 5, 7)),
  ]);
  expect(ids.size).toBe(7);
});

test('the id is fit for a header, whatever the symbol', () => {
  expect(batchId('kraken', { ...FIRST, symbol: '\u5e01\r\n \ud800' }, DATA)).toMatch(/^[\x21-\x7e]{1,512}$/);
});
