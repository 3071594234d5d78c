/**
 * The book of a pair whose venue sends levels: applies the venue's sequence and checksum rules, keeps the levels, and emits
 * normalized events. What it goes through is told in `book-keeper.ts`.
 *
 * A book by REST is bridged by the first delta behind its snapshot that fits: first <= last(snapshot) + 1 <= last. Where
 * numbers only rise, a delta from before the snapshot proves that none is missing.
 *
 * A live book whose market has moved out of what its snapshot covered is refreshed without leaving `live`: it keeps the
 * frames that come while a second snapshot is under way, and replays them silently onto it.
 */

import { Book } from '../book/book.ts';
import type { BookComparisonState } from '../book/book-comparison.ts';
import { BookComparison } from '../book/book-comparison.ts';
import type { BookChecksum } from '../book/checksums.ts';
import { createChecksum } from '../book/checksums.ts';
import type { QuoteAuditState } from '../book/quote-audit.ts';
import { QuoteAudit } from '../book/quote-audit.ts';
import type { BookRules, WireMessage } from '../book/wire-message.ts';
import { POWERS_OF_TEN } from '../lib/decimal.ts';
import type { TrustReason } from '../model/event.ts';
import type { Instrument } from '../model/instrument.ts';
import type { ComparisonInput, FrameContext } from './book.protocol.ts';
import type { BookKeeperOptions, BookKeeperState } from './book-keeper.ts';
import { BookKeeper } from './book-keeper.ts';
import type { AheadUpdatesState } from './ahead-updates.ts';
import { AheadUpdates } from './ahead-updates.ts';
import type { PendingFrame } from './pending-frames.ts';

/** A book actor's whole state as a plain value. */
export interface BookActorState extends BookKeeperState {
  readonly audit: QuoteAuditState;
  readonly last: number;
  readonly refreshingSinceUs: number;
  readonly ahead: AheadUpdatesState;
  readonly comparison: BookComparisonState | null;
}

export class BookActor extends BookKeeper<BookRules> {
  protected readonly checksum: BookChecksum | null;
  private readonly audit = new QuoteAudit();
  private last = NaN;
  private readonly ahead = new AheadUpdates();
  /** Since when a live book waits for a second snapshot; NaN where it does not. */
  private refreshingSinceUs = NaN;
  /** While the book is being held against the venue's own. */
  private comparison: BookComparison | null = null;

  constructor(options: BookKeeperOptions<BookRules>) {
    const { instrument, rules } = options;
    const { changes } = options.views;
    // Where a checksum needs the digits of the wire, these and not the metadata decide the scale.
    const scales = rules.keepDigits ? {} : definedScales(instrument);
    super(options, new Book({ keepDigits: rules.keepDigits, ...scales, changes }));
    this.checksum = createChecksum(rules.checksum, this.book);
  }

  override get isCompared(): boolean {
    return this.comparison !== null;
  }

  private get isRefreshing(): boolean {
    return !Number.isNaN(this.refreshingSinceUs);
  }

  /** The answer of a refresh may be lost as well: with the connection that it was asked on, while another carries the book. */
  override nudge(beforeUs: number, nowUs: number): void {
    super.nudge(beforeUs, nowUs);
    if (!(this.refreshingSinceUs <= beforeUs)) return;
    this.refreshingSinceUs = nowUs;
    this.askSnapshot();
  }

  state(): BookActorState {
    const { last, refreshingSinceUs, comparison } = this;
    return {
      ...this.commonState(),
      last,
      refreshingSinceUs,
      ahead: this.ahead.state(),
      audit: this.audit.state(),
      comparison: comparison?.state() ?? null,
    };
  }

  restore(state: BookActorState): void {
    this.restoreCommon(state);
    this.audit.restore(state.audit);
    this.last = state.last;
    this.refreshingSinceUs = state.refreshingSinceUs;
    this.ahead.restore(state.ahead);
    this.comparison = state.comparison === null ? null : new BookComparison(NaN);
    if (state.comparison !== null) this.comparison?.restore(state.comparison);
  }

  protected load({ levels, depth, last }: WireMessage): void {
    const { book, rules } = this;
    this.comparison = null;
    if (rules.snapshot === 'rest') {
      book.load(levels, { limit: depth, window: false });
    } else if (rules.depth === 'full') {
      book.load(levels, { limit: Number.POSITIVE_INFINITY, window: false });
    } else {
      // Where the venue's word on the depth is missing, nothing below the snapshot's last level is known.
      const window = Number.isFinite(this.depth);
      book.load(levels, { limit: this.depth, window, partial: !window });
    }
    this.last = last;
  }

  protected override onConnectionLost({ conn }: FrameContext): void {
    this.ahead.forget(conn);
  }

  protected override onCarrierLost(context: FrameContext): void {
    if (this.carriers.size > 0) this.judgeHole(context);
  }

  protected override onQuote(message: WireMessage): void {
    this.audit.add(message.last, message.levels);
  }

  protected override onComparison(input: ComparisonInput): void {
    switch (input.kind) {
      case 'compare':
        this.comparison = this.phase === 'live' ? new BookComparison(this.events.exchangeUs) : null;
        return;
      case 'reference':
        this.comparison?.take(input.message.levels, input.message.exchangeUs);
        return;
      case 'compared':
        this.judgeComparison(input.context);
    }
  }

  protected onUnreadable(detail: string, context: FrameContext): void {
    // Numbers without holes show a lost update at the next one.
    if (this.rules.snapshot === 'stream') this.distrust('malformed', detail, context);
    else if (this.rules.sequence === 'rising') this.onUnseenLoss('malformed', detail, context);
  }

  protected onWaiting(): void {
    this.refreshingSinceUs = NaN;
    this.comparison = null;
    this.ahead.takeAll();
    this.last = NaN;
    this.audit.clear();
  }

  /** A connection may have lost an update, and no number will show it: what it has said leads no further. */
  private onUnseenLoss(reason: TrustReason, detail: string, context: FrameContext): void {
    const { carriers } = this;
    if (!carriers.has(context.conn)) return;
    if (this.phase !== 'live') this.kept.forget();
    else if (carriers.size > 1) carriers.delete(context.conn);
    else this.distrust(reason, detail, context);
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
    if (!this.verify(message.checksum, context)) return;
    this.counters.updates++;
    this.events.emitBook('book.delta', message.exchangeUs, message.last, context);
  }

  // ---- venues with numbered updates and a snapshot by REST ----

  protected onRestSnapshot(message: WireMessage, context: FrameContext): void {
    // A live book knows more than a snapshot that the socket may have overtaken: it is held against it, or nobody asked.
    if (this.comparison !== null && !this.isRefreshing) this.comparison.take(message.levels, message.exchangeUs);
    if (this.phase !== 'waiting' && !this.isRefreshing) return;
    this.snapshotAsked = false;
    if (!this.kept.isReachedBy(message.last, this.rules.sequence)) {
      // Older than the first update that was kept: what lies between is lost.
      this.askSnapshot();
      return;
    }
    const kept = this.kept.take();
    const keptLast = kept.at(-1)?.last;
    if (this.isRefreshing && message.last <= this.last) return this.refresh(message, kept, context);
    this.refreshingSinceUs = NaN;
    this.beginBridge(message, context);
    for (const { bytes, receiveUs } of kept) {
      // The snapshot's frame causes these events; the receive time stays the update's own.
      this.reparse(bytes, (update) => {
        if (update.kind === 'delta') this.takeNumberedDelta(update, { ...context, receiveUs, bytes });
      });
    }
    // What waited ahead of a hole may be what follows the snapshot.
    this.judgeHole(context);
    // The last update kept ends exactly where the snapshot does: both are of the same moment, which proves the bridge.
    if (keptLast === this.last) this.crossBridge(NaN, context);
    return undefined;
  }

  /** A live book goes on from a newer snapshot: what came since is applied to it again, and one snapshot event says all. */
  private refresh(message: WireMessage, kept: readonly PendingFrame[], context: FrameContext): void {
    const until = this.last;
    this.counters.snapshots++;
    this.refreshingSinceUs = NaN;
    this.load(message);
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

  protected onUpdate(message: WireMessage, context: FrameContext): void {
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
      this.cutOff('silence', `${String(carriers)} said nothing, ${context.conn} did`, context);
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
    if (!this.verify(message.checksum, context)) return undefined;
    this.counters.updates++;
    this.crossBridge(message.exchangeUs, context);
    this.events.emitBook('book.delta', message.exchangeUs, message.last, context);
    if (this.isRefreshing) this.keepFrame(message, context);
    else if (this.book.isWorn) this.beginRefresh(context);
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

  private beginRefresh(context: FrameContext): void {
    this.refreshingSinceUs = context.receiveUs;
    // An answer from before this moment would lead nowhere.
    this.kept.expect(this.last + 1);
    this.askSnapshot();
  }

  // ---- trust ----

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
}

function definedScales(instrument: Instrument): { priceScale?: number; sizeScale?: number } {
  const { priceScale, sizeScale } = instrument;
  const fits = (scale: number | null): scale is number => scale !== null && POWERS_OF_TEN[scale] !== undefined;
  return { ...(fits(priceScale) ? { priceScale } : {}), ...(fits(sizeScale) ? { sizeScale } : {}) };
}
