/** What goes into and comes out of a book actor. */

import type { WireMessage } from '../book/wire-message.ts';
import type { EventView, TrustReason } from '../model/event.ts';

/** The frame that a message came in: receive time, and its number in the order of the archive. */
export interface FrameContext {
  receiveUs: number;
  frame: number;
  /** Id of the connection. */
  conn: string;
  /** The frame itself, for a book that must keep a copy until its snapshot comes. */
  bytes: Uint8Array;
}

export type BookInput =
  /** A parsed message about this pair. */
  | { readonly kind: 'wire'; readonly message: WireMessage; readonly context: FrameContext }
  /** The book is about to be held against one that is asked for by REST: what changes from now on is noted. */
  | { readonly kind: 'compare'; readonly context: FrameContext }
  /** That book. */
  | { readonly kind: 'reference'; readonly message: WireMessage; readonly context: FrameContext }
  /** What was on its way when the venue answered has come: now the two can be compared. */
  | { readonly kind: 'compared'; readonly context: FrameContext }
  /** A frame about this pair that could not be read: an update may be lost. */
  | { readonly kind: 'malformed'; readonly context: FrameContext; readonly detail: string }
  /** A connection that may carry the book is gone or silent: without another one nothing more is known. */
  | {
      readonly kind: 'disconnected';
      readonly context: FrameContext;
      readonly reason: 'disconnected' | 'silence';
      readonly detail: string;
    }
  /** A connection that may carry the book has lost a frame; it is being replaced. */
  | { readonly kind: 'gap'; readonly context: FrameContext; readonly detail: string }
  /** The venue stopped serving the pair: nothing more is known, whatever the connection. */
  | { readonly kind: 'halted'; readonly context: FrameContext; readonly reason: TrustReason; readonly detail: string }
  /** This actor follows one whose step threw: the book must be built anew. */
  | { readonly kind: 'failed'; readonly context: FrameContext; readonly detail: string };

/** What has to do with holding the book against the venue's own by REST. */
export type ComparisonInput = Extract<BookInput, { readonly kind: 'compare' | 'reference' | 'compared' }>;

/** What the runtime does on behalf of a book. Calls are made in order; views are valid during the call only. */
export interface BookEffects {
  emit(view: EventView): void;
  /** Ask for this pair's snapshot by REST. */
  requestSnapshot(venueSymbol: string): void;
  /** Make the venue send this pair's snapshot again on its socket. @param channel see `ExchangeWire.resubscribe` */
  resubscribe(venueSymbol: string, channel: string): void;
}

/** Totals of one book since it was first heard of. */
export interface BookCounters {
  snapshots: number;
  /** Messages applied after a snapshot. */
  updates: number;
  /** Messages left out because the snapshot already held them. */
  staleUpdates: number;
  /** Messages that came before any snapshot on a venue that sends it first. */
  earlyUpdates: number;
  gaps: number;
  /** Times that a book had to be built anew after it had been live. */
  resyncs: number;
  crossed: number;
  unknownRemovals: number;
  checksumOk: number;
  checksumFailed: number;
  /** Comparisons with the venue's own best prices. */
  auditOk: number;
  auditFailed: number;
  /** Comparisons with the venue's own book by REST; `comparedNone` are those that had no answer, or too old a one. */
  comparedSame: number;
  comparedDiffering: number;
  comparedNone: number;
  malformed: number;
  /** Times that integers passed 2^53. */
  promotions: number;
  trades: number;
  /** Trades left out because another connection had brought them before. */
  tradeCopies: number;
  /** Times that a live book took a second snapshot, since its market had moved out of the first. */
  refreshes: number;
  /** Holes of one connection that another one has filled. */
  healed: number;
}
