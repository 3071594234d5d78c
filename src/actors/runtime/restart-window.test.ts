import { expect, it } from 'vitest';
import { RestartWindow } from './restart-window.ts';

it.each([
  { name: 'allows as many as the intensity', times: [0, 1, 2], allowed: [true, true, true] },
  { name: 'refuses one more within the period', times: [0, 1, 2, 3], allowed: [true, true, true, false] },
  { name: 'forgets what is a whole period ago', times: [0, 1, 2, 1000], allowed: [true, true, true, true] },
  { name: 'counts what is a moment less ago', times: [0, 1, 2, 999], allowed: [true, true, true, false] },
  { name: 'slides', times: [0, 500, 900, 1100, 1400], allowed: [true, true, true, true, false] },
  { name: 'counts refused ones, too', times: [0, 1, 2, 3, 1002], allowed: [true, true, true, false, true] },
])('$name', ({ times, allowed }) => {
  const window = new RestartWindow({ maxRestarts: 3, periodMs: 1000 });
  expect(times.map((time) => window.allow(time))).toEqual(allowed);
});

it('allows none where none is allowed', () => {
  const window = new RestartWindow({ maxRestarts: 0, periodMs: 1000 });
  expect(window.allow(0)).toBe(false);
  expect(window.allow(5000)).toBe(false);
});

it('counts the restarts of the period', () => {
  const window = new RestartWindow({ maxRestarts: 5, periodMs: 1000 });
  expect(window.count).toBe(0);
  for (const time of [0, 10, 20]) window.allow(time);
  expect(window.count).toBe(3);
  window.allow(1015);
  expect(window.count).toBe(2);
});
