/** The schedule that a sender keeps to and a receiver is measured against, on the one clock that both can read. */

/** When frames are due: the first at `startMs`, the others evenly behind it. */
export interface Pace {
  /** On the clock of `machineMs`. */
  readonly startMs: number;
  readonly framesPerSecond: number;
}

/** When a frame is due, on the clock of `machineMs`. @param index from 0 */
export function dueMs({ startMs, framesPerSecond }: Pace, index: number): number {
  return startMs + (index * 1000) / framesPerSecond;
}

/** Frames that are due by a moment, that moment included. */
export function dueBy({ startMs, framesPerSecond }: Pace, atMs: number): number {
  return Math.max(0, Math.floor(((atMs - startMs) * framesPerSecond) / 1000 + 1));
}

const TRIES = 100;

/** `performance.now` counts from the start of its process, `hrtime` from one moment that all processes share. */
const ORIGIN_MS = originMs();

/** The two are read one after the other; the try in which least time went by between them is the nearest to the truth. */
function originMs(): number {
  let nearest = Number.POSITIVE_INFINITY;
  let origin = NaN;
  for (let tried = 0; tried < TRIES; tried++) {
    const before = performance.now();
    const sharedMs = Number(process.hrtime.bigint()) / 1e6;
    const after = performance.now();
    if (after - before >= nearest) continue;
    nearest = after - before;
    origin = sharedMs - (before + after) / 2;
  }
  return origin;
}

/** Time of the machine's monotonic clock, the same in all its processes, ms with a fraction of a µs. */
export function machineMs(): number {
  return ORIGIN_MS + performance.now();
}
