/** The real clock: µs resolution from the runtime's monotonic clock, anchored to the time of day. */

import type { Clock } from '../ports/clock.ts';

/** A jump of the time of day by more than this is followed; less is left to the slewing of the system's time service. */
export const STEP_US = 250_000;

/** What the runtime knows of the time. */
export interface TimeSource {
  /** The time of day at which the monotonic clock stood at zero, ms since the epoch. */
  readonly originMs: number;
  /** The monotonic clock, ms. */
  monotonicMs(): number;
  /** The time of day, ms since the epoch. It may be set, in either direction. */
  timeOfDayMs(): number;
  setTimer: Clock['setTimer'];
}

const RUNTIME: TimeSource = {
  originMs: performance.timeOrigin,
  monotonicMs: () => performance.now(),
  timeOfDayMs: () => Date.now(),
  setTimer(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
};

/** A clock of this thread. Several of them differ by as much as the time of day was slewed between their beginnings. */
export function createSystemClock(source: TimeSource = RUNTIME): Clock {
  let offsetUs = source.originMs * 1000;
  let lastUs = 0;
  return {
    nowUs() {
      let now = Math.floor(offsetUs + source.monotonicMs() * 1000);
      // The monotonic clock stands still while a machine sleeps: catch up with the time of day. Never the other way.
      const aheadUs = source.timeOfDayMs() * 1000 - now;
      if (aheadUs > STEP_US) {
        offsetUs += aheadUs;
        now += aheadUs;
      }
      if (now > lastUs) lastUs = now;
      return lastUs;
    },
    setTimer: (ms, fn) => source.setTimer(ms, fn),
  };
}
