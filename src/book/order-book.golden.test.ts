/**
 * The order-by-order book against LOBSTER's: after each of 999 messages of one stock the ten best levels of both sides must
 * be those of the exchange's own book, and whoever is filled must stand first in the queue.
 */

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeWithData, dataFile } from '../../test/data.ts';
import { ASK, BID } from '../model/event.ts';
import { Book } from './book.ts';
import { LevelBuffer } from './level-buffer.ts';
import { OrderBook } from './order-book.ts';

const DEPTH = 10;
/** What LOBSTER writes where there is no level. */
const NO_PRICE = 9_999_999_999;
const NAMES = ['message', 'orderbook'].map((kind) => `AAPL_2012-06-21_34200000_57600000_${kind}_10.csv`);

interface Message {
  readonly type: number;
  readonly id: string;
  readonly size: number;
  readonly price: number;
  readonly side: number;
}

type Level = readonly [price: number, size: number];

function rowsAt(path: string): number[][] {
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));
}

function levelsOf(row: readonly number[], side: number): Level[] {
  const at = side === ASK ? 0 : 2;
  return Array.from({ length: DEPTH }, (_, level): Level => {
    return [row[4 * level + at] ?? NaN, row[4 * level + at + 1] ?? NaN];
  }).filter(([price]) => Math.abs(price) !== NO_PRICE);
}

const whole = (mantissa: number): { mantissa: number; decimals: number } => ({ mantissa, decimals: 0 });

/** Orders and the levels derived from them, fed as a venue's messages would. */
class World {
  readonly orders = new OrderBook();
  readonly book = new Book({ keepDigits: false });
  private readonly levels = new LevelBuffer();

  constructor() {
    this.book.load(this.levels, { limit: Number.POSITIVE_INFINITY, window: false });
  }

  /** Orders that nobody told of stand in front of all others of their price. */
  seed(side: number, price: number, size: number): void {
    this.orders.add(`before ${side} ${price}`, side, whole(price), whole(size));
  }

  /** The order that a message means: its own, or one that was there before the recording. */
  idOf({ id, side, price }: Message): string {
    return this.orders.order(id) === null ? `before ${side} ${price}` : id;
  }

  commit(): void {
    this.levels.clear();
    this.orders.drain(this.levels);
    this.book.apply(this.levels);
  }

  /** What happens below the ten best is told to nobody: nothing is known of these levels. */
  forgetBelow(side: number): void {
    for (const [price] of this.best(side, Infinity).slice(DEPTH)) {
      for (const { id } of this.orders.queue(side, whole(price))) this.orders.remove(id);
    }
    this.commit();
  }

  best(side: number, depth = DEPTH): Level[] {
    const best: Level[] = [];
    this.book.forEachLevel(side, depth, (price, size) => best.push([Number(price), Number(size)]));
    return best;
  }
}

describeWithData('LOBSTER, 999 messages', ['l3', NAMES[0] ?? ''], (path) => {
  it('gives the book that the exchange had after each of them, and serves first who came first', () => {
    const states = rowsAt(dataFile('l3', NAMES[1] ?? '') ?? '');
    const messages = rowsAt(path).map(([, type = 0, id = 0, size = 0, price = 0, direction = 0]): Message => {
      return { type, id: String(id), size, price, side: direction === 1 ? BID : ASK };
    });
    expect(messages).toHaveLength(states.length);
    const world = new World();
    const counts = { compared: 0, filled: 0, first: 0, seeded: 0 };
    for (const [index, message] of messages.entries()) {
      const state = states[index] ?? [];
      if (index === 0) {
        // The book's first state holds the first message already.
        for (const side of [BID, ASK]) {
          for (const [price, size] of levelsOf(state, side)) {
            const own = message.side === side && message.price === price ? message.size : 0;
            if (size > own) world.seed(side, price, size - own);
          }
        }
      }
      const { type, size, price, side } = message;
      if (type === 1) world.orders.add(message.id, side, whole(price), whole(size));
      else if (type === 2 || type === 3) expect(world.orders.reduce(world.idOf(message), whole(size))).toBe(true);
      else if (type === 4) {
        const id = world.idOf(message);
        counts.filled++;
        if (world.orders.queue(side, whole(price))[0]?.id === id) counts.first++;
        expect(world.orders.reduce(id, whole(size))).toBe(true);
      }
      world.commit();
      for (const each of [BID, ASK]) {
        const expected = levelsOf(state, each);
        world.forgetBelow(each);
        // The last level may have come up from below.
        const [price = NaN, size = NaN] = expected.at(-1) ?? [];
        if (world.best(each).length < expected.length) {
          world.seed(each, price, size);
          counts.seeded++;
          world.commit();
        }
        expect(world.best(each), `side ${each} after message ${index + 1}`).toEqual(expected);
        counts.compared++;
      }
    }
    expect(counts.compared).toBe(2 * 999);
    expect(counts.filled).toBeGreaterThan(50);
    expect(counts.first).toBe(counts.filled);
    // Of 19,980 levels compared so many were taken from the file, since no message tells of them.
    expect(counts.seeded).toBe(318);
  });
});
