/** A program that goes on from kept state behind a clock that was set back. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { EpochMark } from '../../src/app/epoch-mark.ts';
import { FileKeeper } from '../../src/storage/file-keeper.ts';
import { LiveWorld } from '../fixtures/live-world.ts';
import { SteppedClock } from '../fixtures/stepped-clock.ts';

const SEED = 'live-clock-set-back';
const HOUR_US = 3_600_000_000;
const state = mkdtempSync(join(tmpdir(), 'whalewatch-clock-'));
let world: LiveWorld;

afterEach(async () => {
  await world.end();
});
afterAll(() => rmSync(state, { recursive: true }));

interface Rows {
  readonly count: number;
  readonly firstEpoch: number;
  readonly lastEpoch: number;
}

/** Scores of a run that begins from the state that is there. */
async function run(): Promise<Rows> {
  world = await LiveWorld.start({
    seed: SEED,
    pairs: ['BTC-USD'],
    config: { state: { dir: state, everyS: 0.2 }, scoring: { minOrders: 20 } },
  });
  await world.untilLive();
  await world.advance(4);
  await world.running.tree.caughtUp();
  const [[count, firstEpoch, lastEpoch] = []] = await world.rows(
    'SELECT count(*), min(epoch), max(epoch) FROM new_orders',
  );
  await world.end();
  return { count: Number(count), firstEpoch: Number(firstEpoch), lastEpoch: Number(lastEpoch) };
}

describe(`a run that goes on from the state of one whose clock was an hour ahead (seed ${SEED})`, () => {
  it('scores orders at once, in epochs behind all that were', async () => {
    const aheadUs = Date.now() * 1000 + HOUR_US;
    const onFailure = (error: unknown): never => {
      throw error;
    };
    const keeper = await FileKeeper.open(state);
    const earlier = { keeper, clock: new SteppedClock(aheadUs), everyMs: 1000, onFailure };
    await (await EpochMark.open(earlier)).close();

    const first = await run();
    expect(first.count).toBeGreaterThan(50);
    expect(first.firstEpoch).toBeGreaterThan(aheadUs);
    const second = await run();
    expect(second.count).toBeGreaterThan(50);
    expect(second.firstEpoch).toBeGreaterThan(first.lastEpoch);
  });
});
