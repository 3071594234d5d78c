import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { TRIMMED_FILE } from '../../src/collect/archive-retention.ts';
import { verifyRun, type Replayed, type Verification } from '../../src/app/replay/verify.ts';
import { LiveWorld } from '../fixtures/live-world.ts';
import { runReplay } from '../replay/run-replay.ts';

const SEED = 'live-verify';
let world: LiveWorld;

afterEach(async () => {
  await world.end();
});

/** The archive's files, oldest first within each shard and venue. */
function captures(): string[] {
  const files = readdirSync(join(world.folder, 'archive'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.capture.ndjson.gz'))
    .map((file) => join(world.folder, 'archive', file))
    .sort();
}

/** What `replay --verify` does. */
function verified(run: string, shards: number): Promise<Verification> {
  return verifyRun({
    run,
    replay: async (files, model) => {
      let recorded: Omit<Replayed, 'report'> = { blocks: [], scoreHashes: {} };
      const { report } = await runReplay(files, {
        shards,
        ...(model === null
          ? {}
          : { model: { name: model.name, halfLifeS: model.halfLifeS, minOrders: model.minOrders } }),
        onRecord: (record) => {
          recorded = record;
        },
      });
      return { report, ...recorded };
    },
  });
}

/** One digit of a size in the archive is another one: the event that comes to differ is named. */
async function expectNamed(run: string): Promise<void> {
  const path = captures().find((file) => file.includes('binance')) ?? '';
  const whole = readFileSync(path);
  const lines = gunzipSync(whole).toString().split('\n');
  const at = lines.findLastIndex((line) => /depthUpdate.*\[\\?"[\d.]+\\?",\\?"\d*[1-9]/.test(line));
  lines[at] = (lines[at] ?? '').replace(/(\[\\?"[\d.]+\\?",\\?"\d*)([1-9])/, (_, before: string, digit: string) => {
    return `${before}${digit === '9' ? '8' : Number(digit) + 1}`;
  });
  writeFileSync(path, gzipSync(lines.join('\n')));
  const { equal, first_difference: first } = await verified(run, 1);
  writeFileSync(path, whole);
  expect(at).toBeGreaterThan(0);
  expect(equal).toBe(false);
  expect(first?.book).toMatch(/^binance:/);
  expect(first?.epoch).toBeGreaterThan(0);
  expect(first?.seq).toBeGreaterThan(0);
  expect(first?.expected).toMatch(/^book\.delta [0-9a-f]{8} at epoch/);
  expect(first?.seen).not.toBe(first?.expected);
}

describe(`a replay of a live run (seed ${SEED})`, () => {
  it('is held against what the run told, and the first event that differs is named', { timeout: 180_000 }, async () => {
    world = await LiveWorld.start({
      seed: SEED,
      pairs: ['BTC-USD', 'ETH-USD'],
      inFolder: (folder) => ({ archive: { dir: join(folder, 'archive') }, ingest: { shards: 2 } }),
    });
    await world.untilLive();
    await world.advance(2);
    await world.stopRun();

    const run = join(world.folder, 'archive');
    for (const shards of [1, 4]) {
      const outcome = await verified(run, shards);
      expect(outcome.first_difference).toBeNull();
      expect(outcome.equal).toBe(true);
      expect(outcome.parts).toHaveLength(2);
      expect(outcome.parts.map(({ ended, skipped }) => [ended, skipped])).toEqual([
        [true, null],
        [true, null],
      ]);
      expect(outcome.parts.reduce((sum, { events }) => sum + events, 0)).toBeGreaterThan(100);
      expect(outcome.runs).toMatchObject([{ skipped: null }]);
      expect(outcome.runs[0]?.scores).toBeGreaterThan(0);
    }
    await expectNamed(run);
  });

  it('says of a run that went on from kept state what it cannot compare, and calls nothing equal that was not', async () => {
    const kept = mkdtempSync(join(tmpdir(), 'whalewatch-verify-'));
    try {
      const archive = join(kept, 'archive');
      for (let run = 0; run < 2; run++) {
        world = await LiveWorld.start({
          seed: SEED,
          pairs: ['BTC-USD'],
          config: { archive: { dir: archive }, state: { dir: join(kept, 'state'), everyS: 0.2 } },
        });
        await world.untilLive();
        await world.advance(1);
        await world.end();
      }
      const outcome = await verified(archive, 1);
      expect(outcome.first_difference).toBeNull();
      expect(outcome.equal).toBe(true);
      expect(outcome.parts.every(({ events, skipped }) => events > 0 && skipped === null)).toBe(true);
      expect(outcome.runs.map(({ skipped }) => skipped?.slice(0, 10) ?? null)).toEqual([null, 'it went on']);

      for (const { part } of outcome.parts) writeFileSync(join(archive, part, TRIMMED_FILE), '');
      const trimmed = await verified(archive, 1);
      expect(trimmed.first_difference).toBeNull();
      expect(trimmed.equal).toBe(false);
      expect(trimmed.runs.every(({ skipped }) => skipped !== null)).toBe(true);
    } finally {
      rmSync(kept, { recursive: true });
    }
  });
});
