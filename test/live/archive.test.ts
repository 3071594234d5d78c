import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { LiveWorld } from '../fixtures/live-world.ts';
import { runReplay } from '../replay/run-replay.ts';

const SEED = 'live-archive';
const FREEZE_US = 600_000_000;
let world: LiveWorld;

afterEach(async () => {
  await world.end();
});

/** What scoring has seen of each book, as digests of its events. */
async function hashes(): Promise<Readonly<Record<string, string>>> {
  await world.running.tree.caughtUp();
  const { scoring } = await world.running.tree.reports();
  const books = scoring.flatMap((shard) => Object.entries(shard.books));
  return Object.fromEntries(books.map(([name, { hash }]) => [name, hash]));
}

/** The archive's files, oldest first within each shard and venue. */
function captures(): string[] {
  const files = readdirSync(join(world.folder, 'archive'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.capture.ndjson.gz'))
    .map((file) => join(world.folder, 'archive', file))
    .sort();
}

describe(`the raw archive of a live run (seed ${SEED})`, () => {
  it('replays to the very same books, whatever went wrong live and however many shards replay it', async () => {
    world = await LiveWorld.start({
      seed: SEED,
      silenceMs: 2000,
      inFolder: (folder) => ({ archive: { dir: join(folder, 'archive') }, ingest: { shards: 2 } }),
    });
    await world.untilLive();
    await world.advance(3);
    for (const venue of ['binance', 'kraken'] as const) {
      world.simulator.dropNext(venue, 'BTC-USD');
      world.simulator.faultNext(venue, 'ETH-USD', 'duplicate');
      world.simulator.faultNext(venue, 'SOL-USDT', 'truncate');
    }
    await world.advance(3);
    world.simulator.disconnect('binance');
    await world.advance(1);
    world.simulator.freeze('kraken', FREEZE_US);
    await world.until(
      'silence',
      () => world.metrics(),
      ({ sum }) => sum('whalewatch_feed_reconnects_total', { exchange: 'kraken' }) > 0,
    );
    await world.untilLive();
    await world.advance(2);
    await world.untilEqual();
    const live = await hashes();
    await world.stopRun();

    expect(Object.keys(live).toSorted()).toEqual(world.names.toSorted());
    for (const shards of [1, 2, 4]) {
      const { report, malformed } = await runReplay(captures(), { shards });
      const replayed = Object.entries(report.books).map(([name, { hash }]) => [name, hash]);
      expect(malformed).toEqual([]);
      expect(Object.fromEntries(replayed), `${shards} shards`).toEqual(live);
      expect(report.gaps).toBeGreaterThan(0);
    }
  });
});
