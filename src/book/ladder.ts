/**
 * One side of a book: price levels in flat columns, sorted from the best to the worst. Asks are kept under negated prices, so
 * that one order serves both sides: the best level has the highest key.
 *
 * The levels stand in leaves of at most fifteen, each leaf a block of one column: its keys, falling, then their sizes.
 *
 *     cells   103 101 100  98 -∞ …  5 1 2 2 0 …   97 96 91 -∞ …  1 7 3 0 …      bids: key = price
 *             └ keys ─────────────┘└ sizes ────┘  └ keys ─────┘└ sizes ──┘      asks: key = -price
 *     heads    ∞                                  97                       -∞
 *
 * An insertion moves the levels behind it in its leaf, half a dozen, and so does a removal; a full leaf is split, a leaf
 * that has become empty goes, and one that is almost empty joins a neighbour. A directory lists the leaves in order,
 * each with the highest key it may hold. So deep books cost what shallow ones do, and memory follows the number of levels.
 *
 * Venues list the levels of a message in the order of their prices, best first. A search therefore starts where the last one
 * ended, and doubles its steps from leaf to leaf.
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

/** Keys of a leaf, of which the last is always absent, so that a search needs no other end. Its sizes follow. */
const LEAF = 16;
const BLOCK = 2 * LEAF;
const LEAF_BITS = 4;
const BLOCK_BITS = 5;
const LEVELS_MAX = LEAF - 1;
/** Levels of a leaf that is laid out anew: room for some more. */
const LEVELS_LAID = 11;
/** A leaf with so few levels becomes one with a neighbour that has room to spare. */
const FEW = 4;
const SPARE = 7;
/** Leaves that a new ladder has room for. */
const INITIAL_LEAVES = 2;
const GROWTH = 1.25;
/** A ladder that uses so small a part of its blocks gets smaller columns. */
const SHRINK = 3;
/** The key where no level is. */
const ABSENT = Number.NEGATIVE_INFINITY;
const SUM_UNIT = 2 ** 52;

/** Plain form of a ladder, for checkpoints. */
export interface LadderState {
  /** Worst first. */
  readonly keys: Float64Array;
  readonly sizes: Float64Array;
  readonly digits: Uint16Array | null;
  readonly horizon: number;
  readonly span: number;
  readonly seen: Float64Array;
}

export class Ladder {
  /** Levels held. */
  count = 0;
  /**
   * Decimals of price (high byte) and size (low byte) of each level as the venue wrote them, for its checksum; null where
   * none needs it. Indexed by slot, see `digitsAt`.
   */
  private digits: Uint16Array | null;
  /** Where digits are kept: the highest key of the levels changed since whoever computes checksums has lowered it. */
  touched = Number.POSITIVE_INFINITY;
  /** Lowest key whose absence is known to mean "empty". -Infinity: the whole side is known. */
  horizon = Number.NEGATIVE_INFINITY;
  /** Distance from the best level to the horizon when the side was loaded. */
  private span = Number.POSITIVE_INFINITY;
  /** The leaves' blocks, in no order. */
  private cells = new Float64Array(0);
  /** Leaves in use; at least one. */
  private leafCount = 0;
  /** In the order of the leaves: where the block begins, and the highest key it may hold; after the last one ABSENT. */
  private blocks = new Int32Array(0);
  private heads = new Float64Array(0);
  /** A block that is free, in whose first cell the next one stands; -1: none. */
  private freeBlock = -1;
  /** The sum of all sizes, exactly: `sumHigh` times 2^52, and `sumLow`, which is less than 2^52 and may be negative. */
  private sumHigh = 0;
  private sumLow = 0;
  private readonly seen = new PriceSet();
  private readonly remembers: boolean;

  /**
   * @param options.digits keep the venue's digits of every level, for checksums
   * @param options.remember remember levels below the horizon that were seen and are empty now; false for
   * depth-limited windows, where the venue does not tell what happens below
   */
  constructor(options: { digits: boolean; remember: boolean }) {
    this.digits = options.digits ? new Uint16Array(0) : null;
    this.remembers = options.remember;
    this.allocate(INITIAL_LEAVES);
  }

  clear(): void {
    this.count = 0;
    this.sumHigh = 0;
    this.sumLow = 0;
    this.horizon = Number.NEGATIVE_INFINITY;
    this.span = Number.POSITIVE_INFINITY;
    this.seen.clear();
    this.allocate(INITIAL_LEAVES);
  }

  /** Sum of all sizes held: the nearest double where it passes 2^53. */
  get sum(): number {
    return this.sumHigh * SUM_UNIT + this.sumLow;
  }

  /** Slot of the best level, -1 where there is none. Slots live until the next change. */
  get first(): number {
    return this.count === 0 ? -1 : (this.blocks[0] as number);
  }

  /** Slot of the worst level, -1 where there is none. */
  get last(): number {
    if (this.count === 0) return -1;
    let slot = this.blocks[this.leafCount - 1] as number;
    while (this.cells[slot + 1] !== ABSENT) slot++;
    return slot;
  }

  keyAt(slot: number): number {
    return this.cells[slot] as number;
  }

  sizeAt(slot: number): number {
    return this.cells[slot + LEAF] as number;
  }

  /** Decimals of price (high byte) and size (low byte) as the venue wrote them; 0 where they are not kept. */
  decimalsAt(slot: number): number {
    return this.digits === null ? 0 : (this.digits[digitsAt(slot)] as number);
  }

  /**
   * Lists the slots of the best levels, best first, as many as there are and as fit.
   * @returns their number
   */
  listSlots(into: Int32Array): number {
    const { cells, blocks, leafCount } = this;
    let listed = 0;
    for (let leaf = 0; leaf < leafCount; leaf++) {
      for (let slot = blocks[leaf] as number; cells[slot] !== ABSENT; slot++) {
        if (listed === into.length) return listed;
        into[listed++] = slot;
      }
    }
    return listed;
  }

  /** The slots of so many levels, or of all where they are fewer, best first. */
  slots(depth: number): Int32Array {
    const slots = new Int32Array(Math.min(depth, this.count));
    this.listSlots(slots);
    return slots;
  }

  /**
   * Applies rows `from` to `to` (excluded) of a message, all of this side, and appends a row to `changes`, which has room for
   * them, for each level whose size changed. The hottest loop of a book: what it needs is at hand in variables.
   * @returns removals of levels that were not held
   */
  apply(side: number, message: ScaledLevels, from: number, to: number, changes: ChangeBuffer): number {
    const { prices, sizes: newSizes, levels } = message;
    const { orders, priceDecimals, sizeDecimals } = levels;
    const { side: changedSide, kind: changedKind, price: changedPrice, size: changedSize } = changes;
    const { change: changedBy, orders: changedOrders } = changes;
    const { horizon } = this;
    const sign = side === BID ? 1 : -1;
    // A constant of the module would be looked up at every use.
    const absent = ABSENT;
    let { cells, blocks, heads, digits } = this;
    let leaf = 0;
    let block = blocks[0] as number;
    let slot = block;
    let head = Number.POSITIVE_INFINITY;
    let nextHead = heads[1] as number;
    let added = 0;
    let sum = 0;
    let unknown = 0;
    let out = changes.count;
    for (let row = from; row < to; row++) {
      const price = prices[row] as number;
      const size = newSizes[row] as number;
      const key = price * sign;

      if (key <= nextHead || key > head) {
        leaf = this.leafOf(key, key > head ? 0 : leaf + 1);
        block = blocks[leaf] as number;
        head = heads[leaf] as number;
        nextHead = heads[leaf + 1] as number;
        slot = block;
      } else if (key > (cells[slot] as number)) {
        slot = block;
      }
      let found = cells[slot] as number;
      while (found > key) {
        slot = (slot + 1) | 0;
        found = cells[slot] as number;
      }

      let before = 0;
      let kind = KNOWN;
      if (found === key) {
        before = cells[slot + LEAF] as number;
        if (size !== 0) {
          cells[slot + LEAF] = size;
          if (digits !== null) digits[digitsAt(slot)] = decimalsOf(priceDecimals, sizeDecimals, row);
          if (digits !== null && key > this.touched) this.touched = key;
          if (size === before) continue;
        } else {
          let at = slot;
          do {
            found = cells[at + 1] as number;
            cells[at] = found;
            cells[at + LEAF] = cells[at + LEAF + 1] as number;
            at = (at + 1) | 0;
          } while (found !== absent);
          if (digits !== null) closeSlot(digits, slot, at);
          if (digits !== null && key > this.touched) this.touched = key;
          added--;
          if (key < horizon) this.rememberEmpty(key);
          if (cells[block + FEW] === absent && this.isThin(leaf)) {
            this.thin(leaf);
            ({ cells, blocks, heads, digits } = this);
            // The place is lost, and found again from the beginning.
            leaf = 0;
            block = blocks[0] as number;
            head = Number.POSITIVE_INFINITY;
            nextHead = heads[1] as number;
            slot = block;
          }
        }
      } else if (size !== 0) {
        if (key < horizon && !this.seen.has(key)) kind = FIRST_SIGHT;
        if (cells[block + LEVELS_MAX - 1] !== absent) {
          this.split(leaf);
          ({ cells, blocks, heads, digits } = this);
          if (key <= (heads[leaf + 1] as number)) leaf++;
          block = blocks[leaf] as number;
          head = heads[leaf] as number;
          nextHead = heads[leaf + 1] as number;
          slot = block;
          while ((cells[slot] as number) > key) slot++;
        }
        let at = slot;
        let movedKey = key;
        let movedSize = size;
        while (movedKey !== absent) {
          const nextKey = cells[at] as number;
          const nextSize = cells[at + LEAF] as number;
          cells[at] = movedKey;
          cells[at + LEAF] = movedSize;
          movedKey = nextKey;
          movedSize = nextSize;
          at = (at + 1) | 0;
        }
        if (digits !== null) {
          openSlot(digits, slot, at);
          digits[digitsAt(slot)] = decimalsOf(priceDecimals, sizeDecimals, row);
          if (key > this.touched) this.touched = key;
        }
        added++;
      } else {
        unknown++;
        if (key < horizon) this.rememberEmpty(key);
        continue;
      }

      const change = addFloats(size, -before);
      const total = addFloats(sum, change);
      if (Math.abs(total) <= Number.MAX_SAFE_INTEGER) {
        sum = total;
      } else {
        this.addToSum(sum);
        sum = change;
      }
      changedSide[out] = side;
      changedKind[out] = kind;
      changedPrice[out] = price;
      changedSize[out] = size;
      changedBy[out] = change;
      changedOrders[out] = orders[row] as number;
      out++;
    }
    this.count += added;
    this.addToSum(sum);
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
    this.allocate(leavesFor(to - from));
    for (let row = from; row < to; row++) {
      const slot = this.append(sign * (prices[row] as number), sizes[row] as number);
      if (this.digits !== null)
        this.digits[digitsAt(slot)] = decimalsOf(levels.priceDecimals, levels.sizeDecimals, row);
    }
    return true;
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
    const slot = this.last;
    this.addToSum(-this.sizeAt(slot));
    if (this.keyAt(slot) > this.touched) this.touched = this.keyAt(slot);
    this.cells[slot] = ABSENT;
    this.count--;
    if (slot === this.blocks[this.leafCount - 1]) this.dropLeaf(this.leafCount - 1);
  }

  /** From now on `isWorn` compares with this moment. */
  measureSpan(): void {
    this.span = this.count === 0 ? Number.POSITIVE_INFINITY : this.keyAt(this.first) - this.horizon;
  }

  /** Whether the best level has come nearer to the horizon than half the distance at the start. */
  get isWorn(): boolean {
    return this.count > 0 && this.keyAt(this.first) - this.horizon < this.span / 2;
  }

  /** Highest price among the levels held and what is known of others: what must fit when prices grow finer. */
  highestPrice(): number {
    let highest = Number.isFinite(this.horizon) ? Math.abs(this.horizon) : 0;
    if (this.count > 0) highest = Math.max(highest, Math.abs(this.keyAt(this.first)), Math.abs(this.keyAt(this.last)));
    for (const key of this.seen.values()) highest = Math.max(highest, Math.abs(key));
    return highest;
  }

  largestSize(): number {
    let largest = 0;
    for (const slot of this.slots(this.count)) largest = Math.max(largest, this.sizeAt(slot));
    return largest;
  }

  /** Multiplies all keys and sizes, when an instrument turns out to be quoted in finer steps. */
  rescale(priceFactor: number, sizeFactor: number): void {
    const { cells, heads } = this;
    this.sumHigh = 0;
    this.sumLow = 0;
    for (const slot of this.slots(this.count)) {
      cells[slot] = this.keyAt(slot) * priceFactor;
      cells[slot + LEAF] = this.sizeAt(slot) * sizeFactor;
      this.addToSum(this.sizeAt(slot));
    }
    this.touched = Number.POSITIVE_INFINITY;
    for (let leaf = 0; leaf <= this.leafCount; leaf++) heads[leaf] = (heads[leaf] as number) * priceFactor;
    this.horizon *= priceFactor;
    this.span *= priceFactor;
    if (priceFactor !== 1 && this.seen.size > 0) {
      const keys = this.seen.values();
      this.seen.clear();
      for (const key of keys) this.seen.add(key * priceFactor);
    }
  }

  state(): LadderState {
    const { count, horizon, span } = this;
    const slots = this.slots(count).toReversed();
    return {
      keys: Float64Array.from(slots, (slot) => this.keyAt(slot)),
      sizes: Float64Array.from(slots, (slot) => this.sizeAt(slot)),
      digits: this.digits === null ? null : Uint16Array.from(slots, (slot) => this.decimalsAt(slot)),
      horizon,
      span,
      seen: this.seen.values(),
    };
  }

  restore({ keys, sizes, digits, horizon, span, seen }: LadderState): void {
    this.clear();
    this.allocate(leavesFor(keys.length));
    for (let row = keys.length - 1; row >= 0; row--) {
      const slot = this.append(keys[row] as number, sizes[row] as number);
      if (this.digits !== null) this.digits[digitsAt(slot)] = digits?.[row] ?? 0;
    }
    this.horizon = horizon;
    this.span = span;
    for (const key of seen) this.seen.add(key);
  }

  /** The leaf, `from` or one behind it, that holds or would hold a key which is none of a leaf before. */
  private leafOf(key: number, from: number): number {
    const { heads, leafCount } = this;
    let leaf = from;
    let step = 1;
    while (leaf + step < leafCount && key <= (heads[leaf + step] as number)) {
      leaf += step;
      step += step;
    }
    for (; step > 0; step >>= 1) {
      if (leaf + step < leafCount && key <= (heads[leaf + step] as number)) leaf += step;
    }
    return leaf;
  }

  /** Makes room in a full leaf: its worse half moves into a new one behind it. */
  private split(leaf: number): void {
    if (this.freeBlock < 0) this.grow();
    const { cells, blocks, heads } = this;
    const from = blocks[leaf] as number;
    const to = this.freeBlock;
    const stay = (LEVELS_MAX + 1) >> 1;
    this.freeBlock = cells[to] as number;
    cells.fill(ABSENT, to, to + LEAF);
    this.move(from + stay, to, LEVELS_MAX - stay);
    blocks.copyWithin(leaf + 2, leaf + 1, this.leafCount);
    heads.copyWithin(leaf + 2, leaf + 1, this.leafCount + 1);
    blocks[leaf + 1] = to;
    heads[leaf + 1] = cells[to] as number;
    this.leafCount++;
  }

  /** Moves levels to a place that is free. */
  private move(from: number, to: number, count: number): void {
    const { cells, digits } = this;
    for (let index = 0; index < count; index++) {
      cells[to + index] = cells[from + index] as number;
      cells[to + index + LEAF] = cells[from + index + LEAF] as number;
      cells[from + index] = ABSENT;
    }
    if (digits !== null) digits.copyWithin(digitsAt(to), digitsAt(from), digitsAt(from) + count);
  }

  /** Whether a leaf with few levels is to go, or to become one with a neighbour. */
  private isThin(leaf: number): boolean {
    if (this.cells[this.blocks[leaf] as number] === ABSENT) return this.leafCount > 1;
    return this.hasRoom(leaf + 1) || this.hasRoom(leaf - 1);
  }

  private hasRoom(leaf: number): boolean {
    return leaf >= 0 && leaf < this.leafCount && this.cells[(this.blocks[leaf] as number) + SPARE] === ABSENT;
  }

  private thin(leaf: number): void {
    if (this.cells[this.blocks[leaf] as number] === ABSENT) this.dropLeaf(leaf);
    else this.merge(this.hasRoom(leaf + 1) ? leaf : leaf - 1);
  }

  /** Moves all levels of the next leaf into this one. */
  private merge(leaf: number): void {
    const { cells, blocks } = this;
    const next = blocks[leaf + 1] as number;
    let free = blocks[leaf] as number;
    while (cells[free] !== ABSENT) free++;
    let count = 0;
    while (cells[next + count] !== ABSENT) count++;
    this.move(next, free, count);
    this.dropLeaf(leaf + 1);
  }

  /** Takes an empty leaf out, unless it is the only one. */
  private dropLeaf(leaf: number): void {
    if (this.leafCount === 1) return;
    const { cells, blocks, heads } = this;
    const block = blocks[leaf] as number;
    cells[block] = this.freeBlock;
    this.freeBlock = block;
    // What it might have held belongs to the leaf before it; of the first leaf, to the one behind it.
    heads.copyWithin(Math.max(leaf, 1), Math.max(leaf, 1) + 1, this.leafCount + 1);
    blocks.copyWithin(leaf, leaf + 1, this.leafCount);
    this.leafCount--;
    const isRoomy = this.leafCount * SHRINK * BLOCK <= cells.length && this.leafCount > INITIAL_LEAVES;
    if (isRoomy) this.resize(Math.ceil(this.leafCount * GROWTH));
  }

  private grow(): void {
    this.resize(Math.ceil((this.cells.length / BLOCK) * GROWTH));
  }

  /** Gives the ladder room for so many leaves, at least those it has, which keep their order. */
  private resize(leaves: number): void {
    const { cells, blocks, heads, digits, leafCount } = this;
    this.allocate(leaves);
    for (let leaf = 0; leaf < leafCount; leaf++) {
      const from = blocks[leaf] as number;
      const to = leaf * BLOCK;
      this.cells.set(cells.subarray(from, from + BLOCK), to);
      this.blocks[leaf] = to;
      if (digits !== null) this.digits?.set(digits.subarray(digitsAt(from), digitsAt(from) + LEAF), digitsAt(to));
    }
    this.heads.set(heads.subarray(0, leafCount + 1));
    this.leafCount = leafCount;
    this.chain(leafCount);
  }

  /** Fresh columns for so many leaves, of which the first is in use and empty. */
  private allocate(leaves: number): void {
    this.cells = new Float64Array(leaves * BLOCK).fill(ABSENT);
    this.blocks = new Int32Array(leaves);
    this.heads = new Float64Array(leaves + 1).fill(ABSENT);
    this.heads[0] = Number.POSITIVE_INFINITY;
    if (this.digits !== null) this.digits = new Uint16Array(leaves * LEAF);
    this.touched = Number.POSITIVE_INFINITY;
    this.leafCount = 1;
    this.chain(1);
  }

  /** Lists the blocks from this one on as free. */
  private chain(from: number): void {
    const { cells } = this;
    const blocks = cells.length / BLOCK;
    for (let block = from; block < blocks; block++)
      cells[block * BLOCK] = block + 1 < blocks ? (block + 1) * BLOCK : -1;
    this.freeBlock = from < blocks ? from * BLOCK : -1;
  }

  /**
   * Adds a level behind all others, while the ladder is filled: leaves are given room for more.
   * @returns its slot
   */
  private append(key: number, size: number): number {
    const { cells, blocks, heads } = this;
    const leaf = Math.floor(this.count / LEVELS_LAID);
    const index = this.count % LEVELS_LAID;
    if (index === 0 && leaf > 0) {
      blocks[leaf] = this.freeBlock;
      this.freeBlock = cells[this.freeBlock] as number;
      cells[blocks[leaf]] = ABSENT;
      heads[leaf] = key;
      this.leafCount++;
    }
    const slot = (blocks[leaf] as number) + index;
    cells[slot] = key;
    cells[slot + LEAF] = size;
    this.count++;
    this.addToSum(size);
    return slot;
  }

  /** @param change a safe integer */
  private addToSum(change: number): void {
    const high = Math.trunc(change / SUM_UNIT);
    let low = addFloats(this.sumLow, change - high * SUM_UNIT);
    let carry = high;
    if (low >= SUM_UNIT) {
      low -= SUM_UNIT;
      carry++;
    } else if (low <= -SUM_UNIT) {
      low += SUM_UNIT;
      carry--;
    }
    this.sumHigh += carry;
    this.sumLow = low;
  }
}

function leavesFor(levels: number): number {
  return Math.max(INITIAL_LEAVES, Math.ceil(levels / LEVELS_LAID));
}

/** Where the column of digits holds what belongs to a slot. */
const digitsAt = (slot: number): number => slot - ((slot >> BLOCK_BITS) << LEAF_BITS);

const decimalsOf = (priceDecimals: Uint8Array, sizeDecimals: Uint8Array, row: number): number =>
  ((priceDecimals[row] as number) << 8) | (sizeDecimals[row] as number);

/** As the levels from `slot` on move up by one, the last of them onto the one before `end`. */
function openSlot(digits: Uint16Array, slot: number, end: number): void {
  const first = digitsAt(slot);
  for (let at = digitsAt(end) - 1; at > first; at--) digits[at] = digits[at - 1] as number;
}

/** As the levels behind `slot` move onto it, up to `end`, which becomes free. */
function closeSlot(digits: Uint16Array, slot: number, end: number): void {
  const last = digitsAt(end);
  for (let at = digitsAt(slot); at < last; at++) digits[at] = digits[at + 1] as number;
}
