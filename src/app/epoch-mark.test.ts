import { expect, it } from 'vitest';
import type { StateKeeper } from '../ports/state-keeper.ts';
import { MemoryKeeper, memoryPlace } from '../storage/memory-keeper.ts';
import { SteppedClock } from '../../test/fixtures/stepped-clock.ts';
import { EpochMark } from './epoch-mark.ts';

const HOUR_MS = 3_600_000;
const EVERY_MS = 10_000;
const T0 = 1_800_000_000_000_000;

function newKeeper(): StateKeeper {
  return new MemoryKeeper({ epochs: memoryPlace() });
}

function open(keeper: StateKeeper | null, clock: SteppedClock): Promise<EpochMark> {
  const onFailure = (error: unknown): never => {
    throw error;
  };
  return EpochMark.open({ keeper, clock, everyMs: EVERY_MS, onFailure });
}

it('is the time as long as the clock was never set back', async () => {
  const keeper = newKeeper();
  for (const startedUs of [T0, T0 + 1_000_000, T0 + 1_000_000_000]) {
    const clock = new SteppedClock(startedUs);
    const mark = await open(keeper, clock);
    expect(mark.nowUs()).toBe(startedUs);
    clock.pass(500);
    expect(mark.nowUs()).toBe(startedUs + 500_000);
    await mark.close();
  }
});

it('goes on from what was kept, again and again, where the clock was set back', async () => {
  const keeper = newKeeper();
  let lastUs = 0;
  for (const startedUs of [T0, T0 - HOUR_MS * 1000, T0 - 2 * HOUR_MS * 1000]) {
    const clock = new SteppedClock(startedUs);
    const mark = await open(keeper, clock);
    expect(mark.nowUs()).toBeGreaterThanOrEqual(lastUs);
    clock.pass(60_000);
    lastUs = mark.nowUs();
    await mark.close();
  }
  expect(lastUs).toBe(T0 + 3 * 60_000_000);
});

it('is kept while the program runs, for one that ends without a word', async () => {
  const keeper = newKeeper();
  const clock = new SteppedClock(T0);
  await open(keeper, clock);
  for (let round = 1; round <= 3; round++) {
    clock.pass(EVERY_MS);
    const keptUs = T0 + round * EVERY_MS * 1000;
    await expect.poll(async () => (await open(keeper, new SteppedClock(0))).nowUs()).toBe(keptUs);
  }
});

it('is the time where nothing is kept, or nothing that can be read', async () => {
  const clock = new SteppedClock(T0);
  const nowhere = await open(null, clock);
  clock.pass(2 * EVERY_MS);
  expect(nowhere.nowUs()).toBe(clock.nowUs());
  await nowhere.close();

  const keeper = newKeeper();
  const draft = await keeper.draft('epochs');
  await draft.write(Uint8Array.of(0xff, 0x41));
  await draft.commit();
  expect((await open(keeper, clock)).nowUs()).toBe(clock.nowUs());
});
