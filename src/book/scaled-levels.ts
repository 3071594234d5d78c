/**
 * The levels of one message at the scales of the book that they are for. Like the changes they cause they live until the
 * next message only, so one of each serves all books of a thread.
 */

import { ChangeBuffer } from './changes.ts';
import { LevelBuffer } from './level-buffer.ts';

const INITIAL_CAPACITY = 256;

export class ScaledLevels {
  /** The message as the venue wrote it. */
  levels = new LevelBuffer();
  /** Per row, in units of the book's scales: whole numbers below 2^53. */
  prices = new Float64Array(INITIAL_CAPACITY);
  sizes = new Float64Array(INITIAL_CAPACITY);

  take(levels: LevelBuffer): void {
    this.levels = levels;
    if (levels.count <= this.prices.length) return;
    this.prices = new Float64Array(levels.price.length);
    this.sizes = new Float64Array(levels.price.length);
  }
}

/** What the books of a thread share: filled anew for each message. */
export class BookScratch {
  readonly changes = new ChangeBuffer();
  readonly scaled = new ScaledLevels();
}
