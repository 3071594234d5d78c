/**
 * One simulated pair: a limit-order book and the traders that move it. A hidden fair price walks at random; limit orders
 * arrive around it, orders are cancelled, and market orders push the touch towards it. The book is never crossed and
 * never empty, because each action is bounded by the book that it meets.
 *
 * Distances are measured in *gaps*, the usual distance between two levels, so that a pair with a fine tick and one with
 * a coarse tick behave alike.
 */

import { chance, exponential, int, normal, uniform, type Prng } from '../lib/prng.ts';
import { ASK, BID } from '../model/event.ts';
import type { SimInstrument } from './instrument.ts';
import { Ladder } from './ladder.ts';

/** One level of the book changed. Prices in ticks, sizes in lots. */
export interface LevelChange {
  readonly side: number;
  readonly price: number;
  /** Size now; 0 where the level is gone. */
  readonly size: number;
  readonly before: number;
}

export interface MarketTrade {
  /** Grows by one per trade of the pair, from 1. */
  readonly id: number;
  readonly price: number;
  readonly size: number;
  readonly takerSide: 'buy' | 'sell';
}

/** What happened at one moment, whole: the book is uncrossed before and after. Changes touch each level at most once. */
export interface MarketAction {
  readonly market: PairMarket;
  readonly exchangeUs: number;
  readonly changes: readonly LevelChange[];
  readonly trades: readonly MarketTrade[];
}

/** An order that stands out, as it was placed. */
export interface PlacedWhale {
  readonly side: number;
  readonly price: number;
  readonly size: number;
  /** Deviations above the mean of ln(size) of this pair's ordinary orders. */
  readonly sigma: number;
}

/** Level spacing as a share of the price. */
const GAP_SHARE = 2.5e-5;
/** Deviation of the fair price per action, in gaps. */
const DRIFT_GAPS = 0.4;
/** The fair price stays within this factor of where it began, so that integers stay in range for ever. */
const FAIR_RANGE = 4;
const MARKET_ORDER_SHARE = 0.06;
/** The share when the fair price has left the spread: somebody takes the bargain. */
const MARKET_ORDER_SHARE_PRESSED = 0.35;
const FLEETING_ORDER_SHARE = 0.03;
/** No action takes a side below this many levels. */
export const LEVELS_MIN = 12;
/** How long nothing touches a whale, so that it is on show for longer than any venue's update interval. */
const WHALE_REST_US = 250_000;
const WHALE_RANK_MAX = 6;

export class PairMarket {
  readonly instrument: SimInstrument;
  /** Place of the pair in its market. */
  readonly index: number;
  readonly bids = new Ladder(BID);
  readonly asks = new Ladder(ASK);
  /** When the book last changed. */
  changedUs: number;
  readonly #prng: Prng;
  readonly #levelsWanted: number;
  readonly #gap: number;
  #fair: number;
  #tradeId = 0;
  /** Levels that are left alone for now. */
  #resting: { side: number; price: number; untilUs: number }[] = [];
  /** Of the action being made. */
  #changes: LevelChange[] = [];
  #trades: MarketTrade[] = [];

  constructor(instrument: SimInstrument, index: number, levelsWanted: number, prng: Prng, startUs: number) {
    this.instrument = instrument;
    this.index = index;
    this.#prng = prng;
    this.#levelsWanted = levelsWanted;
    this.#fair = instrument.startTicks;
    this.#gap = Math.max(1, instrument.startTicks * GAP_SHARE);
    this.changedUs = startUs;
    this.#fill(this.bids);
    this.#fill(this.asks);
  }

  /** Lets one trader act and tells `emit` what it did: mostly one action, at times none or two. */
  act(nowUs: number, emit: (action: MarketAction) => void): void {
    this.#drift();
    const bestBid = this.bids.priceAt(0) ?? 0;
    const bestAsk = this.asks.priceAt(0) ?? 0;
    const pressed = this.#fair < bestBid || this.#fair > bestAsk;
    const marketShare = pressed ? MARKET_ORDER_SHARE_PRESSED : MARKET_ORDER_SHARE;
    const draw = uniform(this.#prng);
    if (draw < marketShare) {
      this.#takeLiquidity((this.#fair - (bestBid + bestAsk) / 2) / this.#gap, nowUs);
    } else if (draw < marketShare + FLEETING_ORDER_SHARE) {
      this.#showBriefly(nowUs, emit);
    } else {
      this.#makeOrCancel(nowUs);
    }
    this.#commit(nowUs, emit);
  }

  /** Places an order some sigma above normal near the touch; nothing else touches its level for a while. */
  placeWhale(nowUs: number, sigma: number, emit: (action: MarketAction) => void): PlacedWhale {
    const ladder = this.#anySide();
    const rank = int(this.#prng, 0, Math.min(WHALE_RANK_MAX, ladder.length - 1));
    const price = ladder.priceAt(rank) ?? this.instrument.startTicks;
    const size = Math.round(Math.exp(this.instrument.sizeMu + sigma * this.instrument.sizeSigma));
    this.#set(ladder, price, ladder.sizeOf(price) + size);
    this.#resting = this.#resting.filter(({ untilUs }) => nowUs < untilUs);
    this.#resting.push({ side: ladder.side, price, untilUs: nowUs + WHALE_REST_US });
    this.#commit(nowUs, emit);
    return { side: ladder.side, price, size, sigma };
  }

  #fill(ladder: Ladder): void {
    const away = ladder.side === BID ? -1 : 1;
    let price = Math.round(this.#fair) + away;
    for (let i = 0; i < this.#levelsWanted && price >= 1; i++) {
      ladder.set(price, this.#orderSize());
      price += away * (1 + Math.floor(exponential(this.#prng, this.#gap)));
    }
  }

  #drift(): void {
    const start = this.instrument.startTicks;
    const fair = this.#fair + normal(this.#prng) * DRIFT_GAPS * this.#gap;
    this.#fair = Math.min(start * FAIR_RANGE, Math.max(start / FAIR_RANGE, fair));
  }

  /** Adds a limit order or cancels one, whichever brings the number of levels nearer to the wanted one. */
  #makeOrCancel(nowUs: number): void {
    const ladder = this.#anySide();
    const lacking = (this.#levelsWanted - ladder.length) / this.#levelsWanted;
    const addShare = Math.min(0.95, Math.max(0.05, 0.5 + lacking));
    if (chance(this.#prng, addShare)) this.#add(ladder, nowUs);
    else this.#cancel(ladder, nowUs);
  }

  #add(ladder: Ladder, nowUs: number): void {
    const price = this.#limitPrice(ladder);
    if (this.#isResting(ladder, price, nowUs)) return;
    this.#set(ladder, price, ladder.sizeOf(price) + this.#orderSize());
  }

  /** A price around the fair one, mostly near it, that does not cross the book. */
  #limitPrice(ladder: Ladder): number {
    const reach = chance(this.#prng, 0.7) ? 2 : this.#levelsWanted / 2;
    const distance = this.#gap / 2 + exponential(this.#prng, reach * this.#gap);
    if (ladder.side === BID) {
      return Math.max(1, Math.min(Math.floor(this.#fair - distance), (this.asks.priceAt(0) ?? Infinity) - 1));
    }
    return Math.max(Math.ceil(this.#fair + distance), (this.bids.priceAt(0) ?? 0) + 1);
  }

  #cancel(ladder: Ladder, nowUs: number): void {
    if (ladder.length <= LEVELS_MIN) return;
    const near = chance(this.#prng, 0.6);
    const drawn = near ? Math.floor(exponential(this.#prng, 6)) : int(this.#prng, 0, ladder.length - 1);
    const price = ladder.priceAt(Math.min(drawn, ladder.length - 1));
    if (price === undefined || this.#isResting(ladder, price, nowUs)) return;
    const left = chance(this.#prng, 0.6) ? 0 : Math.floor(ladder.sizeOf(price) * uniform(this.#prng));
    this.#set(ladder, price, left);
  }

  /**
   * An order that is withdrawn at once, in two actions. It comes and goes within a venue's update interval, which is
   * how removals of levels arise that nobody was ever shown.
   */
  #showBriefly(nowUs: number, emit: (action: MarketAction) => void): void {
    const ladder = this.#anySide();
    const price = this.#limitPrice(ladder);
    if (ladder.sizeOf(price) > 0) return;
    this.#set(ladder, price, this.#orderSize());
    this.#commit(nowUs, emit);
    this.#set(ladder, price, 0);
  }

  /** A market order: buys the more likely, the further the fair price is above the mid (`pull`, in gaps). */
  #takeLiquidity(pull: number, nowUs: number): void {
    const buys = chance(this.#prng, Math.min(0.95, Math.max(0.05, 0.5 + pull / 4)));
    const ladder = buys ? this.asks : this.bids;
    if (this.#resting.some(({ side, untilUs }) => side === ladder.side && nowUs < untilUs)) return;
    let left = this.#orderSize();
    while (left > 0 && ladder.length > LEVELS_MIN) {
      const price = ladder.priceAt(0);
      if (price === undefined) break;
      const size = Math.min(left, ladder.sizeAt(0));
      this.#tradeId += 1;
      this.#trades.push({ id: this.#tradeId, price, size, takerSide: buys ? 'buy' : 'sell' });
      this.#set(ladder, price, ladder.sizeAt(0) - size);
      left -= size;
    }
  }

  #set(ladder: Ladder, price: number, size: number): void {
    const before = ladder.set(price, size);
    this.#changes.push({ side: ladder.side, price, size, before });
  }

  #commit(nowUs: number, emit: (action: MarketAction) => void): void {
    if (this.#changes.length === 0) return;
    const action = { market: this, exchangeUs: nowUs, changes: this.#changes, trades: this.#trades };
    this.#changes = [];
    this.#trades = [];
    this.changedUs = nowUs;
    emit(action);
  }

  #anySide(): Ladder {
    return chance(this.#prng, 0.5) ? this.bids : this.asks;
  }

  /** Size of an ordinary order in lots, at least one. */
  #orderSize(): number {
    const { sizeMu, sizeSigma } = this.instrument;
    return Math.max(1, Math.round(Math.exp(sizeMu + sizeSigma * normal(this.#prng))));
  }

  #isResting(ladder: Ladder, price: number, nowUs: number): boolean {
    return this.#resting.some(
      (resting) => nowUs < resting.untilUs && resting.side === ladder.side && resting.price === price,
    );
  }
}
