/** Scored orders of the last hour by score, counted by the minute: a sliding hour that moves in steps of a minute. */

const MINUTES = 60;
const MINUTE_US = 60e6;
const SCORES = SCORE_MAX + 1;

export class HourCounts {
  private readonly counts = new Uint32Array(MINUTES * SCORES);
  private readonly totals = new Uint32Array(SCORES);
  /** The newest minute, counted from 1970. */
  private minute = 0;

  /** @param atUs times that fall back count for the newest minute */
  add(score: number, atUs: number): void {
    this.moveTo(atUs);
    const at = (this.minute % MINUTES) * SCORES + score;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.totals[score] = (this.totals[score] ?? 0) + 1;
  }

  /** Forgets what is older than an hour. Returns whether a total has changed. */
  moveTo(atUs: number): boolean {
    const minute = Math.floor(atUs / MINUTE_US);
    let isChanged = false;
    const first = Math.max(this.minute + 1, minute - MINUTES + 1);
    for (let passed = first; passed <= minute; passed++) isChanged = this.forget(passed % MINUTES) || isChanged;
    this.minute = Math.max(this.minute, minute);
    return isChanged;
  }

  /** Orders of the hour by score. */
  byScore(): number[] {
    return [...this.totals];
  }

  /** Orders of the hour with so many points or more. */
  from(score: number): number {
    let sum = 0;
    for (let one = score; one < SCORES; one++) sum += this.totals[one] ?? 0;
    return sum;
  }

  private forget(place: number): boolean {
    let isChanged = false;
    for (let score = 0; score < SCORES; score++) {
      const count = this.counts[place * SCORES + score] ?? 0;
      if (count === 0) continue;
      isChanged = true;
      this.totals[score] = (this.totals[score] ?? 0) - count;
      this.counts[place * SCORES + score] = 0;
    }
    return isChanged;
  }
}
import { SCORE_MAX } from '../api/keys.ts';
