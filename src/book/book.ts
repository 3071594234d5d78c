/**
 * The price-level book of one pair: levels in exact integers, the changes of each message, and the best prices and
 * sums after it. Pure: no clock, no I/O; sequence numbers and trust are the keeper's business.
 *
 * Scales. Prices count units of 10^-priceScale, sizes of 10^-sizeScale. The scales start from the instrument's
 * metadata, or at zero, and widen when finer digits are seen; they never shrink. Zeros at the end do not count: Binance
 * pads every size to eight decimals, which would push a coin counted in millions past 2^53 for nothing. Where a checksum
 * is computed over the written digits, each level remembers how many decimals it was written with.
 *
 * Width. While all prices are below 2^53 and all sizes are doubles without loss, as those below 2^53 are and round ones for
 * long beyond, they are doubles in flat columns; an event with a larger size is told in bigints all the same. A message that does not fit
 * promotes the book to bigints first; it stays wide until its next snapshot.
 */

import { assert } from '../lib/assert.ts';
import { significantDecimals } from '../lib/decimal.ts';
import type { BookTop } from '../model/event.ts';
import { ASK, BID, FIRST_SIGHT, KNOWN, WINDOW_EXIT } from '../model/event.ts';
import { kernel, views } from '../kernel/kernel.ts';
import { RESULT_ROWS, RESULT_SCALES, RESULT_TOP, RESULT_WORN } from '../kernel/layout.ts';
import { ChangeBuffer, emptyTop } from './changes.ts';
import type { LadderState } from './ladder.ts';
import { Ladder } from './ladder.ts';
import { isLargeDouble, tellLarge } from './large-sizes.ts';
import type { LevelBuffer } from './level-buffer.ts';
import { pow10, rescaled, scaledWide } from './scaling.ts';
import type { WideLadderState } from './wide-ladder.ts';
import { WideLadder } from './wide-ladder.ts';

export interface BookOptions {
  /** Keep the digits as the venue wrote them, for its checksum. */
  readonly keepDigits: boolean;
  readonly priceScale?: number;
  readonly sizeScale?: number;
  /** Shared by books of which one at a time is at work and looked at; default: its own. */
  readonly changes?: ChangeBuffer;
}

/** What a snapshot says about levels that it does not list. */
export interface Coverage {
  /** Levels per side that were asked for; a side with fewer is complete. `Infinity`: every level is listed. */
  readonly limit: number;
  /** True where later messages keep to that window too, so that the book must be cut to it after each. */
  readonly window: boolean;
  /** True where the limit is not known: then nothing below the last level listed is. */
  readonly partial?: boolean;
}

export interface BookState {
  readonly priceScale: number;
  readonly sizeScale: number;
  readonly coverage: Coverage;
  readonly promotions: number;
  readonly narrow: { readonly bids: LadderState; readonly asks: LadderState } | null;
  readonly wide: { readonly bids: WideLadderState; readonly asks: WideLadderState } | null;
}

/** Prices count units of 10^-priceScale, sizes of 10^-sizeScale. */
interface Scales {
  readonly priceScale: number;
  readonly sizeScale: number;
}

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

interface Sides<T> {
  readonly bids: T;
  readonly asks: T;
}

export class Book {
  priceScale: number;
  sizeScale: number;
  /** Changes of the last message; valid until the next. */
  readonly changes: ChangeBuffer;
  /** Best prices and sums after the last message; valid until the next. */
  readonly top: BookTop = emptyTop();
  /** Times that the book had to be promoted to bigints. */
  promotions = 0;

  private coverage: Coverage = { limit: Number.POSITIVE_INFINITY, window: false };
  private readonly narrow: Sides<Ladder>;
  private wideSides: Sides<WideLadder> | null = null;
  /** Of the narrow ladders, after the last message. */
  private isNarrowWorn = false;
  private readonly keepsDigits: boolean;
  /** Whether the narrow ladders may hold a size beyond 2^53. */
  private holdsLarge = false;

  constructor(options: BookOptions) {
    this.changes = options.changes ?? new ChangeBuffer();
    this.priceScale = options.priceScale ?? 0;
    this.sizeScale = options.sizeScale ?? 0;
    this.keepsDigits = options.keepDigits;
    const ladder = { digits: options.keepDigits, remember: true };
    this.narrow = { bids: new Ladder(ladder), asks: new Ladder(ladder) };
  }

  get wide(): boolean {
    return this.wideSides !== null;
  }

  get bidLevels(): number {
    return this.wideSides?.bids.count ?? this.narrow.bids.count;
  }

  get askLevels(): number {
    return this.wideSides?.asks.count ?? this.narrow.asks.count;
  }

  /** Whether the best bid is at or above the best ask. An empty side is never crossed. */
  get crossed(): boolean {
    const wide = this.top.wide;
    if (wide !== null) return wide.bid !== null && wide.ask !== null && wide.bid >= wide.ask;
    return this.top.bid >= this.top.ask;
  }

  clear(): void {
    this.wideSides = null;
    this.clearNarrow();
    this.changes.clear(false);
    this.fillTop();
  }

  /**
   * Replaces the whole book. `changes` then lists its levels, best first, bids before asks.
   * Levels of size zero in the message are left out.
   */
  load(levels: LevelBuffer, coverage: Coverage): void {
    this.coverage = coverage;
    this.clear();
    this.widenFor(levels);
    if (this.wideSides !== null) this.applyWide(levels, this.wideSides);
    else if (!this.fillNarrow(levels)) this.applyNarrow(levels);
    this.cutAndMoveHorizons(true);
    const { bids, asks } = this.wideSides ?? this.narrow;
    bids.measureSpan();
    asks.measureSpan();
    this.fillTop();
    this.list();
  }

  /**
   * Whether the market has moved so far that half of what the snapshot covered beyond the best price is used up: the
   * far book is then too thin, and a fresh snapshot is due. Never for a book that is known in full.
   */
  get isWorn(): boolean {
    const { wideSides } = this;
    return wideSides === null ? this.isNarrowWorn : wideSides.bids.isWorn || wideSides.asks.isWorn;
  }

  /**
   * Applies one whole message. `changes` then holds a row for each level whose size changed, in the message's order,
   * and last the levels that left the window.
   * @returns removals of levels that were not held
   */
  apply(levels: LevelBuffer): number {
    const { changes, narrow, coverage } = this;
    if (this.wideSides === null) {
      const { base, room, count } = levels;
      changes.clear(false);
      // A row more for each level that leaves the window.
      changes.reserve(2 * count);
      const { handle: bids } = narrow.bids;
      const { handle: asks } = narrow.asks;
      const { priceScale, sizeScale } = this;
      const limit = coverage.window ? coverage.limit : 0;
      const unknown = kernel.apply(
        bids,
        asks,
        base,
        room,
        count,
        changes.base,
        changes.room,
        priceScale,
        sizeScale,
        limit,
      );
      if (unknown >= 0) {
        changes.count = views.words[RESULT_ROWS] as number;
        this.takeTop();
        if (this.holdsLarge) tellLarge(changes, this.top);
        return unknown;
      }
    }
    this.widenFor(levels);
    changes.clear(this.wideSides !== null);
    const unknown = this.wideSides !== null ? this.applyWide(levels, this.wideSides) : this.applyNarrow(levels);
    if (coverage.window) this.cutAndMoveHorizons(false);
    this.fillTop();
    if (this.holdsLarge) tellLarge(changes, this.top);
    return unknown;
  }

  /** Calls back for the best `depth` levels of a side, best first, in units of the book's scales. */
  forEachLevel(side: number, depth: number, visit: (price: number | bigint, size: number | bigint) => void): void {
    const { wideSides, narrow } = this;
    if (wideSides !== null) {
      const { keys, sizes, count } = side === BID ? wideSides.bids : wideSides.asks;
      for (let index = count - 1; index >= 0 && index >= count - depth; index--) {
        const key = keys[index] as bigint;
        visit(key < 0n ? -key : key, sizes[index] as bigint);
      }
      return;
    }
    const { keys, sizes } = (side === BID ? narrow.bids : narrow.asks).levels(depth);
    for (let row = 0; row < keys.length; row++) {
      const size = sizes[row] as number;
      visit(Math.abs(keys[row] as number), size > Number.MAX_SAFE_INTEGER ? BigInt(size) : size);
    }
  }

  /**
   * Calls back for the best `depth` levels of a side, best first, with the integers that the venue's own digits make
   * (no point, no leading zeros): what Kraken's checksum is computed from. The plain way, for books of any width.
   */
  forEachWritten(side: number, depth: number, visit: (price: bigint, size: bigint) => void): void {
    const { wideSides, narrow, priceScale, sizeScale } = this;
    const level = (key: bigint, size: bigint, digits: number): void => {
      const price = key < 0n ? -key : key;
      visit(scaledWide(price, priceScale, digits >>> 8), scaledWide(size, sizeScale, digits & 0xff));
    };
    if (wideSides !== null) {
      const { keys, sizes, digits, count } = side === BID ? wideSides.bids : wideSides.asks;
      for (let index = count - 1; index >= 0 && index >= count - depth; index--) {
        level(keys[index] as bigint, sizes[index] as bigint, digits[index] ?? 0);
      }
      return;
    }
    const { keys, sizes, decimals } = (side === BID ? narrow.bids : narrow.asks).levels(depth);
    for (let row = 0; row < keys.length; row++) {
      level(BigInt(keys[row] as number), BigInt(sizes[row] as number), decimals[row] as number);
    }
  }

  /** The levels of a side, for whoever may keep what it computes of each beside it; null while the book is wide. */
  narrowLadder(side: number): Ladder | null {
    if (this.wideSides !== null) return null;
    return side === BID ? this.narrow.bids : this.narrow.asks;
  }

  state(): BookState {
    const { priceScale, sizeScale, coverage, promotions, wideSides, narrow } = this;
    const common = { priceScale, sizeScale, coverage, promotions };
    return wideSides === null
      ? { ...common, narrow: { bids: narrow.bids.state(), asks: narrow.asks.state() }, wide: null }
      : { ...common, narrow: null, wide: { bids: wideSides.bids.state(), asks: wideSides.asks.state() } };
  }

  restore(state: BookState): void {
    this.priceScale = state.priceScale;
    this.sizeScale = state.sizeScale;
    this.promotions = state.promotions;
    this.coverage = state.coverage;
    this.clear();
    if (state.narrow !== null) {
      this.narrow.bids.restore(state.narrow.bids);
      this.narrow.asks.restore(state.narrow.asks);
      const largest = Math.max(this.narrow.bids.largestSize(), this.narrow.asks.largestSize());
      this.holdsLarge = largest > Number.MAX_SAFE_INTEGER;
    }
    if (state.wide !== null) {
      const remember = !state.coverage.window;
      this.wideSides = { bids: new WideLadder(remember), asks: new WideLadder(remember) };
      this.wideSides.bids.restore(state.wide.bids);
      this.wideSides.asks.restore(state.wide.asks);
    }
    this.fillTop();
  }

  private clearNarrow(): void {
    const remember = !this.coverage.window;
    this.narrow.bids.clear(remember);
    this.narrow.asks.clear(remember);
    this.holdsLarge = false;
  }

  /** Brings the message to the book's scales in `changes`, after the book was widened where it must be. */
  private widenFor(levels: LevelBuffer): void {
    if (this.wideSides !== null) {
      if (this.isFiner(levels)) this.rescale(this.scalesFor(levels));
      return;
    }
    if (this.scaleTo(levels, this)) return;
    const scales = this.scalesFor(levels);
    const isFiner = scales.priceScale !== this.priceScale || scales.sizeScale !== this.sizeScale;
    if (!isFiner && this.scaleRows(levels)) return;
    const isScaled = this.scaleTo(levels, scales);
    if (this.wouldOverflow(levels, scales, isScaled)) this.promote();
    if (isFiner) this.rescale(scales);
    if (this.wideSides !== null || isScaled) return;
    const fits = this.scaleRows(levels);
    assert(fits, 'a message does not fit the scales that were made for it');
  }

  /**
   * Fills the scaled columns with the message's numbers at the book's scales, row by row: some may be beyond 2^53.
   * @returns false where one of them does not fit: the book must be widened first
   */
  private scaleRows(levels: LevelBuffer): boolean {
    const { count, price, priceDecimals, size, sizeDecimals } = levels;
    const { changes, priceScale, sizeScale } = this;
    const { scaledPrice: prices, scaledSize: sizes } = changes;
    for (let row = 0; row < count; row++) {
      const scaledPrice = rescaled(price[row] as number, (priceDecimals[row] as number) - priceScale);
      const scaledSize = rescaled(size[row] as number, (sizeDecimals[row] as number) - sizeScale);
      // Neither is ever below zero: NaN says that it does not fit.
      if (scaledPrice <= Number.MAX_SAFE_INTEGER && scaledSize <= Number.MAX_SAFE_INTEGER) {
        prices[row] = scaledPrice;
        sizes[row] = scaledSize;
      } else if (!this.scaleWideRow(levels, row)) {
        return false;
      }
    }
    return true;
  }

  /** Fills the scaled columns, at any scales, where all integers are safe. @returns false where one of them is not */
  private scaleTo(levels: LevelBuffer, { priceScale, sizeScale }: Scales): boolean {
    const { base, room, count } = levels;
    const { changes } = this;
    changes.reserve(count);
    if (levels.wide) return false;
    return kernel.scale(base, room, count, changes.base, changes.room, priceScale, sizeScale) !== 0;
  }

  /** As `scaleRows` of one row, whose zeros alone may have made it wide, or whose size is beyond 2^53. */
  private scaleWideRow(levels: LevelBuffer, row: number): boolean {
    const priceDecimals = levels.priceDecimals[row] as number;
    const sizeDecimals = levels.sizeDecimals[row] as number;
    const price = scaledWide(levels.exactPrice(row), priceDecimals, this.priceScale);
    const size = scaledWide(levels.exactSize(row), sizeDecimals, this.sizeScale);
    if (price > SAFE || scaledWide(price, this.priceScale, priceDecimals) !== levels.exactPrice(row)) return false;
    if (!this.mayHold(size) || scaledWide(size, this.sizeScale, sizeDecimals) !== levels.exactSize(row)) return false;
    if (size > SAFE) this.holdsLarge = true;
    this.changes.scaledPrice[row] = Number(price);
    this.changes.scaledSize[row] = Number(size);
    return true;
  }

  /** Whether a size is a double without loss. Checksums are computed from the digits of those below 2^53. */
  private mayHold(size: bigint): boolean {
    return size <= SAFE || (!this.keepsDigits && isLargeDouble(size));
  }

  /** Whether the message has more decimals than the book's scales. */
  private isFiner({ count, priceDecimals, sizeDecimals }: LevelBuffer): boolean {
    for (let row = 0; row < count; row++) {
      if ((priceDecimals[row] as number) > this.priceScale || (sizeDecimals[row] as number) > this.sizeScale)
        return true;
    }
    return false;
  }

  /** The book's scales, or finer ones that the message's digits need. */
  private scalesFor(levels: LevelBuffer): Scales {
    let { priceScale, sizeScale } = this;
    if (!levels.wide) {
      const { base, room, count } = levels;
      kernel.tellScales(base, room, count, priceScale, sizeScale);
      return {
        priceScale: views.words[RESULT_SCALES] as number,
        sizeScale: views.words[RESULT_SCALES + 1] as number,
      };
    }
    for (let row = 0; row < levels.count; row++) {
      const price = significantDecimals(levels.exactPrice(row), levels.priceDecimals[row] as number);
      const size = significantDecimals(levels.exactSize(row), levels.sizeDecimals[row] as number);
      priceScale = Math.max(priceScale, price);
      sizeScale = Math.max(sizeScale, size);
    }
    return { priceScale, sizeScale };
  }

  /** Whether any integer would be no double. @param isScaled none of the message is beyond 2^53 at these scales */
  private wouldOverflow(levels: LevelBuffer, { priceScale, sizeScale }: Scales, isScaled: boolean): boolean {
    const limit = Number.MAX_SAFE_INTEGER;
    const { bids, asks } = this.narrow;
    if (!isScaled && this.hasOverflow(levels, priceScale, sizeScale)) return true;
    if (priceScale !== this.priceScale) {
      const highest = Math.max(bids.highestPrice(), asks.highestPrice());
      if (highest * pow10(priceScale - this.priceScale) > limit) return true;
    }
    if (sizeScale === this.sizeScale) return false;
    return Math.max(bids.largestSize(), asks.largestSize()) * pow10(sizeScale - this.sizeScale) > limit;
  }

  /** As `wouldOverflow`, of the message alone. */
  private hasOverflow(levels: LevelBuffer, priceScale: number, sizeScale: number): boolean {
    for (let row = 0; row < levels.count; row++) {
      if (scaledWide(levels.exactPrice(row), levels.priceDecimals[row] as number, priceScale) > SAFE) return true;
      if (!this.mayHold(scaledWide(levels.exactSize(row), levels.sizeDecimals[row] as number, sizeScale))) return true;
    }
    return false;
  }

  private promote(): void {
    const remember = !this.coverage.window;
    this.wideSides = {
      bids: WideLadder.from(this.narrow.bids, remember),
      asks: WideLadder.from(this.narrow.asks, remember),
    };
    this.clearNarrow();
    this.promotions++;
  }

  private rescale({ priceScale, sizeScale }: Scales): void {
    const priceStep = priceScale - this.priceScale;
    const sizeStep = sizeScale - this.sizeScale;
    this.priceScale = priceScale;
    this.sizeScale = sizeScale;
    if (this.wideSides !== null) {
      this.wideSides.bids.rescale(10n ** BigInt(priceStep), 10n ** BigInt(sizeStep));
      this.wideSides.asks.rescale(10n ** BigInt(priceStep), 10n ** BigInt(sizeStep));
    } else {
      this.narrow.bids.rescale(pow10(priceStep), pow10(sizeStep));
      this.narrow.asks.rescale(pow10(priceStep), pow10(sizeStep));
    }
  }

  /** Applies what `widenFor` has prepared: rows of one side after another, as venues write them. */
  private applyNarrow(levels: LevelBuffer): number {
    const { changes, narrow } = this;
    const { count, side: sides } = levels;
    let unknown = 0;
    for (let from = 0; from < count;) {
      const side = sides[from] as number;
      let to = from + 1;
      while (to < count && sides[to] === side) to++;
      const ladder = side === BID ? narrow.bids : narrow.asks;
      unknown += ladder.apply(side, levels, changes, from, to);
      from = to;
    }
    return unknown;
  }

  /** As `applyNarrow`, into an empty book, where the message lists each side from its best level on. */
  private fillNarrow(levels: LevelBuffer): boolean {
    const { changes, narrow } = this;
    const { count, side: sides } = levels;
    let from = 0;
    while (from < count && sides[from] === sides[0]) from++;
    for (let row = from; row < count; row++) if (sides[row] === sides[0]) return false;
    if (count === 0) return true;
    const first = sides[0] as number;
    const [one, other] = first === BID ? [narrow.bids, narrow.asks] : [narrow.asks, narrow.bids];
    const second = first === BID ? ASK : BID;
    if (one.fill(first, levels, changes, 0, from) && other.fill(second, levels, changes, from, count)) return true;
    one.clear();
    other.clear();
    return false;
  }

  private applyWide(levels: LevelBuffer, sides: Sides<WideLadder>): number {
    const changes = this.changes;
    let unknown = 0;
    for (let row = 0; row < levels.count; row++) {
      const side = levels.side[row] as number;
      const ladder = side === BID ? sides.bids : sides.asks;
      const price = scaledWide(levels.exactPrice(row), levels.priceDecimals[row] as number, this.priceScale);
      const size = scaledWide(levels.exactSize(row), levels.sizeDecimals[row] as number, this.sizeScale);
      const orders = levels.orders[row] as number;
      const digits = ((levels.priceDecimals[row] as number) << 8) | (levels.sizeDecimals[row] as number);
      const key = side === BID ? price : -price;
      const index = ladder.find(key);
      if (index >= 0) {
        const before = ladder.sizes[index] as bigint;
        if (size === 0n) ladder.remove(index);
        else ladder.update(index, size, digits);
        if (size !== before) changes.pushWide(side, KNOWN, price, size, size - before, orders);
      } else if (size === 0n) {
        unknown++;
        ladder.rememberEmpty(key);
      } else {
        const kind = ladder.knowsAbsent(key) ? KNOWN : FIRST_SIGHT;
        ladder.insert(-index - 1, key, size, digits);
        changes.pushWide(side, kind, price, size, size, orders);
      }
    }
    return unknown;
  }

  /**
   * Cuts both sides to the window and says down to where the book is known: after a full window its worst level, on a
   * fresh snapshot that listed fewer levels than asked for the whole side.
   */
  private cutAndMoveHorizons(fresh: boolean): void {
    const { limit, partial = false } = this.coverage;
    const isPartial = fresh && partial;
    if (this.wideSides !== null) {
      for (const side of [BID, ASK]) {
        const ladder = side === BID ? this.wideSides.bids : this.wideSides.asks;
        const excess = ladder.count - limit;
        for (let index = 0; index < excess; index++) {
          const key = ladder.keys[index] as bigint;
          const size = ladder.sizes[index] as bigint;
          if (!fresh) this.changes.pushWide(side, WINDOW_EXIT, side === BID ? key : -key, 0n, -size, -1);
        }
        if (excess > 0) ladder.dropWorst(excess);
        if (ladder.count > 0 && (ladder.count >= limit || isPartial)) ladder.horizon = ladder.keys[0] ?? null;
      }
      return;
    }
    for (let side = BID; side <= ASK; side++) {
      const ladder = side === BID ? this.narrow.bids : this.narrow.asks;
      while (ladder.count > limit) {
        const { worstKey: key, worstSize: size } = ladder;
        ladder.dropWorst();
        if (!fresh) this.changes.push(side, WINDOW_EXIT, Math.abs(key), 0, -size, -1);
      }
      if (ladder.count > 0 && (ladder.count >= limit || isPartial)) ladder.horizon = ladder.worstKey;
    }
  }

  /** Fills `changes` with all levels, best first, bids before asks. */
  list(): void {
    const { changes, narrow, wideSides } = this;
    changes.clear(wideSides !== null);
    if (wideSides === null) {
      narrow.bids.listInto(BID, changes);
      narrow.asks.listInto(ASK, changes);
      if (this.holdsLarge) tellLarge(changes, this.top);
      return;
    }
    for (let side = BID; side <= ASK; side++) {
      const ladder = side === BID ? wideSides.bids : wideSides.asks;
      for (let i = ladder.count - 1; i >= 0; i--) {
        const key = ladder.keys[i] as bigint;
        const size = ladder.sizes[i] as bigint;
        changes.pushWide(side, KNOWN, side === BID ? key : -key, size, size, -1);
      }
    }
  }

  private fillTop(): void {
    const { top, narrow, wideSides } = this;
    if (wideSides !== null) {
      const { bids, asks } = wideSides;
      const askKey = asks.keys[asks.count - 1];
      top.wide = {
        bid: bids.keys[bids.count - 1] ?? null,
        bidSize: bids.sizes[bids.count - 1] ?? null,
        ask: askKey === undefined ? null : -askKey,
        askSize: asks.sizes[asks.count - 1] ?? null,
      };
      top.bid = nearest(top.wide.bid);
      top.bidSize = nearest(top.wide.bidSize);
      top.ask = nearest(top.wide.ask);
      top.askSize = nearest(top.wide.askSize);
      top.bidSum = Number(bids.sum);
      top.askSum = Number(asks.sum);
      return;
    }
    kernel.tellTop(narrow.bids.handle, narrow.asks.handle);
    this.takeTop();
  }

  /** What the kernel has told of the narrow book. */
  private takeTop(): void {
    const { top } = this;
    const { doubles } = views;
    top.wide = null;
    top.bid = doubles[RESULT_TOP] as number;
    top.bidSize = doubles[RESULT_TOP + 1] as number;
    top.ask = doubles[RESULT_TOP + 2] as number;
    top.askSize = doubles[RESULT_TOP + 3] as number;
    top.bidSum = doubles[RESULT_TOP + 4] as number;
    top.askSum = doubles[RESULT_TOP + 5] as number;
    this.isNarrowWorn = views.words[RESULT_WORN] !== 0;
  }
}

function nearest(value: bigint | null): number {
  return value === null ? NaN : Number(value);
}
