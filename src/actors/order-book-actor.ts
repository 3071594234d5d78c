/**
 * The book of a pair whose venue sends single orders: applies the venue's sequence and checksum rules, keeps the orders in
 * their queues and the levels that they add up to, and emits both: each order's turn, then the levels that changed, so that
 * whatever is behind the bus needs to know nothing of orders. What it goes through is told in `book-keeper.ts`.
 *
 * A book by REST is bridged by an update from before its snapshot, or by the next one behind it.
 *
 * A message is told whole or not at all. Where a venue tells a trade in several messages of one moment (`crossesWithin`),
 * these are held and told as one, as soon as as much was bought as was sold and the book is not crossed: nobody could have
 * traded on what is in between. An update of a later moment ends the wait, so that a book that is still crossed is suspect.
 */

import { Book } from '../book/book.ts';
import type { BookChecksum } from '../book/checksums.ts';
import { LevelBuffer } from '../book/level-buffer.ts';
import { OrderBook, unitsOf } from '../book/order-book.ts';
import type { OrderBookState } from '../book/order-book.ts';
import type { OrderBuffer } from '../book/order-buffer.ts';
import { createOrderChecksum } from '../book/order-checksums.ts';
import type { OrderRules } from '../book/order-rules.ts';
import type { OrderTurn } from '../book/order-turns.ts';
import { takeOrder } from '../book/order-turns.ts';
import type { WireMessage } from '../book/wire-message.ts';
import { assert } from '../lib/assert.ts';
import { ASK, BID, FIRST_SIGHT, KNOWN, RESIZED, WINDOW_EXIT } from '../model/event.ts';
import type { BookKeeperOptions, BookKeeperState } from './book-keeper.ts';
import { BookKeeper } from './book-keeper.ts';
import type { FrameContext } from './book.protocol.ts';
import { HeldTurns } from './held-turns.ts';
import type { HeldTurnsState } from './held-turns.ts';
import { OrderSequence } from './order-sequence.ts';
import type { OrderSequenceState } from './order-sequence.ts';

/** An order book actor's whole state as a plain value. */
export interface OrderBookActorState extends BookKeeperState {
  readonly orders: OrderBookState;
  readonly sequence: OrderSequenceState;
  readonly cutSides: readonly number[];
  readonly held: HeldTurnsState;
}

/** A row of levels that the orders of a message lead to, beside the level itself. */
const NEW_ORDER = 0;
const ENTERING = 1;
const NO_NEW_ORDER = 2;

export class OrderBookActor extends BookKeeper<OrderRules> {
  readonly orders = new OrderBook();
  protected readonly checksum: BookChecksum | null;
  private readonly sequence: OrderSequence;
  /** Sides that have had as many orders as the venue's window holds: what is beyond their worst price is not known. */
  private readonly cutSides = new Set<number>();
  private readonly held = new HeldTurns();
  /** Of the message at hand: its levels, and of each of their rows what made it. */
  private readonly levels = new LevelBuffer();
  private readonly rowKinds: number[] = [];

  constructor(options: BookKeeperOptions<OrderRules>) {
    const { rules } = options;
    const { changes } = options.views;
    // Totals may need more digits than the steps of the venue's list: the digits seen decide.
    super(options, new Book({ keepDigits: false, changes }));
    this.sequence = new OrderSequence(rules.sequence);
    this.checksum = createOrderChecksum(rules.checksum, this.orders, this.book);
  }

  override get links(): { readonly ok: number; readonly broken: number } {
    return this.sequence.links;
  }

  state(): OrderBookActorState {
    return {
      ...this.commonState(),
      orders: this.orders.state(),
      sequence: this.sequence.state(),
      cutSides: [...this.cutSides],
      held: this.held.state(),
    };
  }

  restore(state: OrderBookActorState): void {
    this.restoreCommon(state);
    this.orders.restore(state.orders);
    this.sequence.restore(state.sequence);
    this.cutSides.clear();
    for (const side of state.cutSides) this.cutSides.add(side);
    this.held.restore(state.held);
  }

  protected onWaiting(): void {
    this.held.clear();
    this.orders.clear();
  }

  protected onUnreadable(detail: string, context: FrameContext): void {
    // Numbers show a lost update at the next one.
    const { snapshot, sequence } = this.rules;
    if (snapshot === 'stream' && sequence !== 'connection') this.distrust('malformed', detail, context);
  }

  protected onUpdate(message: WireMessage, context: FrameContext): void {
    if (this.rules.snapshot === 'rest') this.onNumberedUpdate(message, context);
    else this.onPlainUpdate(message, context);
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

  protected onRestSnapshot(message: WireMessage, context: FrameContext): void {
    // Nobody asked: a live book knows more than a snapshot that the socket may have overtaken.
    if (this.phase !== 'waiting') return;
    this.snapshotAsked = false;
    if (!this.sequence.mayFollow(message, this.kept.first)) {
      // Older than the first update that was kept: what lies between is lost.
      this.askSnapshot();
      return;
    }
    const kept = this.kept.take();
    this.sequence.begin(message);
    this.beginBridge(message, context);
    for (const { bytes, receiveUs } of kept) {
      // The snapshot's frame causes these events; the receive time stays the update's own.
      this.reparse(bytes, (update) => {
        if (update.kind === 'delta') {
          const conn = this.carriers.first ?? context.conn;
          this.onNumberedUpdate(update, { ...context, conn, receiveUs, bytes }, true);
        }
      });
    }
  }

  private keep(message: WireMessage, context: FrameContext): void {
    const { conn, bytes, receiveUs } = context;
    this.awaitSnapshot(context);
    // What is kept is of one connection, whose updates follow each other.
    if (!this.kept.isEmpty && !this.carriers.has(conn)) return;
    if (this.kept.isEmpty) {
      this.carriers.become(conn);
      this.sequence.restart(message);
    } else if (!this.sequence.continues(message)) {
      this.kept.forget();
      this.sequence.restart(message);
    }
    const first = Number.isNaN(message.first) ? message.exchangeUs : message.first;
    this.kept.keep(bytes, receiveUs, first, message.last);
    if (!this.snapshotAsked) this.askSnapshot();
  }

  // ---- orders and levels ----

  /** Replaces all orders, and the levels with them. `book.changes` then lists these. */
  protected load(message: WireMessage): void {
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
    if (!this.verify(checksum, context)) return false;
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
}

function ordersOf({ orders, kind, venueSymbol }: WireMessage): OrderBuffer {
  assert(orders !== null, `a ${kind} of ${venueSymbol} without orders on a channel of orders`);
  return orders;
}
