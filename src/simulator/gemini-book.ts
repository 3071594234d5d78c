/**
 * One pair as Gemini publishes it: every change of a level has a number, and numbers rise over all pairs of the venue, so
 * those of one pair leap. Changes are folded into differences, of which each begins at the number that the one before
 * ended with. The whole book is that of the last difference, so that the next one leads on from it.
 */

import { BID } from '../model/event.ts';
import { depthEvent, symbolOf, tickerEvent, wholeBookEvent } from './gemini-wire.ts';
import type { Ladder } from './ladder.ts';
import type { MarketAction, PairMarket } from './pair-market.ts';

const FIRST_UPDATE = 1_764_527_605_000_000;

/** Numbers the updates of all pairs of a venue. */
export class UpdateNumbers {
  /** The newest. */
  last = FIRST_UPDATE;

  next(): number {
    this.last += 1;
    return this.last;
  }
}

/** A level since the last difference. Sizes in lots, 0 for none. */
interface Change {
  /** As the last difference left it. */
  readonly before: number;
  readonly size: number;
}

export class GeminiBook {
  readonly symbol: string;
  readonly market: PairMarket;
  readonly #numbers: UpdateNumbers;
  /** Number of the pair's newest update. */
  #last: number;
  /** Number of the newest update that a difference has told of. */
  #told: number;
  /** By price, in the order in which the levels were first touched. */
  readonly #bids = new Map<number, Change>();
  readonly #asks = new Map<number, Change>();
  #touch = '';

  constructor(market: PairMarket, numbers: UpdateNumbers) {
    this.market = market;
    this.symbol = symbolOf(market.instrument);
    this.#numbers = numbers;
    this.#last = numbers.last;
    this.#told = numbers.last;
  }

  /** True where changes wait for the next difference. */
  get isDirty(): boolean {
    return this.#last > this.#told;
  }

  apply({ changes }: MarketAction): void {
    for (const { side, price, size, before } of changes) {
      this.#last = this.#numbers.next();
      const folded = side === BID ? this.#bids : this.#asks;
      folded.set(price, { before: folded.get(price)?.before ?? before, size });
    }
  }

  /** Best prices and sizes where they have changed since they were last told. */
  takeTicker(eventUs: number): string | undefined {
    const { bids, asks, instrument } = this.market;
    const touch = `${bids.priceAt(0)}/${bids.sizeAt(0)}/${asks.priceAt(0)}/${asks.sizeAt(0)}`;
    if (touch === this.#touch) return undefined;
    this.#touch = touch;
    return tickerEvent(instrument, { eventUs, last: this.#last, bids, asks });
  }

  /** All changes since the last difference as one. */
  takeDifference(eventUs: number): string {
    const text = depthEvent(this.market.instrument, {
      eventUs,
      first: this.#told,
      last: this.#last,
      bids: sizesOf(this.#bids),
      asks: sizesOf(this.#asks),
    });
    this.skipDifference();
    return text;
  }

  /** Folds without telling, as nobody listens. */
  skipDifference(): void {
    this.#told = this.#last;
    this.#bids.clear();
    this.#asks.clear();
  }

  /** The best `limit` levels per side of the book as the last difference left it. */
  whole(eventUs: number, limit: number): string {
    const bids = undone(this.market.bids, this.#bids);
    const asks = undone(this.market.asks, this.#asks);
    return wholeBookEvent(this.market.instrument, { eventUs, last: this.#told, bids, asks }, limit);
  }
}

function* sizesOf(changes: ReadonlyMap<number, Change>): Generator<readonly [price: number, size: number]> {
  for (const [price, { size }] of changes) yield [price, size];
}

/** A copy of the side as it was before the changes. */
function undone(ladder: Ladder, changes: ReadonlyMap<number, Change>): Ladder {
  const copy = ladder.clone();
  for (const [price, { before }] of changes) copy.set(price, before);
  return copy;
}
