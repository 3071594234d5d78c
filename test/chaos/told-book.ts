/** A book as one makes it who has nothing but its events. */

import { assert } from '../../src/lib/assert.ts';
import { ASK, BID, type BookView } from '../../src/model/event.ts';
import { Ladder } from '../../src/simulator/ladder.ts';
import type { HeldBook } from '../fixtures/market-book.ts';

export class ToldBook implements HeldBook {
  priceScale = 0;
  sizeScale = 0;
  private sides = [new Ladder(BID), new Ladder(ASK)];

  /** Takes a snapshot or a delta in. @returns what is wrong with it in itself; null where nothing is */
  take({ kind, header, changes }: BookView): string | null {
    assert(!header.wide, 'no simulated book is wide');
    if (kind === 'book.snapshot') this.sides = [new Ladder(BID), new Ladder(ASK)];
    this.rescale(header.priceScale, header.sizeScale);
    for (let row = 0; row < changes.count; row++) {
      const size = changes.size[row] ?? NaN;
      const before = this.side(changes.side[row]).set(changes.price[row] ?? NaN, size);
      if (size - before !== changes.change[row]) {
        return `row ${row} changes ${before} to ${size} and says ${changes.change[row]}`;
      }
    }
    return null;
  }

  forEachLevel(side: number, depth: number, visit: (price: number, size: number) => void): void {
    const ladder = this.side(side);
    for (let rank = 0; rank < Math.min(depth, ladder.length); rank++) {
      visit(ladder.priceAt(rank) ?? NaN, ladder.sizeAt(rank));
    }
  }

  private side(side = NaN): Ladder {
    const ladder = this.sides[side];
    assert(ladder !== undefined, `a row of the side ${side}`);
    return ladder;
  }

  /** Scales only widen, and with them all that is held. */
  private rescale(priceScale: number, sizeScale: number): void {
    const [price, size] = [10 ** (priceScale - this.priceScale), 10 ** (sizeScale - this.sizeScale)];
    this.priceScale = priceScale;
    this.sizeScale = sizeScale;
    if (price === 1 && size === 1) return;
    this.sides = this.sides.map((ladder) => {
      const scaled = new Ladder(ladder.side);
      for (let rank = 0; rank < ladder.length; rank++) {
        scaled.set((ladder.priceAt(rank) ?? NaN) * price, ladder.sizeAt(rank) * size);
      }
      return scaled;
    });
  }
}
