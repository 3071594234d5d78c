import { expect, it } from 'vitest';
import { createSystemClock } from '../exchanges/system-clock.ts';
import { epochOfLoss, lostStatus } from './supervisor-bus.ts';

const START_MS = 1_700_000_000_000;

it('says that a shard is lost in an epoch above its own, though the clock of its thread is ahead', () => {
  const host = { monotonicMs: 0, aheadMs: 0 };
  const clock = () => {
    const bornMs = host.monotonicMs;
    return createSystemClock({
      originMs: START_MS + bornMs + host.aheadMs,
      monotonicMs: () => host.monotonicMs - bornMs,
      timeOfDayMs: () => START_MS + host.monotonicMs + host.aheadMs,
      setTimer: () => () => undefined,
    });
  };
  const supervisor = clock();
  // The time service slews the time of day by less than a step, which clocks that run do not follow.
  Object.assign(host, { monotonicMs: 60_000, aheadMs: 240 });
  const shard = clock();
  host.monotonicMs += 5000;
  const epoch = shard.nowUs();
  const atUs = supervisor.nowUs();
  expect(epoch).toBeGreaterThan(atUs);
  const { header } = lostStatus({ exchange: 'kraken', symbol: 'BTC-USD', venueSymbol: 'BTC/USD' }, atUs, 'killed');
  expect(header.epoch).toBeGreaterThan(epoch);
  expect(header).toMatchObject({ epoch: epochOfLoss(atUs), receiveUs: atUs, state: 'stale', reason: 'shard-lost' });
});
