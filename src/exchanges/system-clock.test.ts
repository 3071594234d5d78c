import { afterEach, expect, it, vi } from 'vitest';

import { createSystemClock } from './system-clock.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

it('never falls and tells microseconds apart', () => {
  const clock = createSystemClock();
  const times = Array.from({ length: 20_000 }, () => clock.nowUs());
  expect(times.every((time, i) => Number.isSafeInteger(time) && time >= (times[i - 1] ?? 0))).toBe(true);
  // Millisecond resolution would leave a handful of distinct values here.
  expect(new Set(times).size).toBeGreaterThan(1000);
  expect(Math.abs(clock.nowUs() - Date.now() * 1000)).toBeLessThan(300_000);
});

it('follows the time of day forward after a sleep, and not backward', () => {
  const clock = createSystemClock();
  const before = clock.nowUs();
  const wall = Date.now();
  const now = vi.spyOn(Date, 'now').mockReturnValue(wall + 3_600_000);
  const later = clock.nowUs();
  expect(later - before).toBeGreaterThan(3_599_000_000);
  now.mockReturnValue(wall);
  expect(clock.nowUs()).toBeGreaterThanOrEqual(later);
});

it('fires a timer once, and not one that was cancelled', async () => {
  const clock = createSystemClock();
  const fired: string[] = [];
  const cancel = clock.setTimer(1, () => fired.push('cancelled'));
  cancel();
  await new Promise<void>((resolve) => {
    clock.setTimer(2, () => {
      fired.push('kept');
      resolve();
    });
  });
  expect(fired).toEqual(['kept']);
});
