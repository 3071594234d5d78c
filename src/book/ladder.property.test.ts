/**
 * The ladder against a map that is sorted whenever somebody asks, over long random runs: whatever the order of prices, the
 * room between them and the moment, both hold the same levels and tell the same changes.
 */

import { describe, expect, it } from 'vitest';
import { assert } from '../lib/assert.ts';
import type { Prng } from '../lib/prng.ts';
import { chance, createPrng, int, pick, uniform } from '../lib/prng.ts';
import { ASK, BID, FIRST_SIGHT, KNOWN } from '../model/event.ts';
import { LADDER } from '../kernel/layout.ts';
import { ChangeBuffer } from './changes.ts';
import { Ladder } from './ladder.ts';
import { LevelBuffer } from './level-buffer.ts';

const SEED = 'ladder-1';
const MESSAGES = 320;
const ROWS_MAX = 40;
/** Runs of growing and of shrinking, in messages. */
const TIDE = 40;

interface Level {
  readonly size: number;
  readonly digits: number;
}

/** A level of a message. */
interface Row extends Level {
  readonly key: number;
  readonly orders: number;
}

type Change = readonly [key: number, size: number, change: number, kind: number, orders: number];

class NaiveLadder {
  readonly levels = new Map<number, Level>();
  readonly seenEmpty = new Set<number>();
  horizon = Number.NEGATIVE_INFINITY;

  /** Worst first. */
  get sorted(): Float64Array {
    return Float64Array.from(this.levels.keys()).sort();
  }

  get sum(): number {
    let sum = 0;
    for (const { size } of this.levels.values()) sum += size;
    return sum;
  }

  /** @param remembers whether the ladder keeps in mind what it saw empty below the horizon */
  rememberEmpty(key: number, remembers: boolean): void {
    if (remembers && key < this.horizon) this.seenEmpty.add(key);
  }

  knowsAbsent(key: number): boolean {
    return key >= this.horizon || this.seenEmpty.has(key);
  }

  apply(rows: readonly Row[], remembers: boolean): { readonly changes: readonly Change[]; readonly unknown: number } {
    const changes: Change[] = [];
    let unknown = 0;
    for (const { key, size, digits, orders } of rows) {
      const before = this.levels.get(key)?.size ?? 0;
      const kind = size === 0 || before !== 0 || this.knowsAbsent(key) ? KNOWN : FIRST_SIGHT;
      if (size === 0) {
        if (before === 0) unknown++;
        this.levels.delete(key);
        this.rememberEmpty(key, remembers);
      } else {
        this.levels.set(key, { size, digits });
      }
      if (size !== before) changes.push([key, size, size - before, kind, orders]);
    }
    return { changes, unknown };
  }
}

/** The rows as a message at the scales of the book. */
const levels = new LevelBuffer();
const changes = new ChangeBuffer();

function messageOf(side: number, sign: number, rows: readonly Row[]): readonly [LevelBuffer, ChangeBuffer] {
  levels.clear();
  for (const { key, size, digits, orders } of rows)
    levels.add(side, key * sign, digits >> 8, size, digits & 0xff, orders);
  changes.clear(false);
  changes.reserve(rows.length);
  for (const [row, { key, size }] of rows.entries()) {
    changes.scaledPrice[row] = key * sign;
    changes.scaledSize[row] = size;
  }
  return [levels, changes];
}

/** Draws prices above zero, given those that are held, in any order. */
type Market = (prng: Prng, held: readonly number[]) => number;

const MARKETS: Readonly<Record<string, () => Market>> = {
  'prices side by side, drifting': () => {
    let middle = 50_000;
    return (prng) => {
      if (chance(prng, 0.02)) middle += int(prng, -30, 30);
      return middle + Math.round(120 * uniform(prng) * (uniform(prng) - 0.5));
    };
  },
  'prices far apart': () => (prng) => int(prng, 1, 2 ** 45),
  'prices between two neighbours, until there is no room': () => (prng, held) => {
    if (held.length < 2 || chance(prng, 0.1)) return int(prng, 1, 2 ** 40);
    // Half of them around one place, which gets crowded.
    const at = chance(prng, 0.5) ? Math.floor(held.length / 3) : int(prng, 0, held.length - 2);
    return Math.floor(((held[at] ?? 1) + (held[at + 1] ?? 1)) / 2);
  },
  'prices at the ends': () => (prng, held) => {
    const [first = 1_000_000, last = first] = [held[0], held.at(-1)];
    return chance(prng, 0.5)
      ? Math.max(1, Math.min(first, last) - int(prng, 0, 3))
      : Math.max(first, last) + int(prng, 0, 3);
  },
};

class Run {
  readonly counts = { operations: 0, deep: 0, restored: 0 };
  private ladder: Ladder;
  private readonly naive = new NaiveLadder();
  private readonly prng: Prng;
  private readonly options: { readonly digits: boolean; readonly remember: boolean };
  private readonly side: number;
  private readonly sign: number;
  private readonly market: Market;

  constructor(options: { digits: boolean; remember: boolean; side: number; market: Market; seed: string }) {
    this.options = options;
    this.side = options.side;
    this.sign = options.side === BID ? 1 : -1;
    this.market = options.market;
    this.prng = createPrng(options.seed);
    this.ladder = new Ladder(options);
  }

  run(): void {
    for (let message = 0; message < MESSAGES; message++) {
      const isGrowing = Math.floor(message / TIDE) % 2 === 0;
      this.message(isGrowing ? 0.75 : 0.3, message === TIDE / 2 ? 1_500 : int(this.prng, 1, ROWS_MAX));
      this.between();
      this.check();
    }
  }

  /** One message of the venue: its prices are in order from either end, or in none. */
  private message(putShare: number, rows: number): void {
    const { prng, sign, market, naive } = this;
    const held = Array.from(naive.sorted);
    const keys = Array.from({ length: rows }, () => {
      if (held.length > 0 && chance(prng, 0.4)) return pick(prng, held);
      return sign * market(prng, held.map(Math.abs));
    });
    const order = pick(prng, ['up', 'down', 'none']);
    if (order !== 'none') keys.sort((a, b) => (order === 'up' ? a - b : b - a));
    const isWhole = chance(prng, 0.5);
    if (isWhole) this.apply(keys.map((key) => this.row(key, chance(prng, putShare))));
    else for (const key of keys) this.single(key, putShare);
  }

  /** One level by itself. */
  private single(key: number, putShare: number): void {
    const { prng, naive } = this;
    if (chance(prng, putShare)) this.apply([this.row(key, true)]);
    else if (chance(prng, 0.1) && naive.levels.size > 0) this.dropWorst();
    else this.apply([this.row(chance(prng, 0.3) ? this.end(key) : key, false)]);
  }

  /** The key of the best or the worst level. */
  private end(otherwise: number): number {
    const { ladder, prng } = this;
    if (ladder.count === 0) return otherwise;
    return chance(prng, 0.5) ? ladder.bestKey : ladder.worstKey;
  }

  private row(key: number, isPut: boolean): Row {
    const { prng, options } = this;
    const size = isPut ? int(prng, 1, 1_000_000) : 0;
    return { key, size, digits: options.digits ? int(prng, 0, 0x0f0f) : 0, orders: int(prng, -1, 9) };
  }

  /** All rows as the book applies a message's, somewhere among others of it; behind the changes of an earlier part. */
  private apply(rows: readonly Row[]): void {
    const { ladder, naive, prng, options, side, sign, counts } = this;
    const before = int(prng, 0, 3);
    const all = [...Array.from({ length: before }, () => this.row(sign, true)), ...rows];
    messageOf(side, sign, all);
    for (let row = 0; row < before; row++) changes.push(side, KNOWN, 1, 1, 1, -1);
    const unknown = ladder.apply(side, levels, changes, before, before + rows.length);
    const expected = naive.apply(rows, options.remember);
    expect(unknown).toBe(expected.unknown);
    const told = Array.from({ length: changes.count - before }, (_, i) => {
      const row = before + i;
      assert(changes.side[row] === side, 'a change of the other side');
      return [changes.price[row], changes.size[row], changes.change[row], changes.kind[row], changes.orders[row]];
    });
    expect(told).toEqual(expected.changes.map(([key, ...rest]) => [key * sign, ...rest]));
    counts.operations += rows.length;
  }

  /** A whole new side, in the order of a snapshot or with something wrong in it. */
  private fill(): void {
    const { ladder, naive, prng, side, sign, market } = this;
    const keys = new Set(Array.from({ length: int(prng, 0, 400) }, () => sign * market(prng, [])));
    const rows = [...keys].sort((a, b) => b - a).map((key) => this.row(key, true));
    const at = int(prng, 0, rows.length);
    const flaw = pick(prng, ['none', 'none', 'empty level', 'twice', 'order'] as const);
    if (flaw === 'empty level') rows.splice(at, 0, this.row(rows[at - 1]?.key ?? sign, false));
    if (flaw === 'twice') rows.splice(at, 0, ...rows.slice(Math.max(0, at - 1), at));
    if (flaw === 'order') rows.reverse();
    const isGood = rows.every(({ key, size }, i) => size !== 0 && (i === 0 || key < (rows[i - 1]?.key ?? NaN)));
    expect(ladder.fill(side, ...messageOf(side, sign, rows), 0, rows.length)).toBe(isGood);
    if (isGood) naive.apply(rows, false);
  }

  private dropWorst(): void {
    const worst = this.naive.sorted[0] ?? NaN;
    this.ladder.dropWorst();
    this.naive.levels.delete(worst);
    this.counts.operations++;
  }

  /** Rare things, between messages. */
  private between(): void {
    const { prng, naive, counts } = this;
    if (chance(prng, 0.1)) this.restore();
    const { ladder } = this;
    if (ladder['word'](LADDER.leaves) > 3) counts.deep++;
    if (ladder.count > 0 && chance(prng, 0.05)) naive.horizon = ladder.horizon = ladder.worstKey;
    if (chance(prng, 0.02)) {
      ladder.clear();
      naive.levels.clear();
      naive.seenEmpty.clear();
      naive.horizon = Number.NEGATIVE_INFINITY;
      this.fill();
    }
  }

  private restore(): void {
    const { keys, sizes, digits, ...rest } = structuredClone(this.ladder.state());
    const { naive } = this;
    const levels = Array.from(naive.sorted, (key) => naive.levels.get(key));
    expect(keys).toEqual(naive.sorted);
    expect(Array.from(sizes)).toEqual(levels.map((level) => level?.size));
    if (this.options.digits) expect(Array.from(digits ?? [])).toEqual(levels.map((level) => level?.digits));
    else expect(digits).toBeNull();
    this.ladder = new Ladder(this.options);
    // What it held before must leave no trace.
    const rows = Array.from({ length: 200 }, (_, i) => this.row(this.sign * (i + 1), true));
    this.ladder.apply(this.side, ...messageOf(this.side, this.sign, rows), 0, 200);
    this.ladder.restore({ keys, sizes, digits, ...rest });
    this.counts.restored++;
  }

  private check(): void {
    const { ladder, naive } = this;
    const sorted = naive.sorted.toReversed();
    assert(ladder.sum === naive.sum, `sum ${ladder.sum} instead of ${naive.sum}`);
    assert(ladder.count === sorted.length, `${ladder.count} levels instead of ${sorted.length}`);
    const { keys, sizes, decimals } = ladder.levels();
    assert(keys.length === sorted.length, `${keys.length} levels listed of ${sorted.length}`);
    assert(Object.is(ladder.bestKey, keys[0] ?? NaN), 'best level');
    assert(Object.is(ladder.worstKey, keys.at(-1) ?? NaN), 'worst level');
    for (const [row, key] of keys.entries()) {
      assert(key === sorted[row], `level ${row} is ${key} instead of ${sorted[row]}`);
      const level = naive.levels.get(key);
      assert(level !== undefined && level.size === sizes[row], `size of ${key}`);
      assert(decimals[row] === level.digits, `digits of ${key}`);
    }
  }
}

const SIDES = { bids: BID, asks: ASK } as const;

describe.each(Object.entries(MARKETS))('a ladder of %s', (name, newMarket) => {
  describe.each(Object.entries(SIDES))('of %s', (sideName, side) => {
    it.each([
      { digits: true, remember: false },
      { digits: false, remember: true },
    ])('is a sorted map (digits $digits, remember $remember)', (options) => {
      const seed = `${SEED}-${name}-${sideName}-${options.digits}`;
      const run = new Run({ ...options, side, market: newMarket(), seed });
      try {
        run.run();
      } catch (error) {
        throw new Error(`seed ${seed}, operation ${run.counts.operations}: ${String(error)}`, { cause: error });
      }
      expect(run.counts.operations).toBeGreaterThan(5_000);
      // The run was where it meant to be.
      expect(Math.min(run.counts.deep, run.counts.restored)).toBeGreaterThan(5);
    });
  });
});
