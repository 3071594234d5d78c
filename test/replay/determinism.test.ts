/** Same frames, same outcome, bit for bit: whatever the shards, the batches, the windows and the bus. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { EmitKind } from '../../src/app/emit-lines.ts';
import { EMIT_KINDS } from '../../src/app/emit-lines.ts';
import type { ReplayOptions } from '../../src/app/replay/replay.ts';
import { dataFile, describeWithData } from '../data.ts';
import type { CaptureName } from '../fixtures/captures.ts';
import { captureParts } from '../fixtures/captures.ts';
import { describeWithNats } from '../services.ts';
import type { ReplayOutcome } from './run-replay.ts';
import { natsFor, outcomeOf, runReplay } from './run-replay.ts';

/** Two venues, three wires, REST snapshots, a resubscription; 18 pairs that spread over all shards. */
const NAMES: readonly CaptureName[] = ['kraken-v1', 'binance-3pairs', 'binance-4pairs', 'kraken-v2-mina'];

/** How one shard and four are fed, per kind of lines. */
const LINES: readonly Readonly<{ emit: EmitKind } & Record<'one' | 'four', Partial<ReplayOptions>>>[] = [
  { emit: 'bbo', one: { batch: 1000 }, four: { batch: 1000 } },
  { emit: 'trades', one: { batch: 1 }, four: { batch: 7 } },
  { emit: 'orders', one: { batch: 1000, windowRecords: 50 }, four: { batch: 10, windowRecords: 333 } },
  { emit: 'scores', one: {}, four: { batch: 100, windowRecords: 700 } },
  { emit: 'status', one: { batch: 100, maxBatchBytes: 4096 }, four: { batch: 100, windowRecords: 700 } },
];

describeWithData('a replay of several captures', captureParts('kraken-v1'), () => {
  const captures = NAMES.flatMap((name) => dataFile(...captureParts(name)) ?? []);
  let reference: ReplayOutcome;
  beforeAll(async () => {
    reference = await runReplay(captures);
  });

  it('is worth comparing', () => {
    expect(Object.keys(reference.report.books).length).toBeGreaterThan(10);
    expect(reference.report.events).toMatchObject({ 'book.delta': expect.any(Number), trade: expect.any(Number) });
    expect(reference.report.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(reference.report.analytics?.rows['spread']).toBeGreaterThan(300);
    expect(reference.report.analytics?.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    { shards: 2, batch: 1000 },
    { shards: 2, batch: 1000, maxBatchBytes: 4096 },
  ])('comes to the same with %o', async (options) => {
    const { report } = await runReplay(captures, options);
    expect(outcomeOf(report)).toEqual(outcomeOf(reference.report));
  });

  describeWithNats('over JetStream', (url) => {
    it.each([{ shards: 1 }, { shards: 4, windowRecords: 1000 }])(
      'comes to the same with $shards shard(s)',
      async (options) => {
        const nats = natsFor(url, { shards: options.shards, store: false });
        const { report } = await runReplay(captures, { ...options, nats });
        expect(outcomeOf(report)).toEqual(outcomeOf(reference.report));
      },
    );
  });

  // Each pair of replays tries two ways of cutting the work, and the lines of a kind besides.
  describe.each(LINES)('lines of kind $emit', (options) => {
    const { emit } = options;
    let one: ReplayOutcome;
    beforeAll(async () => {
      one = await runReplay(captures, { emit, shards: 1, ...options.one });
    });

    it('come with the same outcome from 1 shard, in the order of their frames', () => {
      expect(outcomeOf(one.report)).toEqual(outcomeOf(reference.report));
      expect(one.lines.length).toBeGreaterThan(0);
      // Receive times never fall within the two Kraken recordings. (Binance keeps early updates for its snapshot.)
      const times = one.lines.flatMap((line) => {
        const { exchange, receive_us: receiveUs } = JSON.parse(line) as { exchange: string; receive_us: number };
        return exchange === 'kraken' ? [receiveUs] : [];
      });
      expect(times.length).toBeGreaterThan(0);
      expect(times).toEqual(times.toSorted((earlier, later) => earlier - later));
    });

    it('are the same bytes from 4 shards, with the same outcome', async () => {
      const four = await runReplay(captures, { emit, shards: 4, ...options.four });
      expect(outcomeOf(four.report)).toEqual(outcomeOf(reference.report));
      expect(four.lines.length).toBe(one.lines.length);
      expect(four.lines.findIndex((line, at) => line !== one.lines[at])).toBe(-1);
    });
  });

  it('knows all kinds of lines', () => {
    expect(LINES.map(({ emit }) => emit)).toEqual(EMIT_KINDS);
  });
});
