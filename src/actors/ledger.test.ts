import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { delta, score, status, trade } from '../storage/events.fixture.ts';
import { digestOf, Ledger } from './ledger.ts';

const BYTES = { 'book.delta': 1, 'book.snapshot': 2, trade: 3 } as const;

/** Two bytes per event: its kind, and the seq that the test gave it. */
function ledger(): Ledger {
  return new Ledger((view) => Uint8Array.of(BYTES[view.kind], view.header.seq));
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

describe('Ledger', () => {
  it('chains SHA-256 over the market events of each book', () => {
    const chain = ledger();
    chain.add('a', delta([], { seq: 7 }));
    chain.add('b', trade({ header: { ...trade().header, seq: 1 } }));
    chain.add('a', trade({ header: { ...trade().header, seq: 9 } }));
    const first = sha256(Buffer.alloc(32), Uint8Array.of(1, 7));
    expect(chain.entries()).toEqual({
      a: { hash: sha256(first, Uint8Array.of(3, 9)).toString('hex'), events: 2 },
      b: { hash: sha256(Buffer.alloc(32), Uint8Array.of(3, 1)).toString('hex'), events: 1 },
    });
  });

  it('counts every kind, and chains neither states nor results', () => {
    const chain = ledger();
    for (const view of [delta([]), status(), score(), status(), trade()]) chain.add('a', view);
    expect(chain.counts).toEqual({ 'book.delta': 1, 'book.status': 2, 'order.score': 1, trade: 1 });
    expect(chain.entries()['a']?.events).toBe(2);
  });

  it('sees the order of events, and of equal ones how many there were', () => {
    const hashOf = (seqs: readonly number[]): string | undefined => {
      const chain = ledger();
      for (const seq of seqs) chain.add('a', delta([], { seq }));
      return chain.entries()['a']?.hash;
    };
    expect(new Set([hashOf([1, 2]), hashOf([2, 1]), hashOf([1]), hashOf([1, 1]), hashOf([1, 2])]).size).toBe(4);
  });

  it('takes events of any length, and goes on from its state', () => {
    const large = new Uint8Array(100_000).fill(7);
    const [whole, first] = [new Ledger(() => large), new Ledger(() => large)];
    whole.add('a', delta([]));
    first.add('a', delta([]));
    const state = structuredClone(first.state());
    first.add('a', delta([]));
    const second = new Ledger(() => large);
    second.restore(state);
    whole.add('a', delta([]));
    second.add('a', delta([]));
    expect(second.entries()).toEqual(whole.entries());
    expect(second.counts).toEqual({ 'book.delta': 2 });
  });

  it('makes one digest of all books, whatever the order they are named in', () => {
    const expected = createHash('sha256').update('a:X f00\nb:Y ba4\n').digest('hex');
    expect(digestOf({ 'b:Y': 'ba4', 'a:X': 'f00' })).toBe(expected);
    expect(digestOf({})).toBe(createHash('sha256').digest('hex'));
  });
});
