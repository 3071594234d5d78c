import { expect, it } from 'vitest';

import { SessionBudgets } from './session-budgets.ts';
import { FakeClock } from './session-test-world.ts';

it('sessions share one client and one count of connections per host', () => {
  const budgets = new SessionBudgets({ clock: new FakeClock() });
  const weight = { budget: 6000, intervalMs: 60_000 };
  expect(budgets.rest('https://api.venue.test/', weight)).toBe(budgets.rest('https://api.venue.test', weight));
  expect(budgets.rest('https://api.other.test', weight)).not.toBe(budgets.rest('https://api.venue.test', weight));
  const limit = { count: 300, intervalMs: 300_000 };
  expect(budgets.connections('wss://ws.venue.test:9443', limit)).toBe(
    budgets.connections('wss://ws.venue.test:9443/', limit),
  );
});

it('a thread with a share of the address spends no more than that, but always something', () => {
  const limit = { count: 10, intervalMs: 1000 };
  const granted = (share: number): number => {
    const connects = new SessionBudgets({ clock: new FakeClock(), share }).connections('wss://venue.test', limit);
    return Array.from({ length: 20 }, () => connects.take(0, 1)).filter((waitUs) => waitUs === 0).length;
  };
  expect([granted(1), granted(0.25), granted(0.01)]).toEqual([10, 2, 1]);
});
