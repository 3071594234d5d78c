/**
 * The one rule for time in analytics. A pair's clock is the greatest time of its deltas and trades so far: it never runs
 * back. (Snapshots and words on the book's state do not move it: many have the receiver's time.)
 *
 * - What is sampled (spread, depth, best levels) is the book as it stood when the clock passed the full second. Depth and best levels
 *   are told by the book itself (`book.sample`), at least as often as this clock passes one.
 * - What is summed (liquidity, bars) goes into the window of its own time. A window closes when the clock has passed its end
 *   by the lateness allowed; what comes for it later is left out and counted as `late`.
 * - What claims to be more than a minute ahead of its own receipt has no believable time: it moves no clock, goes into no
 *   window, and is counted as `early`.
 */

/** How far an event's time may be ahead of its receipt, µs. Receivers' clocks are seldom so wrong. */
export const AHEAD_US_MAX = 60_000_000;

/** A plain value. */
export interface EventClock {
  /** µs since the epoch; -Infinity before the first event. */
  nowUs: number;
  /** Events whose time was not believed. */
  early: number;
}

export function initialClock(): EventClock {
  return { nowUs: Number.NEGATIVE_INFINITY, early: 0 };
}

/** Moves the clock on to an event, if that is ahead. @returns false where its time is not believed */
export function advanceClock(clock: EventClock, timeUs: number, receiveUs: number): boolean {
  if (timeUs > receiveUs + AHEAD_US_MAX) {
    clock.early++;
    return false;
  }
  if (timeUs > clock.nowUs) clock.nowUs = timeUs;
  return true;
}
