/**
 * Where a consumer stands in each book: the proof behind "at least once on the bus, exactly once in effect". What is
 * not newer than the position is dropped; what leaves a hole must not be taken.
 */

import type { EventHeader } from '../model/event.ts';

/** Place of the next event of a book. */
export interface Position {
  readonly epoch: number;
  readonly nextSeq: number;
}

/** Positions by `exchange:symbol`, as a plain value. */
export type PositionMap = Readonly<Record<string, Position>>;

export type Verdict = 'new' | 'old' | 'hole';

export class Positions {
  private readonly byBook = new Map<string, { epoch: number; nextSeq: number }>();

  /**
   * Judges an event and, where it is new, moves on past it. The first event of a book is always new: a consumer may
   * begin in mid-stream. An epoch begins with seq 0.
   */
  accept(key: string, header: EventHeader): Verdict {
    const at = this.byBook.get(key);
    const nextSeq = header.seq + header.span;
    if (at === undefined) {
      this.byBook.set(key, { epoch: header.epoch, nextSeq });
      return 'new';
    }
    if (header.epoch < at.epoch) return 'old';
    if (header.epoch > at.epoch) {
      if (header.seq !== 0) return 'hole';
      at.epoch = header.epoch;
      at.nextSeq = nextSeq;
      return 'new';
    }
    if (header.seq < at.nextSeq) return 'old';
    if (header.seq > at.nextSeq) return 'hole';
    at.nextSeq = nextSeq;
    return 'new';
  }

  /** As `accept`, for results: their numbers are those of the rows they came from, so holes between them are normal. */
  acceptSparse(key: string, header: EventHeader): Verdict {
    const at = this.byBook.get(key);
    const isOld =
      at !== undefined && (header.epoch < at.epoch || (header.epoch === at.epoch && header.seq < at.nextSeq));
    if (isOld) return 'old';
    this.byBook.set(key, { epoch: header.epoch, nextSeq: header.seq + header.span });
    return 'new';
  }

  /** Whether every book of `goal` has been reached or passed. */
  reached(goal: PositionMap): boolean {
    return this.firstMissing(goal) === null;
  }

  /** The first book that has not reached the goal, for messages to people; null where all have. */
  firstMissing(goal: PositionMap): string | null {
    for (const [key, wanted] of Object.entries(goal)) {
      const at = this.byBook.get(key);
      if (at === undefined) return key;
      if (at.epoch < wanted.epoch || (at.epoch === wanted.epoch && at.nextSeq < wanted.nextSeq)) return key;
    }
    return null;
  }

  state(): PositionMap {
    return Object.fromEntries([...this.byBook].map(([key, at]) => [key, { ...at }]));
  }

  restore(state: PositionMap): void {
    this.byBook.clear();
    for (const [key, at] of Object.entries(state)) this.byBook.set(key, { ...at });
  }
}

/** A consumer saw that events of a book are missing. It must not go on; the bus is to deliver again from before. */
export class StreamHole extends Error {
  readonly book: string;

  constructor(book: string, header: EventHeader) {
    super(`events of ${book} are missing before epoch ${header.epoch}, seq ${header.seq}`);
    this.name = 'StreamHole';
    this.book = book;
  }
}
