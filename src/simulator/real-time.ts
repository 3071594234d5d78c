/** How real time drives a simulator: in small, even steps that follow the host's monotonic clock. */

const STEP_MS = 10;
/** A host that was away for longer (asleep, stopped in a debugger) does not live through what it missed. */
const BACKLOG_US_MAX = 1_000_000;

export interface Driven {
  advanceTo(us: number): void;
  /** Time passes without anything happening. */
  leapTo(us: number): void;
}

/** Drives until the returned function is called. @param startUs simulated time of now, µs since the epoch */
export function startRealTime(startUs: number, driven: Driven): () => void {
  const startedMs = performance.now();
  let reachedUs = startUs;
  const timer = setInterval(() => {
    const dueUs = startUs + Math.round((performance.now() - startedMs) * 1_000);
    if (dueUs - reachedUs > BACKLOG_US_MAX) driven.leapTo(dueUs - STEP_MS * 1_000);
    driven.advanceTo(dueUs);
    reachedUs = dueUs;
  }, STEP_MS);
  return () => clearInterval(timer);
}
