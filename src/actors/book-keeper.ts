/** What an ingest shard, and whoever looks at its books, knows of a book's actor, whatever its venue's channel is of. */

import type { Book } from '../book/book.ts';
import type { TrustReason, TrustState } from '../model/event.ts';
import type { Instrument } from '../model/instrument.ts';
import type { BookActorState } from './book-actor.ts';
import type { BookCounters, BookInput } from './book.protocol.ts';
import type { OrderBookActorState } from './order-book-actor.ts';
import type { Position } from './positions.ts';

export type BookKeeperState = BookActorState | OrderBookActorState;

export interface BookKeeper {
  readonly instrument: Instrument;
  /** The book's levels; those of single orders are summed up. */
  readonly book: Book;
  /** Receive time of the last input, µs; NaN before the first. */
  readonly lastReceiveUs: number;
  readonly counters: BookCounters;
  /** Chained messages that named the one before them, and those that did not; only where the venue chains them. */
  readonly links?: { readonly ok: number; readonly broken: number };
  readonly trust: TrustState;
  readonly reason: TrustReason;
  /** What was expected and what was seen, where the book is not live. */
  readonly detail: string;
  /** Where consumers stand once they have taken all that this book emitted; null where it has emitted nothing. */
  readonly position: Position | null;
  /** Whether the book is being held against one by REST: an answer that cannot be read says nothing of it then. */
  readonly isCompared: boolean;
  step(input: BookInput): void;
  /** The state as a plain value; later steps do not change it. */
  state(): BookKeeperState;
  /** Asks once more where an answer is overdue. @param beforeUs a wait that began before this moment is too long */
  nudge(beforeUs: number, nowUs: number): void;
  /** Asks for the snapshot on the book's own socket. */
  resubscribe(): void;
}
