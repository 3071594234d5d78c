/**
 * Scoring of one shard: a scorer per pair, fed by the bus only. A pure function of the events: time comes from them,
 * and what was taken in before is dropped, so that a repeated delivery changes nothing. A book that is not live is not
 * scored; nor is one whose ingest shard was lost, until its next snapshot.
 */

import type { EventHeader, EventView, ScoreView } from '../model/event.ts';
import { GoodnessOfFit } from '../scoring/goodness-of-fit.ts';
import { ScoreTally } from '../scoring/score-tally.ts';
import type { SizeModel } from '../scoring/size-model.ts';
import type { ScorerState } from '../scoring/whale-score.ts';
import { emptyScore, initialScorer, scoreBookEvent } from '../scoring/whale-score.ts';
import type { CanonicalBuffer, LedgerState } from './ledger.ts';
import { Ledger } from './ledger.ts';
import type { BookPosition, PositionMap } from './positions.ts';
import { Positions, StreamHole } from './positions.ts';

export interface ScoringEffects {
  /** A result for the bus. The view is valid during the call only. */
  emit(view: ScoreView): void;
  /** Every event that was new, before it is scored. */
  observe?(view: EventView): void;
}

export interface ScoringOptions {
  /** The size model of a pair. */
  readonly modelOf: (exchange: string, symbol: string) => SizeModel<unknown>;
  /** An empty buffer for the ledger of a further book. */
  readonly newBuffer: () => CanonicalBuffer;
  readonly effects: ScoringEffects;
}

interface BookNames {
  readonly exchange: string;
  readonly symbol: string;
}

/** The whole state of a scoring shard as a plain value. */
export interface ScoringState {
  readonly positions: PositionMap;
  /** Where the last score of each book stands. */
  readonly results: PositionMap;
  readonly scorers: readonly ({ readonly model: string; readonly state: ScorerState<unknown> } & BookNames)[];
  readonly ledger: LedgerState;
  /** Scores by value, per exchange; `none` where it abstained. */
  readonly scores: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface ModelFit {
  readonly exchange: string;
  readonly model: string;
  readonly fit: GoodnessOfFit;
}

interface ScoredBook extends BookNames {
  /** `exchange:symbol`. */
  readonly key: string;
  readonly position: BookPosition;
  readonly result: BookPosition;
  readonly model: SizeModel<unknown>;
  readonly scorer: ScorerState<unknown>;
  readonly fit: GoodnessOfFit;
  readonly tally: ScoreTally;
}

export class ScoringShard {
  readonly positions = new Positions();
  readonly results = new Positions();
  readonly ledger: Ledger;
  /** Scores by exchange. */
  readonly tallies = new Map<string, ScoreTally>();
  private readonly modelOf: ScoringOptions['modelOf'];
  /** By exchange and model. */
  private readonly fitted = new Map<string, ModelFit>();
  private readonly effects: ScoringEffects;
  private readonly score = emptyScore();
  private readonly books = new Map<string, ScoredBook>();
  /** The book of the last event: the next is most often of the same one. */
  private last: ScoredBook | null = null;

  constructor({ modelOf, newBuffer, effects }: ScoringOptions) {
    this.modelOf = modelOf;
    this.effects = effects;
    this.ledger = new Ledger(newBuffer);
  }

  /** How well each model fits the orders of each exchange, over all its pairs. A rolling sample: no part of the state. */
  fits(): Iterable<ModelFit> {
    return this.fitted.values();
  }

  /** Scores by value, of all exchanges; `none` where the score abstained. */
  get scores(): Record<string, number> {
    const total = new ScoreTally();
    for (const tally of this.tallies.values()) total.addCounts(tally.toRecord());
    return total.toRecord();
  }

  /**
   * Takes one event.
   * @throws StreamHole where events before it are missing
   */
  step(view: EventView): void {
    const { header } = view;
    const book = this.bookOf(header);
    const verdict = book.position.accept(header);
    if (verdict === 'old') return;
    if (verdict === 'hole') throw new StreamHole(book.key, header);
    this.ledger.add(book.key, view);
    this.effects.observe?.(view);
    if (view.kind === 'book.delta') scoreBookEvent(book.model, book.scorer, view, this.score, this.onScore);
  }

  /** The state as a plain value; later steps do not change it. */
  state(): ScoringState {
    return {
      positions: this.positions.state(),
      results: this.results.state(),
      scorers: [...this.books.values()].map(({ exchange, symbol, model, scorer }) => ({
        exchange,
        symbol,
        model: model.name,
        state: structuredClone(scorer),
      })),
      ledger: this.ledger.state(),
      scores: Object.fromEntries([...this.tallies].map(([exchange, tally]) => [exchange, tally.toRecord()])),
    };
  }

  restore(state: ScoringState): void {
    this.books.clear();
    this.last = null;
    this.positions.restore(state.positions);
    this.results.restore(state.results);
    this.ledger.restore(state.ledger);
    this.tallies.clear();
    for (const [exchange, counts] of Object.entries(state.scores)) this.tallyOf(exchange).addCounts(counts);
    for (const { state: scorer, model, ...names } of state.scorers) {
      // Where another model was chosen meanwhile, it begins anew.
      const isSame = this.modelOf(names.exchange, names.symbol).name === model;
      this.open(names, isSame ? structuredClone(scorer) : null);
    }
  }

  private readonly onScore = (score: ScoreView): void => {
    const { last } = this;
    if (last === null) return;
    last.tally.add(score);
    last.fit.add(score.z);
    last.result.acceptSparse(score.header);
    this.effects.emit(score);
  };

  private bookOf({ exchange, symbol }: EventHeader): ScoredBook {
    const { last } = this;
    if (last !== null && last.symbol === symbol && last.exchange === exchange) return last;
    const book = this.books.get(`${exchange}:${symbol}`) ?? this.open({ exchange, symbol }, null);
    this.last = book;
    return book;
  }

  private open({ exchange, symbol }: BookNames, known: ScorerState<unknown> | null): ScoredBook {
    const model = this.modelOf(exchange, symbol);
    const scorer = known ?? initialScorer(model);
    const fit = this.fitOf(exchange, model.name);
    const key = `${exchange}:${symbol}`;
    const position = this.positions.of(key);
    const result = this.results.of(key);
    const tally = this.tallyOf(exchange);
    const book = { exchange, symbol, key, position, result, model, scorer, fit, tally };
    this.books.set(key, book);
    return book;
  }

  private fitOf(exchange: string, model: string): GoodnessOfFit {
    const key = `${exchange} ${model}`;
    const fit = this.fitted.get(key)?.fit ?? new GoodnessOfFit();
    this.fitted.set(key, { exchange, model, fit });
    return fit;
  }

  private tallyOf(exchange: string): ScoreTally {
    let tally = this.tallies.get(exchange);
    if (tally === undefined) {
      tally = new ScoreTally();
      this.tallies.set(exchange, tally);
    }
    return tally;
  }
}
