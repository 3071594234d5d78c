/**
 * The single orders of the best `depth` levels per side of a pair as Kraken's channel `level3` shows them. What happens to an
 * order of a level that is shown is told; a level that comes into the window is told with all its orders; of one that is
 * pushed out nothing is said, so that a client must cut its book itself.
 */

import { crc32 } from 'node:zlib';
import { ASK, BID } from '../model/event.ts';
import { level3Frame, orderEventRow, orderListRow } from './kraken-wire.ts';
import type { SimOrder, SimOrders, SimOrderTurn } from './sim-orders.ts';

/** The checksum covers so many levels per side, whatever the depth. */
const CHECKSUM_LEVELS = 10;

export class KrakenOrdersWindow {
  readonly #orders: SimOrders;
  readonly #depth: number;
  /** Prices that are shown, by side. */
  readonly #shown = new Map<number, ReadonlySet<number>>();

  /** @param orders are brought up to date before each `update` */
  constructor(orders: SimOrders, depth: number) {
    this.#orders = orders;
    this.#depth = depth;
    for (const side of [BID, ASK]) this.#shown.set(side, new Set(this.#prices(side)));
  }

  snapshot(): string {
    const { market } = this.#orders;
    const rows = (side: number): string =>
      this.#prices(side)
        .flatMap((price) => this.#orders.at(side, price))
        .map((order) => orderListRow(market.instrument, order, market.changedUs))
        .join(',');
    return level3Frame('snapshot', market, { bids: rows(BID), asks: rows(ASK) }, this.#checksum());
  }

  /** @returns the frame of what became of orders; undefined where the window shows none of it */
  update(turns: readonly SimOrderTurn[]): string | undefined {
    const { market } = this.#orders;
    const [bids = '', asks = ''] = [BID, ASK].map((side) => this.#rows(side, turns).join(','));
    if (bids === '' && asks === '') return undefined;
    return level3Frame('update', market, { bids, asks }, this.#checksum());
  }

  #rows(side: number, turns: readonly SimOrderTurn[]): string[] {
    const { market } = this.#orders;
    const { instrument, changedUs } = market;
    const before = this.#shown.get(side) ?? new Set<number>();
    const now = new Set(this.#prices(side));
    this.#shown.set(side, now);
    const isGone = (price: number): boolean => this.#orders.at(side, price).length === 0;
    const told = turns
      .filter(({ order }) => order.side === side && before.has(order.price))
      .filter(({ order }) => now.has(order.price) || isGone(order.price))
      .map((turn) => orderEventRow(instrument, eventOf(turn), turn.order, changedUs));
    const entered = [...now]
      .filter((price) => !before.has(price))
      .flatMap((price) => this.#orders.at(side, price))
      .map((order) => orderEventRow(instrument, 'add', order, changedUs));
    return [...told, ...entered];
  }

  /** CRC-32 over the digits of every order of the best ten asks, then bids, best first, in the order of their queues. */
  #checksum(): number {
    const { tickUnits } = this.#orders.market.instrument;
    const digits = (side: number): string =>
      this.#prices(side)
        .slice(0, CHECKSUM_LEVELS)
        .flatMap((price) => this.#orders.at(side, price))
        .map(({ price, size }: SimOrder) => `${price * tickUnits}${size}`)
        .join('');
    return crc32(digits(ASK) + digits(BID));
  }

  /** Best first. */
  #prices(side: number): number[] {
    const ladder = side === BID ? this.#orders.market.bids : this.#orders.market.asks;
    return Array.from({ length: Math.min(this.#depth, ladder.length) }, (_, rank) => ladder.priceAt(rank) ?? 0);
  }
}

function eventOf({ kind, order }: SimOrderTurn): 'add' | 'modify' | 'delete' {
  return order.size === 0 ? 'delete' : kind === 'add' ? 'add' : 'modify';
}
