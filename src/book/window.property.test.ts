/**
 * A venue that serves a window of its book, as Kraken does: removals inside the window come with the level that moves
 * up from below it, nothing is said of levels that are pushed out. Only the venue knows which orders were real: the
 * book must call those known, and nothing else.
 */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactChanges, levelBuffer } from '../../test/fixtures/book-views.ts';
import { unitsOf } from '../../test/fixtures/exact.ts';
import type { NaiveLevel } from '../../test/fixtures/naive-book.ts';
import { Book } from './book.ts';

const SEED = 20_260_803;
const DEPTH = 5;

interface Change {
  readonly price: number;
  readonly size: number;
}

/** One side; prices count from the best down, so that a small number is better. */
class Venue {
  private readonly sizes = new Map<number, number>();

  window(): Change[] {
    const levels = [...this.sizes].map(([price, size]) => ({ price, size }));
    return levels.sort((a, b) => a.price - b.price).slice(0, DEPTH);
  }

  /** Takes the change in; what the subscriber is sent of it, and what really happened where it can see it. */
  apply({ price, size }: Change): { sent: Change[]; real: string[] } {
    const before = this.window();
    const held = this.sizes.get(price) ?? 0;
    if (size === 0) this.sizes.delete(price);
    else this.sizes.set(price, size);
    const after = this.window();
    const isVisible = [...before, ...after].some((level) => level.price === price);
    if (!isVisible || held === size) return { sent: [], real: [] };
    // What moved up from below is sent again.
    const risen = after.filter((level) => level.price !== price && !before.some((one) => one.price === level.price));
    return { sent: [{ price, size }, ...risen], real: [`${price} ${size - held}`] };
  }
}

function levelsOf(side: 'bid' | 'ask', changes: readonly Change[]): NaiveLevel[] {
  return changes.map(({ price, size }) => {
    return { side, price: String(side === 'bid' ? 1000 - price : 1000 + price), size: String(size) };
  });
}

const changes = fc.record({
  price: fc.integer({ min: 1, max: 14 }),
  size: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5 })),
});

describe(`a depth-limited window (seed ${SEED})`, () => {
  it.each(['bid', 'ask'] as const)('on the %s side tells real orders from levels that moved up', (side) => {
    const property = fc.property(fc.array(changes, { minLength: 20, maxLength: 80 }), (story) => {
      const venue = new Venue();
      // A full window to begin with, and levels below it.
      for (let price = 2; price <= 10; price++) venue.apply({ price, size: 3 });
      const book = new Book({ keepDigits: false });
      book.load(levelBuffer(levelsOf(side, venue.window())), { limit: DEPTH, window: true });
      for (const change of story) {
        const { sent, real } = venue.apply(change);
        book.apply(levelBuffer(levelsOf(side, sent)));
        const rows = exactChanges(book.changes, book);
        const unit = unitsOf('1');
        const known = rows
          .filter(({ kind }) => kind === 'known')
          .map(
            ({ price, change }) => `${side === 'bid' ? 1000n - price / unit : price / unit - 1000n} ${change / unit}`,
          );
        // A real order beyond the edge of a shrunken window may be missed; none may be made up.
        for (const row of known) expect(real).toContain(row);
        const isFull = venue.window().length === DEPTH;
        if (isFull && rows.every(({ kind }) => kind !== 'first-sight')) expect(known).toEqual(real);
        expect(side === 'bid' ? book.bidLevels : book.askLevels).toBe(venue.window().length);
      }
    });
    fc.assert(property, { seed: SEED, numRuns: 300 });
  });
});
