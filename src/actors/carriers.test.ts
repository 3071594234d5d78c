import { describe, expect, it } from 'vitest';
import { Carriers } from './carriers.ts';

describe('the connections that carry a book', () => {
  it('are one, and another one beside it while they change', () => {
    const carriers = new Carriers();
    carriers.become('a');
    carriers.add('b');
    expect([carriers.size, carriers.has('a'), carriers.has('b'), String(carriers)]).toEqual([2, true, true, 'a, b']);
    expect([carriers.delete('a'), carriers.delete('a'), carriers.size]).toEqual([true, false, 1]);
    carriers.become('c');
    expect([String(carriers), carriers.has('b')]).toEqual(['c', false]);
  });

  it('are dead once they have said nothing for ten seconds, or nothing at all', () => {
    const carriers = new Carriers();
    expect(carriers.areSilent(5)).toBe(true);
    carriers.hear('a', 1_000_000);
    expect([10_999_999, 11_000_000].map((nowUs) => carriers.areSilent(nowUs))).toEqual([false, true]);
    carriers.hear('b', 2_000_000);
    expect([carriers.areSilent(11_000_000), String(carriers)]).toEqual([false, 'a, b']);
  });

  it('are a plain value for another to go on from', () => {
    const carriers = new Carriers();
    carriers.hear('a', 7);
    carriers.add('b');
    const other = new Carriers();
    other.become('x');
    other.restore(structuredClone(carriers.state()));
    expect(other.state()).toEqual({ carriers: ['a', 'b'], carriedUs: 7 });
  });
});
