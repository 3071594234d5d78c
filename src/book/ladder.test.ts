import { describe, expect, it } from 'vitest';
import { Ladder, SEEN_MAX } from './ladder.ts';
import { WideLadder } from './wide-ladder.ts';

function narrow(horizon: number): Ladder {
  const ladder = new Ladder({ digits: false, remember: true });
  ladder.horizon = horizon;
  return ladder;
}

describe('Ladder', () => {
  it('stays sorted and findable while it grows past its first capacity', () => {
    const ladder = new Ladder({ digits: true, remember: false });
    for (let i = 0; i < 1_000; i++) {
      const key = (i * 7_919) % 1_009;
      ladder.insert(-ladder.find(key) - 1, key, i + 1, i % 60_000);
    }
    const { keys, sizes, digits } = ladder.state();
    expect(Array.from(keys)).toEqual(Array.from(keys).sort((a, b) => a - b));
    for (let i = 0; i < 1_000; i++) {
      const index = ladder.find((i * 7_919) % 1_009);
      expect([sizes[index], digits?.[index]]).toEqual([i + 1, i]);
    }
    expect(ladder.sum).toBe(500_500);
  });

  it('takes back its own state, and later steps do not reach into it', () => {
    const ladder = narrow(50);
    ladder.insert(0, 60, 5, 0);
    ladder.rememberEmpty(40);
    const state = ladder.state();
    ladder.update(0, 9, 0);
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
    ladder.insert(0, 60, 5, 0x0208);
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
    for (let key = 91; key <= 100; key++) ladder.insert(-ladder.find(key) - 1, key, 1, 0);
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
    whole.insert(0, 5, 1, 0);
    whole.measureSpan();
    expect([whole.isWorn, WideLadder.from(whole, true).isWorn]).toEqual([false, false]);
  });
});
