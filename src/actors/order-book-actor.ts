/**
 * The book of one (exchange, pair) whose venue sends single orders: applies the venue's sequence and checksum rules, keeps
 * the orders in their queues and the levels that they add up to, and emits both: each order's turn, then the levels that
 * changed, so that whatever is behind the bus needs to know nothing of orders. One synchronous step per message; nothing is
 * awaited, no clock is read.
 *
 * The phases are those of `book-actor.ts`:
 *
 *     waiting    syncing, stale   a snapshot comes; updates are kept (REST) or left out (stream)
 *                or suspect
 *     bridging   syncing          an update from before the REST snapshot, or the next one behind it, proves that none is missing
 *     live       live             gap, bad checksum, crossed book, unreadable frame, lost connection
 *
 * A message is told whole or not at all. Where a venue tells a trade in several messages of one moment (`crossesWithin`),
 * these are held and told as one, as soon as as much was bought as was sold and the book is not crossed: nobody could have
 * traded on what is in between. An update of a later moment ends the wait, so that a book that is still crossed is suspect.
 */

import { Book } from '../book/book.ts';
import type { BookState } from '../book/book.ts';
import type { BookChecksum } from '../book/checksums.ts';
import { LevelBuffer } from '../book/level-buffer.ts';
import { OrderBook, unitsOf } from '../book/order-book.ts';
import type { OrderBookState } from '../book/order-book.ts';
import { ChangeBuffer } from '../book/changes.ts';
import type { OrderBuffer } from '../book/order-buffer.ts';
import { createOrderChecksum } from '../book/order-checksums.ts';
import type { OrderRules } from '../book/order-rules.ts';
import type { OrderTurn } from '../book/order-turns.ts';
import { takeOrder } from '../book/order-turns.ts';
import type { WireMessage } from '../book/wire-message.ts';
import { assert } from '../lib/assert.ts';
import type { TrustReason, TrustState } from '../model/event.ts';
import { ASK, BID, FIRST_SIGHT, KNOWN, RESIZED, WINDOW_EXIT } from '../model/event.ts';
import type { Instrument } from '../model/instrument.ts';
import type { Reparse } from './book-actor.ts';
import { noCounts } from './book-counters.ts';
import type { BookEventsState } from './book-events.ts';
import { BookEvents } from './book-events.ts';
import type { BookKeeper } from './book-keeper.ts';
import type { BookCounters, BookEffects, BookInput, FrameContext } from './book.protocol.ts';
import { HeldTurns } from './held-turns.ts';
import type { HeldTurnsState } from './held-turns.ts';
import { OrderSequence } from './order-sequence.ts';
import type { OrderSequenceState } from './order-sequence.ts';
import type { PendingFrame } from './pending-frames.ts';
import { PendingFrames } from './pending-frames.ts';
import type { Position } from './positions.ts';

/** An order book actor's whole state as a plain value. */
export interface OrderBookActorState {
  readonly instrument: Instrument;
  readonly book: BookState;
  readonly orders: OrderBookState;
  readonly counters: BookCounters;
  readonly events: BookEventsState;
  readonly phase: 'waiting' | 'bridging' | 'live';
  readonly carriers: readonly string[];
  readonly channel: string;
  readonly waitingSinceUs: number;
  readonly sequence: OrderSequenceState;
  readonly depth: number;
  readonly cutSides: readonly number[];
  readonly pending: readonly PendingFrame[];
  readonly pendingFirst: number;
  readonly snapshotAsked: boolean;
  readonly held: HeldTurnsState;
  readonly lastReceiveUs: number;
}

/** A row of levels that the orders of a message lead to, beside the level itself. */
const NEW_ORDER = 0;
const ENTERING = 1;
const NO_NEW_ORDER = 2;

export class OrderBookActor implements BookKeeper {
  readonly instrument: Instrument;
  readonly book: Book;
  readonly orders = new OrderBook();
  lastReceiveUs = NaN;
  counters: BookCounters = noCounts();

  private readonly rules: OrderRules;
  private readonly reparse: Reparse;
  private readonly effects: BookEffects;
  private readonly events: BookEvents;
  private readonly checksum: BookChecksum | null;
  /** Connections that carry the book: one, or two while a connection is renewed where messages are numbered or chained. */
  private carriers = new Set<string>();
  private channel = '';
  private phase: OrderBookActorState['phase'] = 'waiting';
  private waitingSinceUs = 0;
  private readonly sequence: OrderSequence;
  private depth = Number.POSITIVE_INFINITY;
  /** Sides that have had as many orders as the venue's window holds: what is beyond their worst price is not known. */
  private readonly cutSides = new Set<number>();
  private readonly pending = new PendingFrames();
  /** The least number that a snapshot must reach; NaN where nothing is kept. */
  private pendingFirst = NaN;
  private snapshotAsked = false;
  private readonly held = new HeldTurns();
  /** Of the message at hand: its levels, and of each of their rows what made it. */
  private readonly levels = new LevelBuffer();
  private readonly rowKinds: number[] = [];

  constructor(options: {
    instrument: Instrument;
    rules: OrderRules;
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
    this.sequence = new OrderSequence(rules.sequence);
    // Totals may need more digits than the steps of the venue's list: the digits seen decide.
    this.book = new Book({ keepDigits: false, changes: options.changes ?? new ChangeBuffer() });
    this.checksum = createOrderChecksum(rules.checksum, this.orders, this.book);
    const { book } = this;
    this.events = new BookEvents({ instrument, book, emit: (view) => effects.emit(view), epochFloor, sampleLevels });
  }

  readonly isCompared = false;

  get trust(): TrustState {
    return this.events.trust;
  }

  get reason(): TrustReason {
    return this.events.reason;
  }

  get detail(): string {
    return this.events.detail;
  }

  get position(): Position | null {
    return this.events.position;
  }

  /** Chained messages that named the one before them, and those that did not; both 0 where the venue chains none. */
  get links(): { readonly ok: number; readonly broken: number } {
    return this.sequence.links;
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
      case 'malformed':
        this.counters.malformed++;
        return this.onMalformed(input.detail, context);
      case 'disconnected':
        if (!this.carriers.delete(context.conn)) return undefined;
        if (this.carriers.size > 0) return undefined;
        this.channel = '';
        return this.onLost(input.reason, input.detail, context);
      case 'gap':
        if (!this.carriers.has(context.conn) || this.phase === 'waiting') return undefined;
        this.counters.gaps++;
        this.counters.resyncs++;
        return this.toWaiting('suspect', 'gap', input.detail, context);
      case 'halted':
        return this.onLost(input.reason, input.detail, context);
      case 'compare':
      case 'reference':
      case 'compared':
        // What is held against the venue's own by REST are levels.
        return undefined;
      case 'failed':
        // Nobody knows whether the last event of the failed step went out: a new epoch leaves no hole behind it.
        this.events.openEpoch(context.receiveUs);
        return this.distrust('actor-failed', input.detail, context);
    }
  }

  state(): OrderBookActorState {
    const { instrument, phase, depth, waitingSinceUs, pendingFirst, snapshotAsked, lastReceiveUs, channel } = this;
    return {
      instrument,
      phase,
      depth,
      waitingSinceUs,
      pendingFirst,
      snapshotAsked,
      lastReceiveUs,
      channel,
      book: this.book.state(),
      orders: this.orders.state(),
      counters: { ...this.counters },
      events: this.events.state(),
      carriers: [...this.carriers],
      sequence: this.sequence.state(),
      cutSides: [...this.cutSides],
      pending: this.pending.list(),
      held: this.held.state(),
    };
  }

  restore(state: OrderBookActorState): void {
    this.book.restore(state.book);
    this.orders.restore(state.orders);
    this.counters = { ...state.counters };
    this.events.restore(state.events);
    this.phase = state.phase;
    this.carriers = new Set(state.carriers);
    this.channel = state.channel;
    this.waitingSinceUs = state.waitingSinceUs;
    this.sequence.restore(state.sequence);
    this.depth = state.depth;
    this.cutSides.clear();
    for (const side of state.cutSides) this.cutSides.add(side);
    this.pending.restore(state.pending);
    this.pendingFirst = state.pendingFirst;
    this.snapshotAsked = state.snapshotAsked;
    this.held.restore(state.held);
    this.lastReceiveUs = state.lastReceiveUs;
  }

  /** Goes on for an actor that failed: same totals, and never the same event identity again. */
  succeed(previous: OrderBookActor): void {
    this.counters = { ...previous.counters };
    this.events.restore(previous.events.state());
    this.depth = previous.depth;
    this.carriers = new Set(previous.carriers);
    this.channel = previous.channel;
    this.lastReceiveUs = previous.lastReceiveUs;
  }

  nudge(beforeUs: number, nowUs: number): void {
    if (this.phase !== 'waiting' || this.waitingSinceUs > beforeUs) return;
    this.waitingSinceUs = nowUs;
    this.askAgain();
  }

  resubscribe(): void {
    this.effects.resubscribe(this.instrument.venueSymbol, this.channel);
  }

  private askAgain(): void {
    if (this.rules.snapshot === 'rest') this.askSnapshot();
    else this.resubscribe();
  }

  private askSnapshot(): void {
    this.snapshotAsked = true;
    this.effects.requestSnapshot(this.instrument.venueSymbol);
  }

  // ---- messages ----

  private onMessage(message: WireMessage, context: FrameContext): void {
    switch (message.kind) {
      case 'subscribed':
        if (Number.isFinite(message.depth)) this.depth = message.depth;
        if (message.channel !== '') this.channel = message.channel;
        if (this.rules.snapshot === 'stream' && this.phase === 'waiting') {
          this.carriers.add(context.conn);
          this.awaitSnapshot(context);
        }
        return;
      case 'unsubscribed':
        if (this.phase === 'waiting') return;
        this.counters.resyncs++;
        this.toWaiting('syncing', 'awaiting-snapshot', 'unsubscribed', context);
        return;
      case 'trades':
        this.events.emitTrades(message.trades, context, this.counters);
        return;
      case 'checksum':
        // Of another connection's copy of the book nothing is known.
        if (this.phase === 'live' && this.carriers.has(context.conn)) this.verifyChecksum(message.checksum, context);
        return;
      case 'snapshot':
        return this.rules.snapshot === 'rest'
          ? this.onRestSnapshot(message, context)
          : this.onStreamSnapshot(message, context);
      case 'delta':
        return this.rules.snapshot === 'rest'
          ? this.onNumberedUpdate(message, context)
          : this.onPlainUpdate(message, context);
      case 'refused':
        // A book that is live proves that its own channel was granted: the refusal is about another one.
        if (this.phase === 'waiting') this.onLost('refused', message.detail, context);
        return;
      case 'quote':
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

  /** An update may be lost in a frame that cannot be read, or the very snapshot that is waited for. */
  private onMalformed(detail: string, context: FrameContext): void {
    if (this.rules.snapshot === 'rest') {
      // A lost update shows at the next one; a snapshot shows in nothing. The session spaces wishes out.
      if (this.snapshotAsked) this.askSnapshot();
    } else if (this.phase !== 'live') {
      this.resubscribe();
    } else if (this.carriers.has(context.conn) && this.rules.sequence !== 'connection') {
      this.distrust('malformed', detail, context);
    }
  }

  // ---- venues whose snapshot comes on the same socket ----

  private onStreamSnapshot(message: WireMessage, context: FrameContext): void {
    if (Number.isFinite(message.depth)) this.depth = message.depth;
    if (this.phase === 'live') this.counters.resyncs++;
    this.carriers.clear();
    this.carriers.add(context.conn);
    this.events.openEpoch(context.receiveUs);
    this.load(message);
    this.phase = 'live';
    if (!this.verifyChecksum(message.checksum, context) || !this.verifyUncrossed(context)) return;
    this.setTrust('live', 'none', '', message.exchangeUs, context);
    this.events.emitBook('book.snapshot', message.exchangeUs, message.last, context);
  }

  private onPlainUpdate(message: WireMessage, context: FrameContext): void {
    if (this.phase === 'waiting' || !this.carriers.has(context.conn)) {
      this.counters.earlyUpdates++;
      return;
    }
    this.take(message, context);
  }

  // ---- venues with numbered or chained updates and a snapshot by REST ----

  /** @param isKept it was kept until now, so that its link was counted when it came */
  private onNumberedUpdate(message: WireMessage, context: FrameContext, isKept = false): void {
    if (this.phase === 'waiting') {
      this.keep(message, context);
      return;
    }
    const { conn } = context;
    const place = this.sequence.place(message, !isKept);
    switch (place) {
      case 'old':
        this.counters.staleUpdates++;
        this.carriers.add(conn);
        // Heard since before the snapshot: all that is newer than it was heard, or will be.
        this.crossBridge(NaN, context);
        return;
      case 'next':
        this.carriers.add(conn);
        this.take(message, context);
        return;
      case 'unproven':
        // Nothing was heard from before the snapshot: what came between the two may be lost.
        this.toWaiting('syncing', 'awaiting-snapshot', `nothing before the snapshot was heard`, context);
        this.keep(message, context);
        return;
      case 'ahead':
        // A connection that has told nothing yet that the book holds may be ahead of the one that carries it.
        if (this.phase === 'live' && this.carriers.size > 0 && !this.carriers.has(conn)) return;
        this.counters.gaps++;
        this.distrust('gap', this.sequence.expectation(message), context);
        this.keep(message, context);
    }
  }

  private onRestSnapshot(message: WireMessage, context: FrameContext): void {
    // Nobody asked: a live book knows more than a snapshot that the socket may have overtaken.
    if (this.phase !== 'waiting') return;
    this.snapshotAsked = false;
    if (!this.sequence.mayFollow(message, this.pendingFirst)) {
      // Older than the first update that was kept: what lies between is lost.
      this.askSnapshot();
      return;
    }
    const kept = this.pending.list();
    this.forgetKept();
    this.events.openEpoch(context.receiveUs);
    this.load(message);
    this.sequence.begin(message);
    this.phase = 'bridging';
    this.setTrust('syncing', 'awaiting-bridge', '', NaN, context);
    this.events.emitBook('book.snapshot', message.exchangeUs, message.last, context);
    for (const { bytes, receiveUs } of kept) {
      // The snapshot's frame causes these events; the receive time stays the update's own.
      this.reparse(bytes, (update) => {
        if (update.kind === 'delta') {
          this.onNumberedUpdate(update, { ...context, ...this.carrier, receiveUs, bytes }, true);
        }
      });
    }
  }

  /** The connection that has brought what is kept. */
  private get carrier(): { conn?: string } {
    const [conn] = this.carriers;
    return conn === undefined ? {} : { conn };
  }

  private keep(message: WireMessage, context: FrameContext): void {
    const { conn, bytes, receiveUs } = context;
    this.awaitSnapshot(context);
    // What is kept is of one connection, whose updates follow each other.
    if (this.pending.count > 0 && !this.carriers.has(conn)) return;
    if (this.pending.count === 0) {
      this.carriers.clear();
      this.carriers.add(conn);
      this.sequence.restart(message);
    } else if (!this.sequence.continues(message)) {
      this.forgetKept();
      this.sequence.restart(message);
    }
    const first = Number.isNaN(message.first) ? message.exchangeUs : message.first;
    if (this.pending.count === 0) this.pendingFirst = first;
    if (!this.pending.add(bytes, receiveUs, first, message.last)) this.pendingFirst = this.pending.first;
    if (!this.snapshotAsked) this.askSnapshot();
  }

  private forgetKept(): void {
    this.pending.clear();
    this.pendingFirst = NaN;
  }

  private crossBridge(exchangeUs: number, context: FrameContext): void {
    if (this.phase !== 'bridging') return;
    this.phase = 'live';
    this.setTrust('live', 'none', '', exchangeUs, context);
  }

  // ---- orders and levels ----

  /** Replaces all orders, and the levels with them. `book.changes` then lists these. */
  private load(message: WireMessage): void {
    const { orders, levels, rules, depth } = this;
    const listed = ordersOf(message);
    orders.clear();
    this.held.clear();
    this.cutSides.clear();
    for (let row = 0; row < listed.count; row++) takeOrder(orders, listed, row, true);
    levels.clear();
    orders.drain(levels);
    const limit = rules.depth === 'levels' ? depth : Number.POSITIVE_INFINITY;
    this.book.load(levels, { limit, window: Number.isFinite(limit) });
    this.noteCuts();
    if (Number.isFinite(limit)) this.forgetCut();
    this.counters.snapshots++;
    this.counters.promotions = this.book.promotions;
  }

  /** Forgets the orders of levels that a snapshot listed beyond the window. */
  private forgetCut(): void {
    const { book, orders } = this;
    for (const side of [BID, ASK]) {
      const held = new Set<bigint>();
      book.forEachLevel(side, Number.POSITIVE_INFINITY, (mantissa) => {
        held.add(unitsOf({ mantissa, decimals: book.priceScale }));
      });
      for (const price of orders.prices(side)) if (!held.has(price)) orders.forgetAt(side, price);
    }
  }

  /** Takes an update in, and tells it where it is whole. */
  private take(message: WireMessage, context: FrameContext): void {
    const { held } = this;
    const { exchangeUs } = message;
    if (held.isHolding && held.exchangeUs !== exchangeUs) {
      // A later moment: what is held is whole, or something is wrong.
      if (!this.tell(held.exchangeUs, held.venueSeq, { ...context, receiveUs: held.receiveUs })) {
        if (this.rules.snapshot === 'rest') this.keep(message, context);
        return;
      }
    }
    this.counters.updates++;
    const lost = this.takeRows(message);
    if (lost !== null) {
      this.counters.gaps++;
      this.distrust('gap', lost, context);
      return;
    }
    held.at(exchangeUs, message.last, context.receiveUs);
    if (held.isHolding && !(held.isBalanced && !this.isCrossed())) return;
    if (!this.tell(exchangeUs, message.last, context, message.checksum)) return;
    this.crossBridge(exchangeUs, context);
  }

  /** Takes the message's rows into the orders. @returns what shows that an update was lost; null where nothing does */
  private takeRows(message: WireMessage): string | null {
    const { held, rules, levels, orders } = this;
    const rows = ordersOf(message);
    if (!held.isHolding) this.startLevels();
    for (let row = 0; row < rows.count; row++) {
      const side = rows.numbers.side[row] as number;
      const isEntering = this.isAtEdge(rows, row);
      const turn = takeOrder(orders, rows, row, rules.growthKeepsPlace);
      if (turn === 'unknown') {
        if (rules.unknown !== 'normal') this.counters.unknownRemovals++;
        if (rules.unknown === 'loss' && rows.action[row] !== 'gone')
          return `an update of order ${rows.id[row]}, which is not held`;
      } else if (turn !== null) {
        // What may have been there before is no new order for sure.
        const isUntold = turn.kind === 'order.add' && isEntering === ENTERING;
        held.add(isUntold ? { ...turn, told: false } : turn);
      }
      if (!rules.crossesWithin) {
        orders.drain(levels);
        this.nameRows(turn !== null && turn !== 'unknown' && turn.kind === 'order.add' ? isEntering : NO_NEW_ORDER);
        continue;
      }
      const traded = rows.traded[row] ?? 0n;
      if (traded > 0n) held.trade(side, traded);
      if (turn !== null && turn !== 'unknown' && turn.kind === 'order.add' && this.wouldCross(turn)) held.hold();
    }
    return null;
  }

  private startLevels(): void {
    this.levels.clear();
    this.rowKinds.length = 0;
  }

  private nameRows(kind: number): void {
    while (this.rowKinds.length < this.levels.count) this.rowKinds.push(kind);
  }

  /**
   * Whether an order that the message adds may have been there before, outside of the venue's window: of a side that is cut,
   * nothing is known beyond its worst price.
   */
  private isAtEdge(rows: OrderBuffer, row: number): number {
    const side = rows.numbers.side[row] as number;
    if (!this.cutSides.has(side)) return NEW_ORDER;
    const worst = this.orders.worst(side);
    if (worst === null) return ENTERING;
    const { numbers } = rows;
    const price = unitsOf({ mantissa: numbers.exactPrice(row), decimals: numbers.priceDecimals[row] as number });
    return (side === BID ? price <= worst : price >= worst) ? ENTERING : NEW_ORDER;
  }

  private noteCuts(): void {
    if (this.rules.depth !== 'orders') return;
    for (const side of [BID, ASK]) if (this.orders.countOf(side) >= this.depth) this.cutSides.add(side);
  }

  /** Whether a new order stands at or beyond the best price of the other side, as it was told last. */
  private wouldCross({ side, price }: OrderTurn): boolean {
    const { top, priceScale } = this.book;
    const other = side === BID ? (top.wide?.ask ?? top.ask) : (top.wide?.bid ?? top.bid);
    if (other === null || (typeof other === 'number' && Number.isNaN(other))) return false;
    const best = unitsOf({ mantissa: other, decimals: priceScale });
    return side === BID ? price >= best : price <= best;
  }

  private isCrossed(): boolean {
    const bid = this.orders.best(BID);
    const ask = this.orders.best(ASK);
    return bid !== null && ask !== null && bid >= ask;
  }

  /** Brings the levels up to the orders and tells both. @returns false where the book is proven wrong; nothing is told then */
  private tell(exchangeUs: number, venueSeq: number, context: FrameContext, checksum = NaN): boolean {
    const { book, held, levels, orders, rules } = this;
    if (rules.crossesWithin) {
      this.startLevels();
      orders.drain(levels);
      for (let row = 0; row < levels.count; row++) this.rowKinds.push(this.isAddedAt(row) ? NEW_ORDER : NO_NEW_ORDER);
    }
    const turns = held.turns();
    this.events.passTime(exchangeUs, context);
    book.apply(levels);
    this.counters.promotions = book.promotions;
    const sighted = this.nameChanges();
    held.clear();
    if (!this.verifyChecksum(checksum, context) || !this.verifyUncrossed(context)) return false;
    for (const turn of turns) {
      const isUntold = turn.kind === 'order.add' && sighted.has(turn.side === BID ? turn.price : -turn.price);
      this.events.emitOrder(isUntold ? { ...turn, told: false } : turn, exchangeUs, venueSeq, context);
    }
    if (book.changes.count > 0) this.events.emitBook('book.delta', exchangeUs, venueSeq, context);
    return true;
  }

  /** Whether an order that is new in what is held stands at the price of a row of levels. */
  private isAddedAt(row: number): boolean {
    const { levels } = this;
    const side = levels.side[row] as number;
    const price = unitsOf({ mantissa: levels.exactPrice(row), decimals: levels.priceDecimals[row] as number });
    return this.held.turns().some((turn) => turn.kind === 'order.add' && turn.side === side && turn.price === price);
  }

  /**
   * Says of each changed level whether it stands for a new order. A row of levels is a changed level, since only levels of
   * another total are drained; those that left the window come behind them, and their orders are forgotten.
   * @returns prices of levels that had never been seen, in units, those of asks negated
   */
  private nameChanges(): ReadonlySet<bigint> {
    const { book, levels, rowKinds, orders } = this;
    const { changes } = book;
    const { side, kind, price, change, wide } = changes;
    assert(changes.count >= levels.count, `${levels.count} levels made ${changes.count} changes`);
    /** Levels of this message that were never seen before: all their orders were there already, for what is known. */
    const sighted = new Set<bigint>();
    for (let row = 0; row < changes.count; row++) {
      if (row >= levels.count) {
        assert(kind[row] === WINDOW_EXIT, 'a level changed that no order has touched');
        const mantissa = wide?.price[row] ?? (price[row] as number);
        orders.forgetAt(side[row] as number, unitsOf({ mantissa, decimals: book.priceScale }));
        continue;
      }
      if (kind[row] !== FIRST_SIGHT && (kind[row] !== KNOWN || !((change[row] as number) > 0))) continue;
      const units = unitsOf({ mantissa: levels.exactPrice(row), decimals: levels.priceDecimals[row] as number });
      const level = side[row] === BID ? units : -units;
      if (kind[row] === FIRST_SIGHT) sighted.add(level);
      else if (sighted.has(level) || rowKinds[row] === ENTERING) kind[row] = FIRST_SIGHT;
      else if (rowKinds[row] === NO_NEW_ORDER) kind[row] = RESIZED;
    }
    this.noteCuts();
    return sighted;
  }

  // ---- trust ----

  private verifyChecksum(checksum: number, context: FrameContext): boolean {
    if (this.checksum === null || Number.isNaN(checksum)) return true;
    const computed = this.checksum.value();
    if (computed === checksum) {
      this.counters.checksumOk++;
      return true;
    }
    this.counters.checksumFailed++;
    this.distrust('checksum', `the venue says ${checksum}, the book gives ${computed}`, context);
    return false;
  }

  private verifyUncrossed(context: FrameContext): boolean {
    if (!this.book.crossed) return true;
    this.counters.crossed++;
    this.distrust('crossed', 'best bid at or above best ask after a whole message', context);
    return false;
  }

  /** The book is proven wrong: say so, then ask for a fresh state. */
  private distrust(reason: TrustReason, detail: string, context: FrameContext): void {
    this.counters.resyncs++;
    this.toWaiting('suspect', reason, detail, context);
    this.askAgain();
  }

  private onLost(reason: TrustReason, detail: string, context: FrameContext): void {
    if (this.phase !== 'waiting') this.counters.resyncs++;
    this.snapshotAsked = false;
    this.toWaiting('stale', reason, detail, context);
  }

  /** Frames flow (again): a book that was cut off is on its way back; one that was proven wrong stays suspect. */
  private awaitSnapshot(context: FrameContext): void {
    if (this.phase !== 'waiting' || this.trust === 'suspect') return;
    this.setTrust('syncing', 'awaiting-snapshot', '', NaN, context);
  }

  private toWaiting(trust: TrustState, reason: TrustReason, detail: string, context: FrameContext): void {
    this.phase = 'waiting';
    this.waitingSinceUs = context.receiveUs;
    this.forgetKept();
    this.held.clear();
    this.setTrust(trust, reason, detail, NaN, context);
    this.orders.clear();
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

function ordersOf({ orders, kind, venueSymbol }: WireMessage): OrderBuffer {
  assert(orders !== null, `a ${kind} of ${venueSymbol} without orders on a channel of orders`);
  return orders;
}
