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
import type { BookNames } from './by-book.ts';
import { ByBook } from './by-book.ts';
import type { CanonicalBuffer, LedgerPart } from './ledger.ts';
import { Ledger } from './ledger.ts';
import type { BookPosition, Position } from './positions.ts';
import { Positions, StreamHole } from './positions.ts';

export interface ScoringEffects {
  /** A result for the bus. The view is valid during the call only. */
  emit(view: ScoreView): void;
  /** Events of a book are missing on the bus: it is given up until its next epoch. Where absent, `step` throws instead. */
  lost?(hole: StreamHole): void;
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

/** Names what `ScoredBookState` means; the number rises with every change of that. */
export const SCORING_LAYOUT = 'scoring/1';

/** All that is known of one book, as a plain value: books do not depend on each other, so each can be kept by itself. */
export interface ScoredBookState extends BookNames {
  readonly position: Position | null;
  readonly model: string;
  readonly scorer: ScorerState<unknown>;
  readonly ledger: LedgerPart;
  /** Scores by value; `none` where it abstained. */
  readonly scores: Readonly<Record<string, number>>;
}

/** The whole state of a scoring shard. */
export type ScoringState = readonly ScoredBookState[];

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
  /** Where the last score of each book stands, of those that were given since the start: no part of the state. */
  readonly results = new Positions();
  readonly ledger: Ledger;
  private readonly modelOf: ScoringOptions['modelOf'];
  /** By exchange and model. */
  private readonly fitted = new Map<string, ModelFit>();
  private readonly effects: ScoringEffects;
  private readonly score = emptyScore();
  private readonly byName = new ByBook<ScoredBook>();
  private readonly inOrder: ScoredBook[] = [];
  /** The book whose event is being taken in. */
  private current: ScoredBook | null = null;

  constructor({ modelOf, newBuffer, effects }: ScoringOptions) {
    this.modelOf = modelOf;
    this.effects = effects;
    this.ledger = new Ledger(newBuffer);
  }

  /** How well each model fits the orders of each exchange, over all its pairs. A rolling sample: no part of the state. */
  fits(): Iterable<ModelFit> {
    return this.fitted.values();
  }

  /** Scores by exchange. */
  get tallies(): Map<string, ScoreTally> {
    const tallies = new Map<string, ScoreTally>();
    for (const { exchange, tally } of this.inOrder) {
      const total = tallies.get(exchange) ?? new ScoreTally();
      total.addCounts(tally.toRecord());
      tallies.set(exchange, total);
    }
    return tallies;
  }

  /** Scores by value, of all exchanges; `none` where the score abstained. */
  get scores(): Record<string, number> {
    const total = new ScoreTally();
    for (const { tally } of this.inOrder) total.addCounts(tally.toRecord());
    return total.toRecord();
  }

  /** How many books there are; they are counted in the order in which they came. */
  get books(): number {
    return this.inOrder.length;
  }

  /**
   * Takes one event.
   * @throws StreamHole where events before it are missing, and nobody wants to hear of it
   */
  step(view: EventView): void {
    const { header } = view;
    const book = this.bookOf(header);
    const verdict = book.position.accept(header);
    if (verdict === 'old') return;
    if (verdict === 'hole') {
      this.onHole(book, header);
      return;
    }
    this.ledger.add(book.key, view);
    this.effects.observe?.(view);
    if (view.kind === 'book.delta') scoreBookEvent(book.model, book.scorer, view, this.score, this.onScore);
  }

  /** The state of one book. It shares what it holds with the shard: whoever keeps it copies it. */
  bookState(index: number): ScoredBookState {
    const { exchange, symbol, key, position, model, scorer, tally } = this.inOrder[index] as ScoredBook;
    return {
      exchange,
      symbol,
      position: position.value,
      model: model.name,
      scorer,
      ledger: this.ledger.part(key),
      scores: tally.toRecord(),
    };
  }

  /** Goes on with a book as it was; the value is the shard's from now on. The book must be new to it. */
  resume({ exchange, symbol, position, model, scorer, ledger, scores }: ScoredBookState): void {
    // Where another model was chosen meanwhile, it begins anew.
    const isSame = this.modelOf(exchange, symbol).name === model;
    const book = this.open({ exchange, symbol }, isSame ? scorer : null);
    book.position.restore(position);
    book.tally.addCounts(scores);
    this.ledger.restore(book.key, ledger);
  }

  /** The state as a plain value; later steps do not change it. */
  state(): ScoringState {
    return structuredClone(this.inOrder.map((_, index) => this.bookState(index)));
  }

  restore(state: ScoringState): void {
    this.byName.clear();
    this.inOrder.length = 0;
    this.current = null;
    this.positions.restore({});
    this.results.restore({});
    this.ledger.clear();
    for (const book of structuredClone(state)) this.resume(book);
  }

  /** Gives a book up until its next epoch: an event cannot be taken in. What was learned of it stays. */
  giveUp(header: EventHeader): void {
    const { position } = this.bookOf(header);
    if (!position.isOld(header)) position.skipEpoch(header);
  }

  private onHole(book: ScoredBook, header: EventHeader): void {
    const hole = new StreamHole(book.key, header);
    if (this.effects.lost === undefined) throw hole;
    book.position.skipEpoch(header);
    this.effects.lost(hole);
  }

  private readonly onScore = (score: ScoreView): void => {
    const { current: book } = this;
    if (book === null) return;
    book.tally.add(score);
    book.fit.add(score.z);
    book.result.acceptSparse(score.header);
    this.effects.emit(score);
  };

  private bookOf(header: EventHeader): ScoredBook {
    const book = this.byName.get(header) ?? this.open(header, null);
    this.current = book;
    return book;
  }

  private open({ exchange, symbol }: BookNames, known: ScorerState<unknown> | null): ScoredBook {
    const model = this.modelOf(exchange, symbol);
    const scorer = known ?? initialScorer(model);
    const fit = this.fitOf(exchange, model.name);
    const key = `${exchange}:${symbol}`;
    const position = this.positions.of(key);
    const result = this.results.of(key);
    const book = { exchange, symbol, key, position, result, model, scorer, fit, tally: new ScoreTally() };
    this.byName.set(book, book);
    this.inOrder.push(book);
    return book;
  }

  private fitOf(exchange: string, model: string): GoodnessOfFit {
    const key = `${exchange} ${model}`;
    const fit = this.fitted.get(key)?.fit ?? new GoodnessOfFit();
    this.fitted.set(key, { exchange, model, fit });
    return fit;
  }
}
