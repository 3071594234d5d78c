import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { views } from '../kernel/kernel.ts';
import { HEAP_END } from '../kernel/layout.ts';
import { ASK, BID, KNOWN } from '../model/event.ts';
import { ChangeBuffer } from './changes.ts';
import { Ladder, SEEN_MAX } from './ladder.ts';
import { LevelBuffer } from './level-buffer.ts';
import { WideLadder } from './wide-ladder.ts';

function narrow(horizon: number): Ladder {
  const ladder = new Ladder({ digits: false, remember: true });
  ladder.horizon = horizon;
  return ladder;
}

const levels = new LevelBuffer();
const changes = new ChangeBuffer();

/** Gives a level a size, as a message of one row does; 0 takes it out. */
function put(ladder: Ladder, key: number, size: number, digits = 0): ChangeBuffer {
  const side = key < 0 ? ASK : BID;
  levels.clear();
  levels.add(side, Math.abs(key), digits >> 8, size, digits & 0xff);
  changes.clear(false);
  changes.scaledPrice[0] = Math.abs(key);
  changes.scaledSize[0] = size;
  ladder.apply(side, levels, changes, 0, 1);
  return changes;
}

/** Gives levels of a side their sizes, as one message does. */
function putAll(ladder: Ladder, rows: readonly (readonly [price: number, size: number])[], side = BID): void {
  levels.clear();
  changes.clear(false);
  changes.reserve(rows.length);
  for (const [row, [price, size]] of rows.entries()) {
    levels.add(side, price, 0, size, 0);
    changes.scaledPrice[row] = price;
    changes.scaledSize[row] = size;
  }
  ladder.apply(side, levels, changes, 0, rows.length);
}

/** Keys of all levels, best first. */
function keysOf(ladder: Ladder): number[] {
  return Array.from(ladder.levels().keys);
}

/** What the ladder says of an absent key: a new level there is known to be new, or seen for the first time. */
function knowsAbsent(ladder: Ladder, key: number): boolean {
  const known = put(ladder, key, 1).kind[0] === KNOWN;
  const { horizon } = ladder;
  // Out again without a trace.
  ladder.horizon = Number.NEGATIVE_INFINITY;
  put(ladder, key, 0);
  ladder.horizon = horizon;
  return known;
}

describe('Ladder', () => {
  it('stays sorted and exact while it grows past its first columns', () => {
    const ladder = new Ladder({ digits: true, remember: false });
    for (let i = 0; i < 1_000; i++) put(ladder, ((i * 7_919) % 1_009) + 1, i + 1, i % 60_000);
    const { keys, sizes, digits } = ladder.state();
    expect(Array.from(keys)).toEqual(Array.from(keys).sort((a, b) => a - b));
    for (let i = 0; i < 1_000; i++) {
      const row = keys.indexOf(((i * 7_919) % 1_009) + 1);
      expect([sizes[row], digits?.[row]]).toEqual([i + 1, i]);
    }
    expect([ladder.count, ladder.sum]).toEqual([1_000, 500_500]);
  });

  it('names its best and its worst level, whatever goes first', () => {
    for (const gone of [
      [40, 30],
      [30, 40],
      [10, 20],
      [20, 10],
    ]) {
      const ladder = narrow(0);
      for (const key of [10, 20, 30, 40]) put(ladder, key, 1);
      for (const key of gone) put(ladder, key, 0);
      const left = [40, 30, 20, 10].filter((key) => !gone.includes(key));
      expect(keysOf(ladder), String(gone)).toEqual(left);
      expect([ladder.bestKey, ladder.worstKey], String(gone)).toEqual(left);
    }
    const ladder = narrow(0);
    for (const key of [10, 20, 30]) put(ladder, key, 1);
    put(ladder, 20, 0);
    ladder.dropWorst();
    expect([keysOf(ladder), ladder.count, ladder.sum]).toEqual([[30], 1, 1]);
    ladder.dropWorst();
    expect([ladder.count, ladder.sum, ladder.bestKey, ladder.worstKey]).toEqual([0, 0, NaN, NaN]);
    expect(() => ladder.dropWorst()).toThrow('empty ladder');
    put(ladder, 25, 3);
    expect([keysOf(ladder), ladder.sum]).toEqual([[25], 3]);
  });

  it('needs memory for the levels it holds, and gives back what the others needed', () => {
    const heapBytes = (): number => views.words[HEAP_END] as number;
    const keys = Array.from({ length: 5_000 }, (_, index) => ((index + 1) * 7_919) % 100_003);
    const ladder = narrow(0);
    const before = heapBytes();
    for (const key of keys) put(ladder, key, 1);
    expect((heapBytes() - before) / ladder.count).toBeLessThan(40);
    for (const key of keys) if (key % 10 !== 0) put(ladder, key, 0);
    expect(ladder.count).toBeGreaterThan(400);
    const emptied = heapBytes();
    const other = narrow(0);
    for (const key of keys.slice(0, 4_000)) put(other, key, 1);
    expect(heapBytes() - emptied).toBeLessThan(20_000);
  });

  it('puts a price between two others where their leaf is full, whichever it is', () => {
    for (let key = 1; key <= 129; key += 2) {
      const ladder = narrow(0);
      for (let even = 2; even <= 128; even += 2) put(ladder, even, 1);
      put(ladder, key, 5);
      expect([ladder.count, ladder.sum], String(key)).toEqual([65, 69]);
      expect(keysOf(ladder)).toEqual(keysOf(ladder).sort((a, b) => b - a));
      expect(keysOf(ladder)).toContain(key);
    }
  });

  it('sums sizes exactly, however large they are together', () => {
    const max = Number.MAX_SAFE_INTEGER;
    const ladder = narrow(0);
    let exact = 0n;
    const sizes = new Map<number, number>();
    for (let i = 1; i <= 300; i++) {
      const key = (i % 40) + 1;
      const size = i % 7 === 0 ? 0 : max - i * i;
      exact += BigInt(size) - BigInt(sizes.get(key) ?? 0);
      sizes.set(key, size);
      put(ladder, key, size);
      expect(ladder.sum, `step ${i}`).toBe(Number(exact));
    }
    ladder.rescale(1, 1);
    expect(ladder.sum).toBe(Number(exact));
    for (const key of sizes.keys()) put(ladder, key, 0);
    expect(ladder.sum).toBe(0);
  });

  it('sums sizes exactly where one message moves more than 2^53', () => {
    const ladder = narrow(0);
    const sizeOf = (price: number): number => Number.MAX_SAFE_INTEGER - price * price;
    const prices = Array.from({ length: 301 }, (_, index) => 301 - index);
    putAll(
      ladder,
      prices.map((price) => [price, sizeOf(price)]),
    );
    expect(ladder.sum).toBe(Number(prices.reduce((sum, price) => sum + BigInt(sizeOf(price)), 0n)));
    const odd = prices.filter((price) => price % 2 === 1);
    putAll(
      ladder,
      odd.map((price) => [price, price === 7 ? 1 : 0]),
    );
    const left = prices.filter((price) => price % 2 === 0);
    expect(ladder.sum).toBe(Number(left.reduce((sum, price) => sum + BigInt(sizeOf(price)), 1n)));
    putAll(
      ladder,
      prices.map((price) => [price, 0]),
    );
    expect([ladder.count, ladder.sum]).toEqual([0, 0]);
  });

  it('finds its levels wherever the market goes, near the best and far from it', () => {
    const ladder = narrow(0);
    const held = new Map<number, number>();
    let middle = 1_000_000;
    for (let message = 0; message < 400; message++) {
      // Up, down, back, and now and then far away; some levels stay far behind.
      middle += message % 50 === 49 ? 400_000 - 3_000 * message : ((message * 7_919) % 301) - 140;
      const rows = Array.from({ length: 40 }, (_, index): [number, number] => {
        const distance = index < 30 ? 3 * index + (message % 3) : 1_000 * index ** 2;
        return [Math.max(1, middle - distance), (message * 31 + index * 17) % 3];
      });
      const own = [...new Map(rows)].toSorted(([a], [b]) => b - a);
      putAll(ladder, own);
      for (const [price, size] of own) {
        if (size === 0) held.delete(price);
        else held.set(price, size);
      }
      if (message % 20 !== 19) continue;
      const { keys, sizes } = ladder.levels();
      const expected = [...held].toSorted(([a], [b]) => b - a);
      expect(
        Array.from(keys, (key, row) => [key, sizes[row]]),
        `message ${message}`,
      ).toEqual(expected);
    }
    expect(held.size).toBeGreaterThan(1_000);
  });

  it('takes back its own state, and later steps do not reach into it', () => {
    const ladder = narrow(50);
    put(ladder, 60, 5);
    ladder.rememberEmpty(40);
    const state = ladder.state();
    put(ladder, 60, 9);
    ladder.rememberEmpty(30);
    const restored = narrow(0);
    restored.restore(state);
    expect([restored.sum, restored.horizon]).toEqual([5, 50]);
    expect([knowsAbsent(restored, 40), knowsAbsent(restored, 30)]).toEqual([true, false]);
  });

  it('remembers a bounded number of empty prices; forgetting can only lose orders', () => {
    const ladder = narrow(0);
    for (let i = 1; i <= SEEN_MAX; i++) ladder.rememberEmpty(-i);
    expect([knowsAbsent(ladder, -1), knowsAbsent(ladder, -SEEN_MAX)]).toEqual([true, true]);
    ladder.rememberEmpty(-SEEN_MAX - 1);
    expect([knowsAbsent(ladder, -1), knowsAbsent(ladder, -SEEN_MAX - 1)]).toEqual([false, true]);
  });

  it('becomes wide with all that it holds and knows', () => {
    const ladder = new Ladder({ digits: true, remember: true });
    ladder.horizon = 50;
    put(ladder, 60, 5, 0x0208);
    ladder.rememberEmpty(40);
    const wide = WideLadder.from(ladder, true);
    expect(wide.state()).toEqual({ span: null, keys: [60n], sizes: [5n], digits: [0x0208], horizon: 50n, seen: [40n] });
    expect(wide.sum).toBe(5n);
    expect([wide.knowsAbsent(50n), wide.knowsAbsent(40n), wide.knowsAbsent(45n)]).toEqual([true, true, false]);
  });

  it('of a whole side becomes a wide ladder of a whole side', () => {
    const wide = WideLadder.from(new Ladder({ digits: false, remember: true }), true);
    expect(wide.horizon).toBeNull();
    expect(wide.knowsAbsent(-(10n ** 30n))).toBe(true);
  });
});

describe('a side whose market moves', () => {
  /** Both kinds of ladder with levels at 100 down to 91, known down to there. */
  function loaded(): readonly [Ladder, WideLadder] {
    const ladder = narrow(91);
    for (let key = 91; key <= 100; key++) put(ladder, key, 1);
    ladder.measureSpan();
    return [ladder, WideLadder.from(ladder, true)];
  }

  it('is worn when the best level has used up half of what was covered, whatever the width', () => {
    const [ladder, wide] = loaded();
    for (let best = 100; best > 91; best--) {
      // 9 covered: worn below 4.5.
      expect([ladder.isWorn, wide.isWorn], `best at ${best}`).toEqual([best < 96, best < 96]);
      put(ladder, best, 0);
      wide.remove(wide.find(BigInt(best)));
    }
  });

  it('is as worn at any scale, and never where the whole side is known', () => {
    const [ladder, wide] = loaded();
    ladder.rescale(1000, 1);
    wide.rescale(1000n, 1n);
    expect([ladder.isWorn, wide.isWorn]).toEqual([false, false]);
    for (const best of [100, 99, 98, 97, 96]) {
      put(ladder, best * 1000, 0);
      wide.remove(wide.find(BigInt(best) * 1000n));
    }
    expect([ladder.isWorn, wide.isWorn]).toEqual([true, true]);
    const whole = narrow(Number.NEGATIVE_INFINITY);
    put(whole, 5, 1);
    whole.measureSpan();
    expect([whole.isWorn, WideLadder.from(whole, true).isWorn]).toEqual([false, false]);
  });
});

describe('the best levels of a ladder, and the sums down to them', () => {
  const row = fc.record({
    price: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 5000 })),
    size: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 2 ** 52, max: 2 ** 53 - 1 })),
  });
  const messages = fc.array(fc.array(row, { maxLength: 150 }), { minLength: 1, maxLength: 12 });

  it.each([BID, ASK])('are those of a map of levels, exactly, side %d', (side) => {
    fc.assert(
      fc.property(messages, fc.boolean(), (all, isOrdered) => {
        const ladder = new Ladder({ digits: false, remember: false });
        const sizes = new Map<number, number>();
        const sign = side === BID ? 1 : -1;
        for (const message of all) {
          if (isOrdered) message.sort((a, b) => (b.price - a.price) * sign);
          for (const { price, size } of message) {
            if (size === 0) sizes.delete(price * sign);
            else sizes.set(price * sign, size);
          }
          const rows = message.map(({ price, size }) => [price, size] as const);
          putAll(ladder, rows, side);
          const expected = [...sizes].sort(([a], [b]) => b - a);
          const { keys, sizes: held } = ladder.levels();
          expect([...keys].map((key, at) => [key, held[at]])).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });
});
