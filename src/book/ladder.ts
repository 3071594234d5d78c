/**
 * One side of a book: price levels in flat columns, sorted so that the best level stands last. Asks are kept under negated
 * prices, so that one order serves both sides:
 *
 *     key     97   98   99  100  101         bids: key = price,   best = highest price
 *     size     5    1    0    1    2 ←best   asks: key = -price,  best = lowest price
 *          low ↑         ↑ empty      ↑ high
 *
 * The columns have gaps. A level that is removed stays where it is, empty, until an insertion nearby needs the slot: an
 * order that comes and goes moves nothing, and a new price moves the few levels between it and the nearest empty slot, so
 * deep books cost what shallow ones do. The outermost slots are never empty, and both ends have room.
 *
 * Venues list the levels of a message in the order of their prices. A search therefore starts where the last one ended and
 * doubles its steps; the next level is usually a few slots away.
 *
 * The ladder also knows how far down it may be believed. At and above `horizon` an absent level is known to be empty. Below
 * it (outside what a snapshot covered, or under a depth-limited window) an absent level is unknown until it was seen once;
 * `seen` remembers those that were seen and are empty now.
 */

import { assert } from '../lib/assert.ts';
import { addFloats } from '../lib/float.ts';
import { BID, FIRST_SIGHT, KNOWN } from '../model/event.ts';
import type { ChangeBuffer } from './changes.ts';
import { PriceSet } from './price-set.ts';
import type { ScaledLevels } from './scaled-levels.ts';

/** Prices remembered as seen and empty below the horizon; when full they are forgotten, which can only lose orders. */
export const SEEN_MAX = 65_536;

const INITIAL_CAPACITY = 64;
const MIDDLE = 32;
const GROWTH = 1.5;
const LEVELS_PER_GAP = 2;
/** So many more empty slots than levels are too many. */
const EMPTY_MIN = 64;
/** How far an insertion looks for an empty slot before it moves a whole end. */
const REACH = 32;

/** Plain form of a ladder, for checkpoints. */
export interface LadderState {
  readonly keys: Float64Array;
  readonly sizes: Float64Array;
  readonly digits: Uint16Array | null;
  readonly horizon: number;
  readonly span: number;
  readonly seen: Float64Array;
}

/** What a checksum needs of each level, slot by slot. */
export interface WrittenColumns {
  /** Decimals of price (high byte) and size (low byte) as the venue wrote them. */
  digits: Uint16Array;
  /** Kept for whoever computes checksums: a code of the level's written digits, and their number; 0 where not computed. */
  codes: Int32Array;
  lengths: Uint8Array;
}

export class Ladder {
  /** Levels held. */
  count = 0;
  /** Sum of all sizes held: a safe integer, or the book must be promoted before. */
  sum = 0;
  /** Slots of the worst and of the best level; `high < low` where there is none. */
  low = MIDDLE;
  high = MIDDLE - 1;
  /** Ascending from `low` to `high`, empty slots included. */
  keys = new Float64Array(INITIAL_CAPACITY);
  /** 0 in an empty slot. */
  sizes = new Float64Array(INITIAL_CAPACITY);
  /** Null where no checksum needs it. */
  written: WrittenColumns | null;
  /** Lowest key whose absence is known to mean "empty". -Infinity: the whole side is known. */
  horizon = Number.NEGATIVE_INFINITY;
  /** Distance from the best level to the horizon when the side was loaded. */
  private span = Number.POSITIVE_INFINITY;
  /** Slot where the last search ended. */
  private finger = 0;
  private readonly seen = new PriceSet();
  private readonly remembers: boolean;

  /**
   * @param options.digits keep the venue's digits of every level, for checksums
   * @param options.remember remember levels below the horizon that were seen and are empty now; false for
   * depth-limited windows, where the venue does not tell what happens below
   */
  constructor(options: { digits: boolean; remember: boolean }) {
    this.written = options.digits ? newWritten(INITIAL_CAPACITY) : null;
    this.remembers = options.remember;
  }

  clear(): void {
    this.count = 0;
    this.sum = 0;
    this.horizon = Number.NEGATIVE_INFINITY;
    this.span = Number.POSITIVE_INFINITY;
    this.seen.clear();
    this.recentre();
  }

  /**
   * Applies rows `from` to `to` (excluded) of a message, all of this side, and appends a row to `changes`, which has room for
   * them, for each level whose size changed. The hottest loop of a book: the search stands in it as it does in `find`, and
   * the fields it needs are at hand in variables.
   * @returns removals of levels that were not held
   */
  apply(side: number, message: ScaledLevels, from: number, to: number, changes: ChangeBuffer): number {
    const { prices, sizes: newSizes, levels } = message;
    const { orders, priceDecimals, sizeDecimals } = levels;
    const { side: changedSide, kind: changedKind, price: changedPrice, size: changedSize } = changes;
    const { change: changedBy, orders: changedOrders } = changes;
    const { horizon, written } = this;
    const sign = side === BID ? 1 : -1;
    let { keys, sizes, low, high } = this;
    let finger = high;
    let sum = 0;
    let unknown = 0;
    let out = changes.count;
    for (let row = from; row < to; row++) {
      const price = prices[row] as number;
      const size = newSizes[row] as number;
      const key = price * sign;

      let below = finger;
      let above = finger;
      let step = 1;
      if (high < low) {
        below = low - 1;
        above = low;
      } else if (key < (keys[finger] as number)) {
        below--;
        while (below >= low && key < (keys[below] as number)) {
          above = below;
          below -= step;
          step += step;
        }
        if (below < low) below = low - 1;
      } else {
        above++;
        while (above <= high && key >= (keys[above] as number)) {
          below = above;
          above += step;
          step += step;
        }
        if (above > high) above = high + 1;
      }
      while (above - below > 1) {
        const middle = (below + above) >> 1;
        if (key < (keys[middle] as number)) above = middle;
        else below = middle;
      }
      const isHeld = below >= low && keys[below] === key;
      const before = isHeld ? (sizes[below] as number) : 0;
      finger = below < low ? low : below;

      let kind = KNOWN;
      if (size !== 0) {
        if (before === 0 && key < horizon && !this.seen.has(key)) kind = FIRST_SIGHT;
        const digits = ((priceDecimals[row] as number) << 8) | (sizeDecimals[row] as number);
        if (isHeld) {
          if (before === 0) this.count++;
          sizes[below] = size;
          sum = addFloats(sum, addFloats(size, -before));
          if (written !== null) this.write(below, digits);
          if (size === before) continue;
        } else {
          this.insert(above, key, size, digits);
          ({ keys, sizes, low, high, finger } = this);
        }
      } else if (before === 0) {
        unknown++;
        if (key < horizon) this.rememberEmpty(key);
        continue;
      } else if (below === low || below === high || high - low >= 2 * this.count + EMPTY_MIN) {
        this.remove(below);
        ({ keys, sizes, low, high } = this);
        // The columns may be new ones: the neighbourhood is lost then, and found again.
        if (finger > high) finger = high;
        if (finger < low) finger = low;
      } else {
        sizes[below] = 0;
        this.count--;
        sum = addFloats(sum, -before);
        if (key < horizon) this.rememberEmpty(key);
      }

      changedSide[out] = side;
      changedKind[out] = kind;
      changedPrice[out] = price;
      changedSize[out] = size;
      changedBy[out] = addFloats(size, -before);
      changedOrders[out] = orders[row] as number;
      out++;
    }
    this.sum = addFloats(this.sum, sum);
    changes.count = out;
    return unknown;
  }

  /**
   * Fills the ladder, which is empty, with rows `from` to `to` (excluded) of a message, all of this side.
   * @returns false where they are not in order, best first, or one has no size; nothing is filled then
   */
  fill(side: number, { prices, sizes, levels }: ScaledLevels, from: number, to: number): boolean {
    const sign = side === BID ? 1 : -1;
    for (let row = from; row < to; row++) {
      const isInOrder = row === from || sign * (prices[row] as number) < sign * (prices[row - 1] as number);
      if (!isInOrder || sizes[row] === 0) return false;
    }
    const count = to - from;
    const slots = count + Math.floor(count / LEVELS_PER_GAP);
    if (slots * GROWTH > this.keys.length) this.allocate(Math.ceil(slots * GROWTH));
    let slot = ((this.keys.length - slots) >> 1) + slots;
    this.high = slot - 1;
    for (let row = from; row < to; row++) {
      const key = sign * (prices[row] as number);
      const size = sizes[row] as number;
      if (row > from && (row - from) % LEVELS_PER_GAP === 0) slot = this.leaveGap(slot, key);
      slot--;
      this.keys[slot] = key;
      this.sizes[slot] = size;
      this.sum = addFloats(this.sum, size);
      if (this.written !== null) {
        this.write(slot, ((levels.priceDecimals[row] as number) << 8) | (levels.sizeDecimals[row] as number));
      }
    }
    this.low = slot;
    this.count = count;
    this.finger = this.high;
    if (count === 0) this.recentre();
    return true;
  }

  /** Lets the next search begin at the best level. */
  rewind(): void {
    this.finger = this.high;
  }

  /** Slot of the level with this key, empty or not, or `~(slot where it would stand)`. */
  find(key: number): number {
    const { keys, low, high } = this;
    if (high < low) return ~low;
    let at = this.finger;
    if (at > high) at = high;
    else if (at < low) at = low;
    // The key is at `below` or between the two.
    let below = at;
    let above = at;
    let step = 1;
    if (key < (keys[at] as number)) {
      below--;
      while (below >= low && key < (keys[below] as number)) {
        above = below;
        below -= step;
        step += step;
      }
      if (below < low) below = low - 1;
    } else {
      above++;
      while (above <= high && key >= (keys[above] as number)) {
        below = above;
        above += step;
        step += step;
      }
      if (above > high) above = high + 1;
    }
    while (above - below > 1) {
      const middle = (below + above) >> 1;
      if (key < (keys[middle] as number)) above = middle;
      else below = middle;
    }
    this.finger = below;
    return below >= low && keys[below] === key ? below : ~above;
  }

  /** Whether the size at an absent key is known (to be zero). */
  knowsAbsent(key: number): boolean {
    return key >= this.horizon || this.seen.has(key);
  }

  /**
   * Gives a level a size, which is not zero.
   * @param place what `find` said of the key
   * @param digits decimals as written, see `WrittenColumns`
   */
  put(place: number, key: number, size: number, digits: number): void {
    if (place < 0) {
      this.insert(~place, key, size, digits);
      return;
    }
    const before = this.sizes[place] as number;
    if (before === 0) this.count++;
    this.sum = addFloats(this.sum, addFloats(size, -before));
    this.sizes[place] = size;
    if (this.written !== null) this.write(place, digits);
  }

  /** Takes out the level in a slot that is not empty. */
  remove(slot: number): void {
    const { sizes } = this;
    const key = this.keys[slot] as number;
    this.sum = addFloats(this.sum, -(sizes[slot] as number));
    sizes[slot] = 0;
    this.count--;
    if (this.count === 0) this.recentre();
    else if (slot === this.high) while (sizes[this.high] === 0) this.high--;
    else if (slot === this.low) while (sizes[this.low] === 0) this.low++;
    else if (this.empty > this.count + EMPTY_MIN) this.spread();
    this.rememberEmpty(key);
  }

  /** A level below the horizon was reported empty: from now on its size is known. */
  rememberEmpty(key: number): void {
    if (key >= this.horizon || !this.remembers) return;
    if (this.seen.size >= SEEN_MAX) this.seen.clear();
    this.seen.add(key);
  }

  /** Drops the worst level: it left the venue's window, nobody removed it. The ladder is not empty. */
  dropWorst(): void {
    assert(this.count > 0, 'worst level of an empty ladder');
    const { sizes } = this;
    this.sum = addFloats(this.sum, -(sizes[this.low] as number));
    sizes[this.low] = 0;
    this.count--;
    if (this.count === 0) this.recentre();
    else while (sizes[this.low] === 0) this.low++;
  }

  /** From now on `isWorn` compares with this moment. */
  measureSpan(): void {
    this.span = this.count === 0 ? Number.POSITIVE_INFINITY : (this.keys[this.high] as number) - this.horizon;
  }

  /** Whether the best level has come nearer to the horizon than half the distance at the start. */
  get isWorn(): boolean {
    return this.count > 0 && (this.keys[this.high] as number) - this.horizon < this.span / 2;
  }

  /** Highest price among the levels held and what is known of others: what must fit when prices grow finer. */
  highestPrice(): number {
    let highest = Number.isFinite(this.horizon) ? Math.abs(this.horizon) : 0;
    for (let slot = this.low; slot <= this.high; slot++) {
      highest = Math.max(highest, Math.abs(this.keys[slot] as number));
    }
    for (const key of this.seen.values()) highest = Math.max(highest, Math.abs(key));
    return highest;
  }

  /** Multiplies all keys and sizes, when an instrument turns out to be quoted in finer steps. */
  rescale(priceFactor: number, sizeFactor: number): void {
    for (let slot = this.low; slot <= this.high; slot++) {
      this.keys[slot] = (this.keys[slot] as number) * priceFactor;
      this.sizes[slot] = (this.sizes[slot] as number) * sizeFactor;
    }
    this.sum *= sizeFactor;
    this.horizon *= priceFactor;
    this.span *= priceFactor;
    if (priceFactor !== 1 && this.seen.size > 0) {
      const keys = this.seen.values();
      this.seen.clear();
      for (const key of keys) this.seen.add(key * priceFactor);
    }
  }

  state(): LadderState {
    const { count, written, horizon, span } = this;
    const keys = new Float64Array(count);
    const sizes = new Float64Array(count);
    const digits = written === null ? null : new Uint16Array(count);
    let row = 0;
    for (let slot = this.low; slot <= this.high; slot++) {
      const size = this.sizes[slot] as number;
      if (size === 0) continue;
      keys[row] = this.keys[slot] as number;
      sizes[row] = size;
      if (digits !== null) digits[row] = written?.digits[slot] ?? 0;
      row++;
    }
    return { keys, sizes, digits, horizon, span, seen: this.seen.values() };
  }

  restore(state: LadderState): void {
    this.clear();
    const { keys, sizes, digits } = state;
    for (let row = keys.length - 1; row >= 0; row--) {
      const key = keys[row] as number;
      this.put(this.find(key), key, sizes[row] as number, digits?.[row] ?? 0);
    }
    this.horizon = state.horizon;
    this.span = state.span;
    for (const key of state.seen) this.seen.add(key);
  }

  /** Slots between the ends that hold no level. */
  private get empty(): number {
    return this.high - this.low + 1 - this.count;
  }

  private insert(slot: number, key: number, size: number, digits: number): void {
    const free = this.free(slot);
    if (free < 0) {
      this.spread();
      // The key of a gap may happen to be this one.
      this.put(this.find(key), key, size, digits);
      return;
    }
    const { keys, sizes } = this;
    // Where the free slot is behind, the levels between move up and leave `slot`; before it, they move down.
    const at = free < slot ? slot - 1 : slot;
    if (free !== at) this.shift(free, at);
    keys[at] = key;
    sizes[at] = size;
    if (free < this.low) this.low = free;
    if (free > this.high) this.high = free;
    this.count++;
    this.sum = addFloats(this.sum, size);
    this.finger = at;
    if (this.written !== null) this.write(at, digits);
  }

  /** The empty slot to use for an insertion before `slot`, near it or at the nearer end; -1 where there is no room. */
  private free(slot: number): number {
    const { sizes, low, high } = this;
    const { length } = sizes;
    for (let distance = 0; distance < REACH; distance++) {
      const behind = slot + distance;
      if (behind <= high ? sizes[behind] === 0 : behind < length) return behind <= high ? behind : high + 1;
      const before = slot - 1 - distance;
      if (before >= low ? sizes[before] === 0 : before >= 0) return before >= low ? before : low - 1;
    }
    const up = high + 1 < length;
    const down = low > 0;
    if (up && (!down || high - slot < slot - low)) return high + 1;
    return down ? low - 1 : -1;
  }

  /** Moves the levels from `to` (included) towards `free`, one slot each. */
  private shift(free: number, to: number): void {
    const { keys, sizes, written } = this;
    if (Math.abs(free - to) > REACH) {
      const [target, from, until] = free > to ? [to + 1, to, free] : [free, free + 1, to + 1];
      for (const column of columnsOf(this)) column.copyWithin(target, from, until);
      return;
    }
    const step = free > to ? -1 : 1;
    for (let slot = free; slot !== to; slot += step) {
      keys[slot] = keys[slot + step] as number;
      sizes[slot] = sizes[slot + step] as number;
    }
    if (written !== null) for (let slot = free; slot !== to; slot += step) copySlot(written, slot, slot + step);
  }

  /** Lays the levels out anew in the middle of fresh columns, with an empty slot behind every few of them. */
  private spread(): void {
    const { keys, sizes, written, low, high, count } = this;
    const slots = count + Math.floor(count / LEVELS_PER_GAP);
    this.allocate(Math.ceil(slots * GROWTH));
    let to = ((this.keys.length - slots) >> 1) + slots;
    this.high = to - 1;
    let levels = 0;
    for (let slot = high; slot >= low; slot--) {
      if (sizes[slot] === 0) continue;
      const key = keys[slot] as number;
      if (levels > 0 && levels % LEVELS_PER_GAP === 0) to = this.leaveGap(to, key);
      to--;
      this.keys[to] = key;
      this.sizes[to] = sizes[slot] as number;
      if (written !== null && this.written !== null) {
        this.written.digits[to] = written.digits[slot] as number;
        this.written.codes[to] = written.codes[slot] as number;
        this.written.lengths[to] = written.lengths[slot] as number;
      }
      levels++;
    }
    this.low = to;
    this.finger = this.high;
  }

  /**
   * Leaves the slot before `slot` empty, under a key between its neighbours' that no price has.
   * @returns the slot that was left; `slot` where there is no such key (beyond 2^52)
   */
  private leaveGap(slot: number, nextKey: number): number {
    const above = this.keys[slot] as number;
    const between = (above + nextKey) / 2;
    if (!(nextKey < between && between < above)) return slot;
    this.keys[slot - 1] = between;
    this.sizes[slot - 1] = 0;
    return slot - 1;
  }

  private allocate(capacity: number): void {
    const size = Math.max(INITIAL_CAPACITY, capacity);
    this.keys = new Float64Array(size);
    this.sizes = new Float64Array(size);
    if (this.written !== null) this.written = newWritten(size);
  }

  private write(slot: number, digits: number): void {
    const { written } = this;
    if (written === null) return;
    written.digits[slot] = digits;
    written.lengths[slot] = 0;
  }

  /** An empty ladder begins in the middle. */
  private recentre(): void {
    this.low = this.keys.length >> 1;
    this.high = this.low - 1;
    this.finger = this.low;
  }
}

function newWritten(capacity: number): WrittenColumns {
  return { digits: new Uint16Array(capacity), codes: new Int32Array(capacity), lengths: new Uint8Array(capacity) };
}

function copySlot({ digits, codes, lengths }: WrittenColumns, to: number, from: number): void {
  digits[to] = digits[from] as number;
  codes[to] = codes[from] as number;
  lengths[to] = lengths[from] as number;
}

function columnsOf({
  keys,
  sizes,
  written,
}: Ladder): readonly { copyWithin(to: number, from: number, until: number): unknown }[] {
  return written === null ? [keys, sizes] : [keys, sizes, written.digits, written.codes, written.lengths];
}
