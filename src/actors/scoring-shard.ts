/**
 * Scoring of one shard: a scorer per pair, fed by the bus only. A pure function of the events: time comes from them,
 * and what was taken in before is dropped, so that a repeated delivery changes nothing. A book that is not live is not
 * scored; nor is one whose ingest shard was lost, until its next snapshot.
 */

import type { EventView, ScoreView } from '../model/event.ts';
import type { SizeModel } from '../scoring/size-model.ts';
import type { ScorerState } from '../scoring/whale-score.ts';
import { emptyScore, initialScorer, scoreBookEvent } from '../scoring/whale-score.ts';
import type { Canonicalize, LedgerState } from './ledger.ts';
import { Ledger } from './ledger.ts';
import type { PositionMap } from './positions.ts';
import { Positions, StreamHole } from './positions.ts';

export interface ScoringEffects {
  /** A result for the bus. The view is valid during the call only. */
  emit(view: ScoreView): void;
  /** Every event that was new, before it is scored. */
  observe?(view: EventView): void;
}

export interface ScoringOptions {
  readonly model: SizeModel<unknown>;
  readonly canonicalize: Canonicalize;
  readonly effects: ScoringEffects;
}

/** The whole state of a scoring shard as a plain value. */
export interface ScoringState {
  readonly model: string;
  readonly positions: PositionMap;
  /** Where the last score of each book stands. */
  readonly results: PositionMap;
  readonly scorers: readonly { readonly book: string; readonly state: ScorerState<unknown> }[];
  readonly ledger: LedgerState;
  /** Scores by value; `none` where it abstained. */
  readonly scores: Readonly<Record<string, number>>;
}

export class ScoringShard {
  readonly positions = new Positions();
  readonly results = new Positions();
  readonly ledger: Ledger;
  /** Scores by value; `none` where the score abstained. */
  scores: Record<string, number> = { none: 0, '0': 0, '1': 0, '2': 0, '3': 0, '4': 0, '5': 0, '6': 0 };
  private readonly model: SizeModel<unknown>;
  private readonly effects: ScoringEffects;
  private readonly scorers = new Map<string, ScorerState<unknown>>();
  private readonly score = emptyScore();

  constructor({ model, canonicalize, effects }: ScoringOptions) {
    this.model = model;
    this.effects = effects;
    this.ledger = new Ledger(canonicalize);
  }

  /**
   * Takes one event.
   * @throws StreamHole where events before it are missing
   */
  step(view: EventView): void {
    const key = `${view.header.exchange}:${view.header.symbol}`;
    const verdict = this.positions.accept(key, view.header);
    if (verdict === 'old') return;
    if (verdict === 'hole') throw new StreamHole(key, view.header);
    this.ledger.add(key, view);
    this.effects.observe?.(view);
    if (view.kind !== 'book.delta') return;
    let scorer = this.scorers.get(key);
    if (scorer === undefined) {
      scorer = initialScorer(this.model);
      this.scorers.set(key, scorer);
    }
    scoreBookEvent(this.model, scorer, view, this.score, (score) => {
      const value = Number.isNaN(score.score) ? 'none' : String(score.score);
      this.scores[value] = (this.scores[value] ?? 0) + 1;
      this.results.acceptSparse(key, score.header);
      this.effects.emit(score);
    });
  }

  /** The state as a plain value; later steps do not change it. */
  state(): ScoringState {
    return {
      model: this.model.name,
      positions: this.positions.state(),
      results: this.results.state(),
      scorers: [...this.scorers].map(([book, state]) => ({ book, state: structuredClone(state) })),
      ledger: this.ledger.state(),
      scores: { ...this.scores },
    };
  }

  restore(state: ScoringState): void {
    this.positions.restore(state.positions);
    this.results.restore(state.results);
    this.scorers.clear();
    for (const { book, state: scorer } of state.scorers) this.scorers.set(book, structuredClone(scorer));
    this.ledger.restore(state.ledger);
    this.scores = { ...state.scores };
  }
}
