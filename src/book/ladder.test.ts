import { describe, expect, it } from 'vitest';
import { Ladder, SEEN_MAX } from './ladder.ts';
import { WideLadder } from './wide-ladder.ts';

function narrow(horizon: number): Ladder {
  const ladder = new Ladder({ digits: false, remember: true });
  ladder.horizon = horizon;
  return ladder;
}

function put(ladder: Ladder, key: number, size: number, digits = 0): void {
  ladder.put(ladder.find(key), key, size, digits);
}

/** Keys of all levels held, and of the slots between them that are empty. */
function slotsOf(ladder: Ladder): { held: number[]; empty: number[] } {
  const held: number[] = [];
  const empty: number[] = [];
  for (let slot = ladder.low; slot <= ladder.high; slot++) {
    (ladder.sizes[slot] === 0 ? empty : held).push(ladder.keys[slot] ?? NaN);
  }
  return { held, empty };
}

describe('Ladder', () => {
  it('stays sorted and findable while it grows past its first capacity', () => {
    const ladder = new Ladder({ digits: true, remember: false });
    for (let i = 0; i < 1_000; i++) {
      const key = (i * 7_919) % 1_009;
      put(ladder, key, i + 1, i % 60_000);
    }
    const { keys, sizes, digits } = ladder.state();
    expect(Array.from(keys)).toEqual(Array.from(keys).sort((a, b) => a - b));
    for (let i = 0; i < 1_000; i++) {
      const key = (i * 7_919) % 1_009;
      const slot = ladder.find(key);
      expect([ladder.sizes[slot], ladder.written?.digits[slot]]).toEqual([i + 1, i]);
      const row = keys.indexOf(key);
      expect([sizes[row], digits?.[row]]).toEqual([i + 1, i]);
    }
    expect(ladder.sum).toBe(500_500);
  });

  it('leaves an order that went in its slot, and finds it there when it comes back', () => {
    const ladder = narrow(0);
    for (const key of [10, 20, 30]) put(ladder, key, 1);
    const slot = ladder.find(20);
    ladder.remove(slot);
    expect([ladder.count, ladder.sum, ladder.find(20), ladder.sizes[slot]]).toEqual([2, 2, slot, 0]);
    expect(slotsOf(ladder)).toEqual({ held: [10, 30], empty: [20] });
    put(ladder, 20, 7);
    expect([ladder.count, ladder.sum, ladder.find(20), ladder.sizes[slot]]).toEqual([3, 9, slot, 7]);
    expect(Array.from(ladder.state().keys)).toEqual([10, 20, 30]);
  });

  it('gives a new price the empty slot beside it', () => {
    const ladder = narrow(0);
    for (const key of [10, 20, 30]) put(ladder, key, 1);
    ladder.remove(ladder.find(20));
    put(ladder, 25, 2);
    expect(slotsOf(ladder)).toEqual({ held: [10, 25, 30], empty: [] });
    expect(ladder.find(20)).toBeLessThan(0);
  });

  it('begins and ends with a level, whatever goes first', () => {
    for (const gone of [
      [40, 30],
      [30, 40],
      [10, 20],
      [20, 10],
    ]) {
      const ladder = narrow(0);
      for (const key of [10, 20, 30, 40]) put(ladder, key, 1);
      for (const key of gone) ladder.remove(ladder.find(key));
      expect(slotsOf(ladder).held).toHaveLength(2);
      expect([ladder.sizes[ladder.low], ladder.sizes[ladder.high]], String(gone)).toEqual([1, 1]);
    }
    const ladder = narrow(0);
    for (const key of [10, 20, 30]) put(ladder, key, 1);
    ladder.remove(ladder.find(20));
    ladder.dropWorst();
    expect([ladder.keys[ladder.low], ladder.count, ladder.sum]).toEqual([30, 1, 1]);
    ladder.dropWorst();
    expect([ladder.count, ladder.sum, ladder.high - ladder.low]).toEqual([0, 0, -1]);
    expect(() => ladder.dropWorst()).toThrow('empty ladder');
  });

  it('keeps few more empty slots than levels, and no memory for what is gone', () => {
    const ladder = narrow(0);
    for (let key = 1; key <= 2_000; key++) put(ladder, key, 1);
    for (let key = 2; key < 2_000; key++) if (key % 10 !== 0) ladder.remove(ladder.find(key));
    const { held, empty } = slotsOf(ladder);
    expect(held).toHaveLength(201);
    expect(empty.length).toBeLessThan(300);
    for (let round = 0; round < 50; round++) {
      for (let i = 1; i <= 200; i++) put(ladder, 3_000 + round * 1_000 + i, 1);
      for (let i = 1; i <= 200; i++) ladder.dropWorst();
    }
    expect(ladder.keys.length).toBeLessThan(1_000);
  });

  it('puts a price between two others where there is no room at all, whichever it is', () => {
    for (let key = 1; key <= 129; key += 2) {
      const ladder = narrow(0);
      for (let even = 2; even <= 128; even += 2) put(ladder, even, 1);
      put(ladder, key, 5);
      expect([ladder.count, ladder.sum, ladder.sizes[ladder.find(key)]], String(key)).toEqual([65, 69, 5]);
      expect(slotsOf(ladder).held).toEqual([...slotsOf(ladder).held].sort((a, b) => a - b));
    }
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
    expect([restored.sum, restored.horizon, restored.knowsAbsent(40), restored.knowsAbsent(30)]).toEqual([
      5,
      50,
      true,
      false,
    ]);
  });

  it('remembers a bounded number of empty prices; forgetting can only lose orders', () => {
    const ladder = narrow(0);
    for (let i = 1; i <= SEEN_MAX; i++) ladder.rememberEmpty(-i);
    expect([ladder.knowsAbsent(-1), ladder.knowsAbsent(-SEEN_MAX)]).toEqual([true, true]);
    ladder.rememberEmpty(-SEEN_MAX - 1);
    expect([ladder.knowsAbsent(-1), ladder.knowsAbsent(-SEEN_MAX - 1)]).toEqual([false, true]);
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
      ladder.remove(ladder.find(best));
      wide.remove(wide.find(BigInt(best)));
    }
  });

  it('is as worn at any scale, and never where the whole side is known', () => {
    const [ladder, wide] = loaded();
    ladder.rescale(1000, 1);
    wide.rescale(1000n, 1n);
    expect([ladder.isWorn, wide.isWorn]).toEqual([false, false]);
    for (const best of [100, 99, 98, 97, 96]) {
      ladder.remove(ladder.find(best * 1000));
      wide.remove(wide.find(BigInt(best) * 1000n));
    }
    expect([ladder.isWorn, wide.isWorn]).toEqual([true, true]);
    const whole = narrow(Number.NEGATIVE_INFINITY);
    put(whole, 5, 1);
    whole.measureSpan();
    expect([whole.isWorn, WideLadder.from(whole, true).isWorn]).toEqual([false, false]);
  });
});
