/**
 * Where a consumer stands in each book: the proof behind "at least once on the bus, exactly once in effect". What is
 * not newer than the position is dropped; what leaves a hole must not be taken.
 */

import type { EventHeader } from '../model/event.ts';
import type { MetricKind } from '../model/metric.ts';

/** Place of the next event of a book. */
export interface Position {
  readonly epoch: number;
  readonly nextSeq: number;
}

/** Positions by `exchange:symbol`, as a plain value. */
export type PositionMap = Readonly<Record<string, Position>>;

export type Verdict = 'new' | 'old' | 'hole';

/** Epochs are times: none is below zero. */
const NOWHERE = -1;

/** Names the position of one kind of metric in a book. */
export function metricKey(kind: MetricKind, book: string): string {
  return `${kind} ${book}`;
}

/** Behind the row of this time, of rows whose times only rise: they are their identity. */
export function timedPosition(timeUs: number): Position {
  return { epoch: timeUs, nextSeq: 0 };
}

/** Where a consumer stands in one book. */
export class BookPosition {
  private epoch = NOWHERE;
  private nextSeq = 0;
  /** Nothing has come but the word of a loss: where the book itself stands is not known yet. */
  private isLoose = true;

  /**
   * Judges an event and, where it is new, moves on past it. The first event of a book is always new: a consumer may
   * begin in mid-stream. An epoch begins with seq 0. That a shard was lost is the supervisor's word, which may come behind
   * the first events of the next epoch: a consumer that begins with it has yet to see the book's own first.
   */
  accept(header: EventHeader): Verdict {
    const { epoch, seq } = header;
    if (epoch !== this.epoch) {
      if (epoch < this.epoch) return 'old';
      if (seq !== 0 && !this.isLoose) return 'hole';
      this.isLoose &&= header.reason === 'shard-lost';
      this.epoch = epoch;
    } else if (seq !== this.nextSeq) {
      return seq < this.nextSeq ? 'old' : 'hole';
    }
    this.nextSeq = seq + header.span;
    return 'new';
  }

  /** Whether `accept` would call the event old. Moves nothing. */
  isOld({ epoch, seq }: EventHeader): boolean {
    return epoch < this.epoch || (epoch === this.epoch && seq < this.nextSeq);
  }

  /** Gives up the rest of the event's epoch: what follows of it is not newer any more. */
  skipEpoch({ epoch }: EventHeader): void {
    this.epoch = epoch;
    this.isLoose = false;
    this.nextSeq = Number.POSITIVE_INFINITY;
  }

  /** Goes on with an event as if everything before it had come. */
  skipTo({ epoch, seq, span }: EventHeader): void {
    this.epoch = epoch;
    this.isLoose = false;
    this.nextSeq = seq + span;
  }

  /** As `accept`, for results: their numbers are those of the rows they came from, so holes between them are normal. */
  acceptSparse(header: EventHeader): Verdict {
    const { epoch, seq } = header;
    if (epoch < this.epoch || (epoch === this.epoch && seq < this.nextSeq)) return 'old';
    this.epoch = epoch;
    this.isLoose = false;
    this.nextSeq = seq + header.span;
    return 'new';
  }

  /** For rows of time series: see `timedPosition`. */
  acceptTimed({ exchangeUs }: EventHeader): Verdict {
    if (exchangeUs <= this.epoch) return 'old';
    this.restore(timedPosition(exchangeUs));
    return 'new';
  }

  /** Null before the book's own first event. */
  get value(): Position | null {
    return this.isLoose ? null : { epoch: this.epoch, nextSeq: this.nextSeq };
  }

  /** @param position as `value` gave it */
  restore(position: Position | null): void {
    this.epoch = position?.epoch ?? NOWHERE;
    this.isLoose = position === null;
    this.nextSeq = position?.nextSeq ?? 0;
  }

  hasReached({ epoch, nextSeq }: Position): boolean {
    return this.epoch > epoch || (this.epoch === epoch && this.nextSeq >= nextSeq);
  }
}

export class Positions {
  private readonly byBook = new Map<string, BookPosition>();

  /** The position in one book, for whoever comes back to it: it stays the same object until `restore`. */
  of(key: string): BookPosition {
    let position = this.byBook.get(key);
    if (position === undefined) {
      position = new BookPosition();
      this.byBook.set(key, position);
    }
    return position;
  }

  /** See `BookPosition.accept`. */
  accept(key: string, header: EventHeader): Verdict {
    return this.of(key).accept(header);
  }

  /** See `BookPosition.acceptSparse`. */
  acceptSparse(key: string, header: EventHeader): Verdict {
    return this.of(key).acceptSparse(header);
  }

  /** Whether every book of `goal` has been reached or passed. */
  reached(goal: PositionMap): boolean {
    return this.firstMissing(goal) === null;
  }

  /** The first book that has not reached the goal, for messages to people; null where all have. */
  firstMissing(goal: PositionMap): string | null {
    for (const [key, wanted] of Object.entries(goal)) {
      if (this.byBook.get(key)?.hasReached(wanted) !== true) return key;
    }
    return null;
  }

  state(): PositionMap {
    const state: Record<string, Position> = {};
    for (const [key, { value }] of this.byBook) if (value !== null) state[key] = value;
    return state;
  }

  restore(state: PositionMap): void {
    this.byBook.clear();
    for (const [key, position] of Object.entries(state)) this.of(key).restore(position);
  }
}

/**
 * A consumer saw that events of a book are missing. It must not go on as if nothing were: it gives the book's epoch up, or
 * the bus is to deliver again from before.
 */
export class StreamHole extends Error {
  readonly book: string;

  constructor(book: string, header: EventHeader) {
    super(`events of ${book} are missing before epoch ${header.epoch}, seq ${header.seq}`);
    this.name = 'StreamHole';
    this.book = book;
  }
}
