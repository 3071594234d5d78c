/**
 * The book of one (exchange, pair): applies the venue's sequence and checksum rules, keeps the levels, and emits
 * normalized events. One synchronous step per message; nothing is awaited, no clock is read.
 *
 * States of the synchronisation, and the trust state that goes with each:
 *
 *     phase      trust            until
 *     waiting    syncing, stale   a snapshot comes; deltas are kept (REST) or left out (stream)
 *                or suspect
 *     bridging   syncing          the first delta behind a REST snapshot fits: first <= last(snapshot) + 1 <= last;
 *                                 where numbers only rise, a delta from before the snapshot proves that none is missing
 *     live       live             gap, bad checksum, crossed book, unreadable frame, lost connection
 *
 * A live book whose market has moved out of what its snapshot covered is refreshed without leaving `live`: it keeps the
 * frames that come while a second snapshot is under way, and replays them silently onto it.
 *
 * The state changes first, then the resync is asked for; a message that proves the book wrong is not emitted.
 */

import type { BookState } from '../book/book.ts';
import { Book } from '../book/book.ts';
import type { BookComparisonState } from '../book/book-comparison.ts';
import { BookComparison } from '../book/book-comparison.ts';
import type { BookChecksum } from '../book/checksums.ts';
import { createChecksum } from '../book/checksums.ts';
import type { QuoteAuditState } from '../book/quote-audit.ts';
import { QuoteAudit } from '../book/quote-audit.ts';
import { ChangeBuffer } from '../book/changes.ts';
import type { BookRules, WireMessage } from '../book/wire-message.ts';
import { POWERS_OF_TEN } from '../lib/decimal.ts';
import type { TrustReason, TrustState } from '../model/event.ts';
import type { Instrument } from '../model/instrument.ts';
import type { BookCounters, BookEffects, BookInput, FrameContext } from './book.protocol.ts';
import type { BookEventsState } from './book-events.ts';
import { BookEvents } from './book-events.ts';
import type { AheadUpdatesState } from './ahead-updates.ts';
import { AheadUpdates } from './ahead-updates.ts';
import { noCounts } from './book-counters.ts';
import type { CarriersState } from './carriers.ts';
import { Carriers } from './carriers.ts';
import type { KeptUpdatesState } from './kept-updates.ts';
import { KeptUpdates } from './kept-updates.ts';
import type { PendingFrame } from './pending-frames.ts';
import type { Position } from './positions.ts';

/** A book actor's whole state as a plain value. */
export interface BookActorState extends CarriersState, KeptUpdatesState {
  readonly instrument: Instrument;
  readonly book: BookState;
  readonly audit: QuoteAuditState;
  readonly counters: BookCounters;
  readonly events: BookEventsState;
  readonly phase: 'waiting' | 'bridging' | 'live';
  /** By connection, newest last. */
  readonly channels: readonly (readonly [conn: string, channel: string])[];
  readonly waitingSinceUs: number;
  readonly last: number;
  readonly depth: number;
  readonly snapshotAsked: boolean;
  readonly refreshing: boolean;
  readonly ahead: AheadUpdatesState;
  readonly comparison: BookComparisonState | null;
  readonly lastReceiveUs: number;
}

/** Reads a kept frame again; its messages go to the callback. */
export type Reparse = (frame: Uint8Array, onMessage: (message: WireMessage) => void) => void;

export class BookActor {
  readonly instrument: Instrument;
  readonly book: Book;
  /** Receive time of the last input, µs; NaN before the first. */
  lastReceiveUs = NaN;
  counters: BookCounters = noCounts();

  private readonly rules: BookRules;
  private readonly reparse: Reparse;
  private readonly effects: BookEffects;
  private readonly events: BookEvents;
  private readonly checksum: BookChecksum | null;
  private readonly audit = new QuoteAudit();
  private readonly carriers = new Carriers();
  /** The venue's name of the book's channel by connection, newest last: also of those that do not carry the book now. */
  private channels = new Map<string, string>();
  private phase: BookActorState['phase'] = 'waiting';
  /** Since when a snapshot has been waited for, µs. */
  private waitingSinceUs = 0;
  private last = NaN;
  /** Levels per side of the subscription; `Infinity` until the venue says. */
  private depth = Number.POSITIVE_INFINITY;
  private readonly kept = new KeptUpdates();
  private readonly ahead = new AheadUpdates();
  private snapshotAsked = false;
  /** A live book waits for a second snapshot. */
  private refreshing = false;
  /** While the book is being held against the venue's own. */
  private comparison: BookComparison | null = null;

  constructor(options: {
    instrument: Instrument;
    rules: BookRules;
    reparse: Reparse;
    effects: BookEffects;
    /** Every epoch is above this. */
    epochFloor?: number;
    /** See `BookEventsOptions`. Default: no samples. */
    sampleLevels?: number | null;
    /** Shared by all books of a thread. */
    changes?: ChangeBuffer;
  }) {
    const { instrument, rules, reparse, effects, epochFloor = 0, sampleLevels = null } = options;
    this.instrument = instrument;
    this.rules = rules;
    this.reparse = reparse;
    this.effects = effects;
    // Where a checksum needs the digits of the wire, these and not the metadata decide the scale.
    const scales = rules.keepDigits ? {} : definedScales(instrument);
    this.book = new Book({ keepDigits: rules.keepDigits, ...scales, changes: options.changes ?? new ChangeBuffer() });
    this.checksum = createChecksum(rules.checksum, this.book);
    const { book } = this;
    this.events = new BookEvents({ instrument, book, emit: (view) => effects.emit(view), epochFloor, sampleLevels });
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
        this.comparison = this.phase === 'live' ? new BookComparison(this.events.exchangeUs) : null;
        return undefined;
      case 'reference':
        this.comparison?.take(input.message.levels, input.message.exchangeUs);
        return undefined;
      case 'compared':
        return this.judgeComparison(context);
      case 'malformed':
        this.counters.malformed++;
        this.onMalformed(input.detail, context);
        return undefined;
      case 'disconnected':
        this.channels.delete(context.conn);
        if (!this.carriers.delete(context.conn)) return undefined;
        this.ahead.forget(context.conn);
        if (this.carriers.size > 0) return this.judgeHole(context);
        return this.onLost(input.reason, input.detail, context);
      case 'gap':
        if (!this.carriers.has(context.conn) || this.phase === 'waiting') return undefined;
        this.counters.gaps++;
        this.counters.resyncs++;
        return this.toWaiting('suspect', 'gap', input.detail, context);
      case 'halted':
        return this.onLost(input.reason, input.detail, context);
      case 'failed':
        // Nobody knows whether the last event of the failed step went out: a new epoch leaves no hole behind it.
        this.events.openEpoch(context.receiveUs);
        return this.distrust('actor-failed', input.detail, context);
    }
  }

  /** The state as a plain value; later steps do not change it. */
  state(): BookActorState {
    const { instrument, phase, last, depth, waitingSinceUs } = this;
    const { snapshotAsked, refreshing, lastReceiveUs } = this;
    return {
      ...this.carriers.state(),
      ...this.kept.state(),
      instrument,
      phase,
      last,
      depth,
      waitingSinceUs,
      snapshotAsked,
      refreshing,
      ahead: this.ahead.state(),
      lastReceiveUs,
      comparison: this.comparison?.state() ?? null,
      events: this.events.state(),
      book: this.book.state(),
      audit: this.audit.state(),
      counters: { ...this.counters },
      channels: [...this.channels],
    };
  }

  restore(state: BookActorState): void {
    this.book.restore(state.book);
    this.audit.restore(state.audit);
    this.counters = { ...state.counters };
    this.events.restore(state.events);
    this.phase = state.phase;
    this.carriers.restore(state);
    this.channels = new Map(state.channels);
    this.waitingSinceUs = state.waitingSinceUs;
    this.last = state.last;
    this.depth = state.depth;
    this.kept.restore(state);
    this.snapshotAsked = state.snapshotAsked;
    this.refreshing = state.refreshing;
    this.ahead.restore(state.ahead);
    this.comparison = state.comparison === null ? null : new BookComparison(NaN);
    if (state.comparison !== null) this.comparison?.restore(state.comparison);
    this.lastReceiveUs = state.lastReceiveUs;
  }

  /** Goes on for an actor that failed: same totals, and never the same event identity again. */
  succeed(previous: BookActor): void {
    this.counters = { ...previous.counters };
    this.events.restore(previous.events.state());
    this.depth = previous.depth;
    this.carriers.restore(previous.carriers.state());
    this.channels = new Map(previous.channels);
    this.lastReceiveUs = previous.lastReceiveUs;
  }

  /**
   * Where consumers stand once they have taken all that this book emitted; null where it has emitted nothing. An epoch
   * that was opened and has no event yet is not in it: nobody could ever reach that.
   */
  get position(): Position | null {
    return this.events.position;
  }

  /**
   * Asks once more where an answer is overdue: an acknowledgement or a snapshot may be lost without any trace.
   * @param beforeUs a wait that began before this moment is too long
   */
  nudge(beforeUs: number, nowUs: number): void {
    if (this.phase !== 'waiting' || this.waitingSinceUs > beforeUs) return;
    this.waitingSinceUs = nowUs;
    if (this.rules.snapshot === 'rest') this.askSnapshot();
    else this.resubscribe();
  }

  /** Whether the book is being held against one by REST: an answer that cannot be read says nothing of it then. */
  get isCompared(): boolean {
    return this.comparison !== null;
  }

  /** Asks for the snapshot on the book's own socket. */
  resubscribe(): void {
    this.effects.resubscribe(this.instrument.venueSymbol, [...this.channels.values()].at(-1) ?? '');
  }

  /** An update may be lost in a frame that cannot be read, or the very snapshot that is waited for. */
  private onMalformed(detail: string, context: FrameContext): void {
    if (this.rules.snapshot === 'rest') {
      // It may have been the snapshot. Asking once more does no harm: the session spaces wishes out.
      if (this.snapshotAsked) this.askSnapshot();
      // Numbers without holes show a lost update at the next one.
      if (this.rules.sequence === 'rising') this.onUnseenLoss('malformed', detail, context);
    } else if (this.phase === 'live') {
      // Another connection of the venue may carry its trades.
      if (this.carriers.has(context.conn)) this.distrust('malformed', detail, context);
    } else {
      this.resubscribe();
    }
  }

  /** A connection may have lost an update, and no number will show it: what it has said leads no further. */
  private onUnseenLoss(reason: TrustReason, detail: string, context: FrameContext): void {
    const { carriers } = this;
    if (!carriers.has(context.conn)) return;
    if (this.phase !== 'live') this.kept.forget();
    else if (carriers.size > 1) carriers.delete(context.conn);
    else this.distrust(reason, detail, context);
  }

  private onMessage(message: WireMessage, context: FrameContext): void {
    switch (message.kind) {
      case 'subscribed':
        if (Number.isFinite(message.depth)) this.depth = message.depth;
        if (message.channel !== '') {
          this.channels.delete(context.conn);
          this.channels.set(context.conn, message.channel);
        }
        if (this.rules.snapshot === 'stream' && this.phase === 'waiting') {
          this.carriers.add(context.conn);
          this.awaitSnapshot(context);
        }
        return;
      case 'unsubscribed':
        if (this.phase !== 'waiting') {
          this.counters.resyncs++;
          this.toWaiting('syncing', 'awaiting-snapshot', 'unsubscribed', context);
        }
        return;
      case 'trades':
        this.events.emitTrades(message.trades, context, this.counters);
        return;
      case 'quote':
        this.audit.add(message.last, message.levels);
        return;
      case 'checksum':
        // Of another connection's copy of the book nothing is known.
        if (this.phase === 'live' && this.carriers.has(context.conn)) this.verify(message, context);
        return;
      case 'snapshot':
        return this.rules.snapshot === 'rest'
          ? this.onRestSnapshot(message, context)
          : this.onStreamSnapshot(message, context);
      case 'delta':
        return this.onDelta(message, context);
      case 'refused':
        // A book that is live proves that its own channel was granted: the refusal is about another one.
        if (this.phase === 'waiting') this.onLost('refused', message.detail, context);
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

  // ---- venues whose snapshot comes on the same socket ----

  private onStreamSnapshot(message: WireMessage, context: FrameContext): void {
    if (Number.isFinite(message.depth)) this.depth = message.depth;
    if (this.phase === 'live') this.counters.resyncs++;
    this.comparison = null;
    this.carriers.become(context.conn);
    this.events.openEpoch(context.receiveUs);
    if (this.rules.depth === 'full') {
      this.book.load(message.levels, { limit: Number.POSITIVE_INFINITY, window: false });
    } else {
      // Where the venue's word on the depth is missing, nothing below the snapshot's last level is known.
      const window = Number.isFinite(this.depth);
      this.book.load(message.levels, { limit: this.depth, window, partial: !window });
    }
    this.last = message.last;
    this.counters.snapshots++;
    this.counters.promotions = this.book.promotions;
    this.phase = 'live';
    if (!this.verify(message, context)) return;
    this.setTrust('live', 'none', '', message.exchangeUs, context);
    this.events.emitBook('book.snapshot', message.exchangeUs, message.last, context);
  }

  private onPlainDelta(message: WireMessage, context: FrameContext): void {
    if (!this.isCarriedBy(context.conn)) {
      this.counters.earlyUpdates++;
      return;
    }
    this.events.passTime(message.exchangeUs, context);
    this.counters.unknownRemovals += this.book.apply(message.levels);
    this.counters.promotions = this.book.promotions;
    if (this.comparison !== null) this.comparison.touch(message.levels);
    if (!this.verify(message, context)) return;
    this.counters.updates++;
    this.events.emitBook('book.delta', message.exchangeUs, message.last, context);
  }

  // ---- venues with numbered updates and a snapshot by REST ----

  private onRestSnapshot(message: WireMessage, context: FrameContext): void {
    // A live book knows more than a snapshot that the socket may have overtaken: it is held against it, or nobody asked.
    if (this.comparison !== null && !this.refreshing) this.comparison.take(message.levels, message.exchangeUs);
    if (this.phase !== 'waiting' && !this.refreshing) return;
    this.snapshotAsked = false;
    if (!this.kept.isReachedBy(message.last, this.rules.sequence)) {
      // Older than the first update that was kept: what lies between is lost.
      this.askSnapshot();
      return;
    }
    const kept = this.kept.take();
    const keptLast = kept.at(-1)?.last;
    this.counters.snapshots++;
    if (this.refreshing && message.last <= this.last) return this.refresh(message, kept, context);
    this.refreshing = false;
    this.events.openEpoch(context.receiveUs);
    this.book.load(message.levels, { limit: message.depth, window: false });
    this.counters.promotions = this.book.promotions;
    this.last = message.last;
    this.phase = 'bridging';
    this.setTrust('syncing', 'awaiting-bridge', '', NaN, context);
    this.events.emitBook('book.snapshot', message.exchangeUs, message.last, context);
    for (const { bytes, receiveUs } of kept) {
      // The snapshot's frame causes these events; the receive time stays the update's own.
      this.reparse(bytes, (update) => {
        if (update.kind === 'delta') this.takeNumberedDelta(update, { ...context, receiveUs, bytes });
      });
    }
    // The last update kept ends exactly where the snapshot does: both are of the same moment, which proves the bridge.
    if (keptLast === this.last) this.crossBridge(NaN, context);
    return undefined;
  }

  private crossBridge(exchangeUs: number, context: FrameContext): void {
    if (this.phase !== 'bridging') return;
    this.phase = 'live';
    this.setTrust('live', 'none', '', exchangeUs, context);
  }

  /** A live book goes on from a newer snapshot: what came since is applied to it again, and one snapshot event says all. */
  private refresh(message: WireMessage, kept: readonly PendingFrame[], context: FrameContext): void {
    const until = this.last;
    this.refreshing = false;
    this.comparison = null;
    this.book.load(message.levels, { limit: message.depth, window: false });
    this.last = message.last;
    let exchangeUs = NaN;
    for (const { bytes } of kept) {
      this.reparse(bytes, (update) => {
        if (update.kind !== 'delta' || update.last <= this.last || this.leavesHole(update)) return;
        this.book.apply(update.levels);
        this.last = update.last;
        exchangeUs = update.exchangeUs;
      });
    }
    this.counters.promotions = this.book.promotions;
    if (this.last !== until || this.book.crossed) {
      this.counters.gaps++;
      return this.distrust('gap', `the second snapshot does not lead to update ${until}`, context);
    }
    this.counters.refreshes++;
    this.events.openEpoch(context.receiveUs);
    this.book.list();
    this.events.emitBook('book.snapshot', exchangeUs, this.last, context);
  }

  private onDelta(message: WireMessage, context: FrameContext): void {
    const { snapshot, sequence } = this.rules;
    if (sequence === 'none' || sequence === 'connection') return this.onPlainDelta(message, context);
    if (snapshot === 'rest' ? !this.mayCarry(message, context) : !this.isCarriedBy(context.conn)) {
      this.counters.earlyUpdates++;
      return undefined;
    }
    const newest = this.ahead.newestOf(context.conn);
    this.ahead.seen(context.conn, message.last);
    if (sequence === 'rising' && message.last < newest) {
      // The same one twice is a copy; an older one shows that another was taken before its time.
      return this.onUnseenLoss('gap', `update ${message.last} came behind ${newest}`, context);
    }
    this.takeNumberedDelta(message, context);
    return this.judgeHole(context);
  }

  private isCarriedBy(conn: string): boolean {
    return this.phase !== 'waiting' && this.carriers.has(conn);
  }

  /** Whether the updates of a connection count: see `Carriers`. */
  private mayCarry(message: WireMessage, context: FrameContext): boolean {
    const { carriers } = this;
    if (this.rules.sequence !== 'rising') {
      carriers.add(context.conn);
      return true;
    }
    if (this.phase !== 'live' && this.kept.isEmpty) {
      carriers.become(context.conn);
    } else if (!carriers.has(context.conn) && !(message.last <= this.last)) {
      if (!carriers.areSilent(context.receiveUs)) return false;
      this.onLost('silence', `${String(carriers)} said nothing, ${context.conn} did`, context);
      carriers.become(context.conn);
    }
    carriers.hear(context.conn, context.receiveUs);
    return true;
  }

  private takeNumberedDelta(message: WireMessage, context: FrameContext): void {
    if (this.phase === 'waiting') this.keep(message, context);
    else this.onNumberedDelta(message, context);
  }

  /**
   * What waits behind a hole that has just been filled, and whether the next one may be filled yet. The hole is a gap only
   * when no connection can fill it any more.
   */
  private judgeHole(context: FrameContext): void {
    const { ahead } = this;
    if (ahead.isEmpty || this.phase === 'waiting') return;
    const isHealed = ahead.release(
      () => this.last,
      ({ bytes, receiveUs, conn }) =>
        this.reparse(bytes, (update) => {
          if (update.kind === 'delta') this.takeNumberedDelta(update, { ...context, receiveUs, conn, bytes });
        }),
    );
    if (isHealed) this.counters.healed++;
    if (ahead.isEmpty || ahead.mayBeFilled(this.last, context.receiveUs)) return;
    const waiting = ahead.takeAll();
    this.counters.gaps++;
    this.distrust('gap', `expected update ${this.last + 1}, got ${waiting[0]?.first} on every connection`, context);
    for (const { bytes, receiveUs, first, last } of waiting) this.kept.keep(bytes, receiveUs, first, last);
  }

  /** Whether the numbers tell that something between the book and the update is missing. */
  private leavesHole({ first }: WireMessage): boolean {
    return this.rules.sequence === 'range' && first > this.last + 1;
  }

  private onNumberedDelta(message: WireMessage, context: FrameContext): void {
    const isRising = this.rules.sequence === 'rising';
    if (message.last <= this.last) {
      this.counters.staleUpdates++;
      // Heard since before the snapshot: all that is newer than it was heard, or will be.
      if (isRising) this.crossBridge(NaN, context);
      return undefined;
    }
    if (isRising && this.phase === 'bridging') {
      // Nothing was heard from before the snapshot: what came between the two may be lost.
      const detail = `nothing before ${this.last} was heard; the first update is ${message.last}`;
      this.toWaiting('syncing', 'awaiting-snapshot', detail, context);
      return this.keep(message, context);
    }
    if (this.leavesHole(message)) {
      if (this.phase === 'live' && this.ahead.mayBeFilled(this.last, context.receiveUs)) {
        const { first, last } = message;
        const { bytes, receiveUs, conn } = context;
        return this.ahead.add({ bytes: new Uint8Array(bytes), receiveUs, conn, first, last });
      }
      this.counters.gaps++;
      this.distrust('gap', `expected update ${this.last + 1}, got ${message.first}`, context);
      if (this.rules.snapshot === 'rest') this.keep(message, context);
      return undefined;
    }
    this.events.passTime(message.exchangeUs, context);
    this.counters.unknownRemovals += this.book.apply(message.levels);
    this.counters.promotions = this.book.promotions;
    this.last = message.last;
    if (this.comparison !== null) this.comparison.touch(message.levels);
    if (!this.verify(message, context)) return undefined;
    this.counters.updates++;
    this.crossBridge(message.exchangeUs, context);
    this.events.emitBook('book.delta', message.exchangeUs, message.last, context);
    if (this.refreshing) this.keepFrame(message, context);
    else if (this.book.isWorn) this.beginRefresh();
    const agrees = this.audit.check(this.last, this.book.top, this.book.priceScale, this.book.sizeScale);
    if (agrees === true) this.counters.auditOk++;
    else if (agrees === false) this.counters.auditFailed++;
    return undefined;
  }

  private keep(message: WireMessage, context: FrameContext): void {
    this.awaitSnapshot(context);
    this.keepFrame(message, context);
    if (!this.snapshotAsked) this.askSnapshot();
  }

  private keepFrame({ first, last }: WireMessage, { bytes, receiveUs }: FrameContext): void {
    this.kept.keep(bytes, receiveUs, first, last);
  }

  private beginRefresh(): void {
    this.refreshing = true;
    // An answer from before this moment would lead nowhere.
    this.kept.expect(this.last + 1);
    this.askSnapshot();
  }

  /** Frames flow (again): a book that was cut off is on its way back; one that was proven wrong stays suspect. */
  private awaitSnapshot(context: FrameContext): void {
    if (this.phase !== 'waiting' || this.trust === 'suspect') return;
    this.setTrust('syncing', 'awaiting-snapshot', '', NaN, context);
  }

  private askSnapshot(): void {
    this.snapshotAsked = true;
    this.effects.requestSnapshot(this.instrument.venueSymbol);
  }

  // ---- trust ----

  /** Holds the applied message against the venue's checksum and against common sense; false where it fails. */
  private verify(message: WireMessage, context: FrameContext): boolean {
    if (this.checksum !== null && !Number.isNaN(message.checksum)) {
      const computed = this.checksum.value();
      if (computed !== message.checksum) {
        this.counters.checksumFailed++;
        this.distrust('checksum', `the venue says ${message.checksum}, the book gives ${computed}`, context);
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

  /** Nothing that the venue sends would have shown it: the book has been wrong for a while where it differs. */
  private judgeComparison(context: FrameContext): void {
    const { comparison, counters } = this;
    if (comparison === null) return;
    this.comparison = null;
    const { verdict, detail } = comparison.finish(this.book);
    if (verdict === 'none') counters.comparedNone++;
    if (verdict === 'same') counters.comparedSame++;
    if (verdict !== 'differs') return;
    counters.comparedDiffering++;
    this.distrust('checksum', `held against the venue's book by REST: ${detail}`, context);
  }

  /** The book is proven wrong: say so, then ask for a fresh state. */
  private distrust(reason: TrustReason, detail: string, context: FrameContext): void {
    this.counters.resyncs++;
    this.toWaiting('suspect', reason, detail, context);
    if (this.rules.snapshot === 'rest') this.askSnapshot();
    else this.resubscribe();
  }

  private onLost(reason: TrustReason, detail: string, context: FrameContext): void {
    if (this.phase !== 'waiting') this.counters.resyncs++;
    this.snapshotAsked = false;
    this.toWaiting('stale', reason, detail, context);
  }

  private toWaiting(trust: TrustState, reason: TrustReason, detail: string, context: FrameContext): void {
    this.phase = 'waiting';
    this.waitingSinceUs = context.receiveUs;
    this.refreshing = false;
    this.comparison = null;
    this.kept.forget();
    this.ahead.takeAll();
    this.last = NaN;
    this.audit.clear();
    this.setTrust(trust, reason, detail, NaN, context);
    this.book.clear();
  }

  private setTrust(
    trust: TrustState,
    reason: TrustReason,
    detail: string,
    exchangeUs: number,
    context: FrameContext,
  ): void {
    this.events.setTrust({ trust, reason, detail }, exchangeUs, context, this.counters);
  }
}

function definedScales(instrument: Instrument): { priceScale?: number; sizeScale?: number } {
  const { priceScale, sizeScale } = instrument;
  const fits = (scale: number | null): scale is number => scale !== null && POWERS_OF_TEN[scale] !== undefined;
  return { ...(fits(priceScale) ? { priceScale } : {}), ...(fits(sizeScale) ? { sizeScale } : {}) };
}
