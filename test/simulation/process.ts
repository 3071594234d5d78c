/**
 * One incarnation of a thread of the product: its clock, and the walls around it. What reaches it from outside comes through
 * `enter`, so that nothing reaches one that has died, and one that stands still is late and keeps the order.
 */

import { createSystemClock } from '../../src/exchanges/system-clock.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Timeline } from './timeline.ts';

/** The time of day of the simulated host, which people and time services set. */
export interface HostTime {
  /** How far it is ahead of the true time, µs. */
  offsetUs: number;
}

interface Happening {
  readonly act: () => void;
  readonly turns: number;
  isCancelled: boolean;
}

export class Incarnation {
  readonly clock: Clock;
  isAlive = true;
  private readonly timeline: Timeline;
  private stalledUntilUs = 0;
  /** What came while it stood still, in order. */
  private readonly held: Happening[] = [];

  constructor(timeline: Timeline, host: HostTime) {
    this.timeline = timeline;
    const bornUs = timeline.nowUs;
    // The product's own clock of a thread, over a host whose time is the simulation's.
    this.clock = createSystemClock({
      originMs: (bornUs + host.offsetUs) / 1000,
      monotonicMs: () => (timeline.nowUs - bornUs) / 1000,
      timeOfDayMs: () => (timeline.nowUs + host.offsetUs) / 1000,
      setTimer: (ms, fn) => this.after(ms * 1000, fn),
    });
  }

  /** Something that happens to it, `delayUs` from now or when it moves again. @returns cancels it */
  after(delayUs: number, act: () => void, turns = 1): () => void {
    const happening: Happening = { act, turns, isCancelled: false };
    const arrive = (): void => {
      if (!this.isAlive || happening.isCancelled) return;
      if (this.held.length === 0 && this.stalledUntilUs <= this.timeline.nowUs) act();
      else this.held.push(happening);
    };
    this.timeline.after(delayUs, arrive, turns);
    return () => {
      happening.isCancelled = true;
    };
  }

  /** Its thread is held up for so long. */
  stall(us: number): void {
    this.stalledUntilUs = Math.max(this.stalledUntilUs, this.timeline.nowUs + us);
    this.timeline.after(us, () => this.goOn(), 0);
  }

  /** One after the other, and what comes meanwhile behind them. */
  private goOn(): void {
    if (!this.isAlive || this.stalledUntilUs > this.timeline.nowUs) return;
    const next = this.held[0];
    if (next === undefined) return;
    this.timeline.after(
      0,
      () => {
        if (this.held[0] !== next) return;
        if (this.isAlive && !next.isCancelled) next.act();
        this.held.shift();
        this.goOn();
      },
      next.turns,
    );
  }

  /** It ends in the midst of whatever it does: nothing reaches it, and nothing comes from it any more. */
  die(): void {
    this.isAlive = false;
  }
}
