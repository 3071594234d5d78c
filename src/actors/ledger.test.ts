import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { delta, score, status, trade } from '../storage/events.fixture.ts';
import type { MarketView } from '../model/event.ts';
import type { CanonicalBuffer } from './ledger.ts';
import { digestOf, Ledger } from './ledger.ts';

const KIND_BYTES: Readonly<Record<MarketView['kind'], number>> = {
  'book.delta': 1,
  'book.snapshot': 2,
  trade: 3,
  'order.add': 4,
  'order.change': 5,
  'order.cancel': 6,
  'order.fill': 7,
};
const FIRST_HASH = Buffer.alloc(32);

/** Two bytes per event: its kind, and the seq that the test gave it; then as many zeros as the test wishes. */
class TestBuffer implements CanonicalBuffer {
  private all = Buffer.alloc(0);
  private readonly zeros: number;

  constructor(zeros: number) {
    this.zeros = zeros;
  }

  get length(): number {
    return this.all.length;
  }

  append(view: MarketView): void {
    this.raw(canonical(KIND_BYTES[view.kind], view.header.seq, this.zeros));
  }

  raw(bytes: Uint8Array): void {
    this.all = Buffer.concat([this.all, bytes]);
  }

  bytes(): Uint8Array {
    return this.all;
  }

  clear(): void {
    this.all = Buffer.alloc(0);
  }
}

function canonical(kind: number, seq: number, zeros = 0): Buffer {
  return Buffer.concat([Buffer.of(kind, seq), Buffer.alloc(zeros)]);
}

function ledger(zeros = 0): Ledger {
  return new Ledger(() => new TestBuffer(zeros));
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
    expect(chain.entries()).toEqual({
      a: { hash: sha256(FIRST_HASH, canonical(1, 7), canonical(3, 9)).toString('hex'), events: 2 },
      b: { hash: sha256(FIRST_HASH, canonical(3, 1)).toString('hex'), events: 1 },
    });
  });

  it('ends a block with the event that brings it to 4,096 bytes', () => {
    const chain = ledger(1_364);
    const event = canonical(1, 7, 1_364);
    expect(3 * event.length).toBe(4_098);
    const blocks: Buffer[] = [FIRST_HASH];
    for (let events = 1; events <= 7; events++) {
      chain.add('a', delta([], { seq: 7 }));
      const [open = FIRST_HASH] = blocks.slice(-1);
      const behind = Array.from({ length: events % 3 }, () => event);
      if (behind.length === 0) blocks.push(sha256(open, event, event, event));
      const expected = behind.length === 0 ? blocks.at(-1) : sha256(open, ...behind);
      expect(chain.entries()['a']).toEqual({ hash: expected?.toString('hex'), events });
    }
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

  it.each([0, 100, 2_046, 4_094, 100_000])(
    'goes on from its state, wherever in a block, with %d bytes more',
    (zeros) => {
      const whole = ledger(zeros);
      for (let seq = 1; seq <= 100; seq++) whole.add('a', delta([], { seq }));
      for (const cut of [0, 1, 2, 37, 99]) {
        const first = ledger(zeros);
        for (let seq = 1; seq <= cut; seq++) first.add('a', delta([], { seq }));
        const state = structuredClone(first.part('a'));
        first.add('a', delta([], { seq: 200 }));
        const second = ledger(zeros);
        second.add('a', delta([]));
        second.restore('a', state);
        for (let seq = cut + 1; seq <= 100; seq++) second.add('a', delta([], { seq }));
        expect(second.entries(), `cut at ${cut}`).toEqual(whole.entries());
        expect(second.counts).toEqual({ 'book.delta': 100 });
      }
    },
  );

  it('makes one digest of all books, whatever the order they are named in', () => {
    const expected = createHash('sha256').update('a:X f00\nb:Y ba4\n').digest('hex');
    expect(digestOf({ 'b:Y': 'ba4', 'a:X': 'f00' })).toBe(expected);
    expect(digestOf({})).toBe(createHash('sha256').digest('hex'));
  });
});
