/** The real clock: µs resolution from the runtime's monotonic clock, anchored to the time of day. */

import type { Clock } from '../ports/clock.ts';

/** A jump of the time of day by more than this is followed; less is left to the slewing of the system's time service. */
const STEP_US = 250_000;

/** A clock of this thread. Several of them may differ by a fraction of a millisecond. */
export function createSystemClock(): Clock {
  let offsetUs = performance.timeOrigin * 1000;
  let lastUs = 0;
  return {
    nowUs() {
      let now = Math.floor(offsetUs + performance.now() * 1000);
      // The monotonic clock stands still while a machine sleeps: catch up with the time of day. Never the other way.
      const aheadUs = Date.now() * 1000 - now;
      if (aheadUs > STEP_US) {
        offsetUs += aheadUs;
        now += aheadUs;
      }
      if (now > lastUs) lastUs = now;
      return lastUs;
    },
    setTimer(ms, fn) {
      const timer = setTimeout(fn, ms);
      return () => clearTimeout(timer);
    },
  };
}
