/**
 * What the book of one (exchange, pair) goes through, whether its venue sends levels (`book-actor.ts`) or single orders
 * (`order-book-actor.ts`). One synchronous step per input; nothing is awaited, no clock is read.
 *
 * Phases of the synchronisation, and the trust state that goes with each:
 *
 *     phase      trust            until
 *     waiting    syncing, stale   a snapshot comes; updates are kept (REST) or left out (stream)
 *                or suspect
 *     bridging   syncing          an update proves that none is missing between it and the snapshot by REST
 *     live       live             gap, bad checksum, crossed book, unreadable frame, lost connection
 *
 * The state changes first, then the resync is asked for; a message that proves the book wrong is not emitted.
 */

import type { Book, BookState } from '../book/book.ts';
import type { BookChecksum } from '../book/checksums.ts';
import type { WireMessage } from '../book/wire-message.ts';
import type { TrustReason, TrustState } from '../model/event.ts';
import type { Instrument } from '../model/instrument.ts';
import type { BookCounters, BookEffects, BookInput, ComparisonInput, FrameContext } from './book.protocol.ts';
import { noCounts } from './book-counters.ts';
import type { BookEventsState } from './book-events.ts';
import { BookEvents } from './book-events.ts';
import type { BookViews } from './book-views.ts';
import type { CarriersState } from './carriers.ts';
import { Carriers } from './carriers.ts';
import type { KeptUpdatesState } from './kept-updates.ts';
import { KeptUpdates } from './kept-updates.ts';
import type { Position } from './positions.ts';

/** Reads a kept frame again; its messages go to the callback. */
export type Reparse = (frame: Uint8Array, onMessage: (message: WireMessage) => void) => void;

/** Where a venue's snapshots come from; its further rules are those of its kind of book. */
interface KeeperRules {
  readonly snapshot: 'rest' | 'stream';
}

export interface BookKeeperOptions<Rules> {
  readonly instrument: Instrument;
  readonly rules: Rules;
  readonly reparse: Reparse;
  readonly effects: BookEffects;
  /** Every epoch is above this. */
  readonly epochFloor?: number;
  /** Shared by all books of a thread. */
  readonly views: BookViews;
}

/** The part of an actor's state that all books have, as a plain value. */
export interface BookKeeperState extends CarriersState, KeptUpdatesState {
  readonly instrument: Instrument;
  readonly book: BookState;
  readonly counters: BookCounters;
  readonly events: BookEventsState;
  readonly phase: 'waiting' | 'bridging' | 'live';
  /** By connection, newest last. */
  readonly channels: readonly (readonly [conn: string, channel: string])[];
  readonly waitingSinceUs: number;
  readonly depth: number;
  readonly snapshotAsked: boolean;
  readonly lastReceiveUs: number;
}

export abstract class BookKeeper<Rules extends KeeperRules = KeeperRules> {
  readonly instrument: Instrument;
  /** The book's levels; those of single orders are summed up. */
  readonly book: Book;
  /** Receive time of the last input, µs; NaN before the first. */
  lastReceiveUs = NaN;
  counters: BookCounters = noCounts();

  protected readonly rules: Rules;
  protected readonly reparse: Reparse;
  protected readonly events: BookEvents;
  protected abstract readonly checksum: BookChecksum | null;
  protected readonly carriers = new Carriers();
  protected phase: BookKeeperState['phase'] = 'waiting';
  /** Levels or orders per side of the subscription; `Infinity` until the venue says. */
  protected depth = Number.POSITIVE_INFINITY;
  protected readonly kept = new KeptUpdates();
  protected snapshotAsked = false;
  private readonly effects: BookEffects;
  /** The venue's name of the book's channel by connection, newest last: also of those that do not carry the book now. */
  private channels = new Map<string, string>();
  /** Since when a snapshot has been waited for, µs. */
  private waitingSinceUs = 0;

  constructor(options: BookKeeperOptions<Rules>, book: Book) {
    const { instrument, rules, reparse, effects, epochFloor = 0, views } = options;
    this.instrument = instrument;
    this.book = book;
    this.rules = rules;
    this.reparse = reparse;
    this.effects = effects;
    this.events = new BookEvents({ instrument, book, emit: (view) => effects.emit(view), epochFloor, views });
  }

  /** The state as a plain value; later steps do not change it. */
  abstract state(): BookKeeperState;

  /** @param state that of an actor of the same kind */
  abstract restore(state: BookKeeperState): void;

  /** Chained messages that named the one before them, and those that did not; only where the venue chains them. */
  get links(): { readonly ok: number; readonly broken: number } | null {
    return null;
  }

  /** Whether the book is being held against one by REST: an answer that cannot be read says nothing of it then. */
  get isCompared(): boolean {
    return false;
  }

  get trust(): TrustState {
    return this.events.trust;
  }

  get reason(): TrustReason {
    return this.events.reason;
  }

  /** What was expected and what was seen, where the book is not live. */
  get detail(): string {
    return this.events.detail;
  }

  /**
   * Where consumers stand once they have taken all that this book emitted; null where it has emitted nothing. An epoch
   * that was opened and has no event yet is not in it: nobody could ever reach that.
   */
  get position(): Position | null {
    return this.events.position;
  }

  step(input: BookInput): void {
    const { context } = input;
    this.lastReceiveUs = context.receiveUs;
    if (!this.events.isOpen) {
      this.events.openEpoch(context.receiveUs);
      this.waitingSinceUs = context.receiveUs;
    }
    switch (input.kind) {
      case 'wire':
        return this.onMessage(input.message, context);
      case 'compare':
      case 'reference':
      case 'compared':
        return this.onComparison(input);
      case 'malformed':
        this.counters.malformed++;
        return this.onMalformed(input.detail, context);
      case 'disconnected':
        this.channels.delete(context.conn);
        this.onConnectionLost(context);
        if (!this.carriers.delete(context.conn)) return undefined;
        this.onCarrierLost(context);
        if (this.carriers.size > 0) return undefined;
        return this.cutOff(input.reason, input.detail, context);
      case 'gap':
        if (!this.carriers.has(context.conn) || this.phase === 'waiting') return undefined;
        this.counters.gaps++;
        this.counters.resyncs++;
        return this.toWaiting('suspect', 'gap', input.detail, context);
      case 'halted':
        return this.cutOff(input.reason, input.detail, context);
      case 'failed':
        // Nobody knows whether the last event of the failed step went out: a new epoch leaves no hole behind it.
        this.events.openEpoch(context.receiveUs);
        return this.distrust('actor-failed', input.detail, context);
    }
  }

  /** Goes on for an actor that failed: same totals, and never the same event identity again. */
  succeed(previous: BookKeeper): void {
    this.counters = { ...previous.counters };
    this.events.restore(previous.events.state());
    this.depth = previous.depth;
    this.carriers.restore(previous.carriers.state());
    this.channels = new Map(previous.channels);
    this.lastReceiveUs = previous.lastReceiveUs;
  }

  /**
   * Asks once more where an answer is overdue: an acknowledgement or a snapshot may be lost without any trace.
   * @param beforeUs a wait that began before this moment is too long
   */
  nudge(beforeUs: number, nowUs: number): void {
    if (this.phase !== 'waiting' || this.waitingSinceUs > beforeUs) return;
    this.waitingSinceUs = nowUs;
    this.askAgain();
  }

  /** Asks for the snapshot on the book's own socket. */
  resubscribe(): void {
    this.effects.resubscribe(this.instrument.venueSymbol, [...this.channels.values()].at(-1) ?? '');
  }

  // ---- what is up to the kind of book ----

  /** Replaces the book by a snapshot. `book.changes` then lists its levels. */
  protected abstract load(message: WireMessage): void;

  protected abstract onRestSnapshot(message: WireMessage, context: FrameContext): void;

  protected abstract onUpdate(message: WireMessage, context: FrameContext): void;

  /** A frame that cannot be read may have been an update that the book needs. */
  protected abstract onUnreadable(detail: string, context: FrameContext): void;

  /** The book waits again: what belonged to what it was is to be forgotten. */
  protected abstract onWaiting(): void;

  /** A connection is gone, whether it carried the book or not. */
  protected onConnectionLost(_context: FrameContext): void {}

  /** A connection that carried the book is gone, and with it the book where there is no other. */
  protected onCarrierLost(_context: FrameContext): void {}

  protected onQuote(_message: WireMessage): void {}

  /** What is held against the venue's own by REST are levels. */
  protected onComparison(_input: ComparisonInput): void {}

  // ---- what all have in common ----

  protected commonState(): BookKeeperState {
    const { instrument, phase, depth, waitingSinceUs, snapshotAsked, lastReceiveUs } = this;
    return {
      ...{ instrument, phase, depth, waitingSinceUs, snapshotAsked, lastReceiveUs },
      ...this.carriers.state(),
      ...this.kept.state(),
      events: this.events.state(),
      book: this.book.state(),
      counters: { ...this.counters },
      channels: [...this.channels],
    };
  }

  protected restoreCommon(state: BookKeeperState): void {
    this.book.restore(state.book);
    this.counters = { ...state.counters };
    this.events.restore(state.events);
    this.phase = state.phase;
    this.carriers.restore(state);
    this.kept.restore(state);
    this.channels = new Map(state.channels);
    this.waitingSinceUs = state.waitingSinceUs;
    this.depth = state.depth;
    this.snapshotAsked = state.snapshotAsked;
    this.lastReceiveUs = state.lastReceiveUs;
  }

  /** Frames flow (again): a book that was cut off is on its way back; one that was proven wrong stays suspect. */
  protected awaitSnapshot(context: FrameContext): void {
    if (this.phase !== 'waiting' || this.trust === 'suspect') return;
    this.setTrust('syncing', 'awaiting-snapshot', '', NaN, context);
  }

  protected askSnapshot(): void {
    this.snapshotAsked = true;
    this.effects.requestSnapshot(this.instrument.venueSymbol);
  }

  /** A snapshot by REST begins an epoch, whose first updates must still prove that none is missing. */
  protected beginBridge(message: WireMessage, context: FrameContext): void {
    this.begin(message, context);
    this.phase = 'bridging';
    this.setTrust('syncing', 'awaiting-bridge', '', NaN, context);
    this.events.emitBook('book.snapshot', message.exchangeUs, message.last, context);
  }

  /** @param exchangeUs of the update that crosses it; NaN where none does */
  protected crossBridge(exchangeUs: number, context: FrameContext): void {
    if (this.phase !== 'bridging') return;
    this.phase = 'live';
    this.setTrust('live', 'none', '', exchangeUs, context);
  }

  /** Holds the book against the venue's checksum (NaN: none) and against common sense; false where it fails. */
  protected verify(checksum: number, context: FrameContext): boolean {
    if (this.checksum !== null && !Number.isNaN(checksum)) {
      const computed = this.checksum.value();
      if (computed !== checksum) {
        this.counters.checksumFailed++;
        this.distrust('checksum', `the venue says ${checksum}, the book gives ${computed}`, context);
        return false;
      }
      this.counters.checksumOk++;
    }
    if (this.book.crossed) {
      this.counters.crossed++;
      this.distrust('crossed', 'best bid at or above best ask after a whole message', context);
      return false;
    }
    return true;
  }

  /** The book is proven wrong: say so, then ask for a fresh state. */
  protected distrust(reason: TrustReason, detail: string, context: FrameContext): void {
    this.counters.resyncs++;
    this.toWaiting('suspect', reason, detail, context);
    this.askAgain();
  }

  /** Nothing more is known of the book until frames flow again. */
  protected cutOff(reason: TrustReason, detail: string, context: FrameContext): void {
    if (this.phase !== 'waiting') this.counters.resyncs++;
    this.snapshotAsked = false;
    this.toWaiting('stale', reason, detail, context);
  }

  protected toWaiting(trust: TrustState, reason: TrustReason, detail: string, context: FrameContext): void {
    this.phase = 'waiting';
    this.waitingSinceUs = context.receiveUs;
    this.kept.forget();
    this.onWaiting();
    this.setTrust(trust, reason, detail, NaN, context);
    this.book.clear();
  }

  protected setTrust(
    trust: TrustState,
    reason: TrustReason,
    detail: string,
    exchangeUs: number,
    context: FrameContext,
  ): void {
    this.events.setTrust({ trust, reason, detail }, exchangeUs, context, this.counters);
  }

  private askAgain(): void {
    if (this.rules.snapshot === 'rest') this.askSnapshot();
    else this.resubscribe();
  }

  private onMessage(message: WireMessage, context: FrameContext): void {
    switch (message.kind) {
      case 'subscribed':
        return this.onSubscribed(message, context);
      case 'unsubscribed':
        if (this.phase === 'waiting') return;
        this.counters.resyncs++;
        this.toWaiting('syncing', 'awaiting-snapshot', 'unsubscribed', context);
        return;
      case 'trades':
        this.events.emitTrades(message.trades, context, this.counters);
        return;
      case 'quote':
        return this.onQuote(message);
      case 'checksum':
        // Of another connection's copy of the book nothing is known.
        if (this.phase === 'live' && this.carriers.has(context.conn)) this.verify(message.checksum, context);
        return;
      case 'snapshot':
        return this.rules.snapshot === 'rest'
          ? this.onRestSnapshot(message, context)
          : this.onStreamSnapshot(message, context);
      case 'delta':
        return this.onUpdate(message, context);
      case 'refused':
        // A book that is live proves that its own channel was granted: the refusal is about another one.
        if (this.phase === 'waiting') this.cutOff('refused', message.detail, context);
        return;
      case 'heartbeat':
      case 'status':
      case 'gap':
      case 'closing':
      case 'instruments':
      case 'ignored':
      case 'malformed':
        return;
    }
  }

  /** A snapshot begins an epoch. */
  private begin(message: WireMessage, context: FrameContext): void {
    this.events.openEpoch(context.receiveUs);
    this.load(message);
    this.counters.snapshots++;
    this.counters.promotions = this.book.promotions;
  }

  private onSubscribed({ depth, channel }: WireMessage, context: FrameContext): void {
    if (Number.isFinite(depth)) this.depth = depth;
    if (channel !== '') {
      this.channels.delete(context.conn);
      this.channels.set(context.conn, channel);
    }
    if (this.rules.snapshot !== 'stream' || this.phase !== 'waiting') return;
    // The snapshot is on its way: however long there was none, it is not overdue.
    this.waitingSinceUs = context.receiveUs;
    this.carriers.add(context.conn);
    this.awaitSnapshot(context);
  }

  private onStreamSnapshot(message: WireMessage, context: FrameContext): void {
    if (Number.isFinite(message.depth)) this.depth = message.depth;
    if (this.phase === 'live') this.counters.resyncs++;
    this.carriers.become(context.conn);
    this.begin(message, context);
    this.phase = 'live';
    if (!this.verify(message.checksum, context)) return;
    this.setTrust('live', 'none', '', message.exchangeUs, context);
    this.events.emitBook('book.snapshot', message.exchangeUs, message.last, context);
  }

  /** An update may be lost in a frame that cannot be read, or the very snapshot that is waited for. */
  private onMalformed(detail: string, context: FrameContext): void {
    if (this.rules.snapshot === 'rest') {
      // It may have been the snapshot. Asking once more does no harm: the session spaces wishes out.
      if (this.snapshotAsked) this.askSnapshot();
      this.onUnreadable(detail, context);
    } else if (this.phase !== 'live') {
      this.resubscribe();
    } else if (this.carriers.has(context.conn)) {
      // Another connection of the venue may carry its trades.
      this.onUnreadable(detail, context);
    }
  }
}
