import type { ScoreView } from '../model/event.ts';

/** What a score may be: its value as text, or `none` where it abstained. */
export const SCORE_VALUES = ['0', '1', '2', '3', '4', '5', '6', 'none'] as const;
export type ScoreValue = (typeof SCORE_VALUES)[number];

const NONE = SCORE_VALUES.indexOf('none');

/** Scores counted by their value. */
export class ScoreTally {
  private readonly counts = new Float64Array(SCORE_VALUES.length);

  add({ score }: ScoreView): void {
    const at = Number.isNaN(score) ? NONE : score;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
  }

  addCounts(counts: Readonly<Record<string, number>>): void {
    for (const [at, value] of SCORE_VALUES.entries()) this.counts[at] = (this.counts[at] ?? 0) + (counts[value] ?? 0);
  }

  /** By value, those that never came included. */
  toRecord(): Record<ScoreValue, number> {
    return Object.fromEntries(SCORE_VALUES.map((value, at) => [value, this.counts[at] ?? 0])) as Record<
      ScoreValue,
      number
    >;
  }
}
