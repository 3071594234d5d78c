/**
 * The newest scored orders of one kind, packed into one array of numbers: whole markets have thousands of these rings, and
 * most orders leave theirs without anybody having looked. It grows with use, up to its capacity.
 */

import type { ScoreView } from '../../model/event.ts';
import { BID } from '../../model/event.ts';
import type { ScoredOrder } from '../api/order.ts';

/** Orders that a ring keeps. Eight rings (a score of 0 to 6, and none) fill `ORDERS_MAX`. */
export const RING_ORDERS = 50;
const FIRST_ORDERS = 4;

/** Numbers of an order, and where each of them stands. */
const AT = {
  serial: 0,
  epoch: 1,
  seq: 2,
  timeUs: 3,
  side: 4,
  price: 5,
  size: 6,
  score: 7,
  z: 8,
  scoreSize: 9,
  scoreSpread: 10,
  scoreMid: 11,
  scoreImbalance: 12,
  spreadBps: 13,
  midDistanceBps: 14,
  imbalance: 15,
  orders: 16,
  model: 17,
} as const;
const WIDTH = 18;

/** Names of size models by number: they are few. */
const models: string[] = [];

export class OrderRing {
  /** Orders that were ever put in. */
  count = 0;
  private numbers = new Float64Array(FIRST_ORDERS * WIDTH);

  /** @param serial grows with each order of the pair: puts the orders of several rings in order */
  put(serial: number, view: ScoreView): void {
    const { header } = view;
    const row = this.rowOf(this.count++);
    const { numbers } = this;
    numbers[row + AT.serial] = serial;
    numbers[row + AT.epoch] = header.epoch;
    numbers[row + AT.seq] = header.seq;
    numbers[row + AT.timeUs] = header.exchangeUs;
    numbers[row + AT.side] = view.side;
    numbers[row + AT.price] = view.price;
    numbers[row + AT.size] = view.size;
    numbers[row + AT.score] = view.score;
    numbers[row + AT.z] = view.z;
    numbers[row + AT.scoreSize] = view.scoreSize;
    numbers[row + AT.scoreSpread] = view.scoreSpread;
    numbers[row + AT.scoreMid] = view.scoreMid;
    numbers[row + AT.scoreImbalance] = view.scoreImbalance;
    numbers[row + AT.spreadBps] = view.spreadBps;
    numbers[row + AT.midDistanceBps] = view.midDistanceBps;
    numbers[row + AT.imbalance] = view.imbalance;
    numbers[row + AT.orders] = view.orders;
    numbers[row + AT.model] = modelNumber(view.model);
  }

  /** Calls back with each order from the `from`-th ever put in (0-based) on that is still here, oldest first. */
  each(from: number, onOrder: (serial: number, order: ScoredOrder) => void): void {
    for (let at = Math.max(from, this.count - RING_ORDERS, 0); at < this.count; at++) {
      const row = (at % this.capacity) * WIDTH;
      onOrder(this.numbers[row + AT.serial] ?? 0, this.orderAt(row));
    }
  }

  private get capacity(): number {
    return this.numbers.length / WIDTH;
  }

  private rowOf(at: number): number {
    const { capacity } = this;
    if (at === capacity && capacity < RING_ORDERS) {
      const grown = new Float64Array(Math.min(capacity * 2, RING_ORDERS) * WIDTH);
      grown.set(this.numbers);
      this.numbers = grown;
    }
    return (at % this.capacity) * WIDTH;
  }

  private orderAt(row: number): ScoredOrder {
    const at = (field: keyof typeof AT): number => this.numbers[row + AT[field]] ?? Number.NaN;
    const orders = at('orders');
    return {
      id: `${at('epoch')}.${at('seq')}`,
      timeMs: at('timeUs') / 1000,
      side: at('side') === BID ? 'bid' : 'ask',
      price: at('price'),
      size: at('size'),
      notional: at('price') * at('size'),
      score: orNull(at('score')),
      z: orNull(at('z')),
      scoreSize: orNull(at('scoreSize')),
      scoreSpread: orNull(at('scoreSpread')),
      scoreMid: orNull(at('scoreMid')),
      scoreImbalance: orNull(at('scoreImbalance')),
      spreadBps: orNull(at('spreadBps')),
      midDistanceBps: orNull(at('midDistanceBps')),
      imbalance: orNull(at('imbalance')),
      orders: orders < 0 ? null : orders,
      model: models[at('model')] ?? '',
    };
  }
}

/** JSON has no NaN. */
export function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function modelNumber(name: string): number {
  const known = models.indexOf(name);
  return known >= 0 ? known : models.push(name) - 1;
}
