/**
 * One product as Coinbase Exchange publishes it. Changes of the book gather until the batch goes out; a snapshot is the
 * book of the last batch, so that the next one goes on from it. Book frames have no number; the product's own count, which
 * trades and heartbeats tell, also counts what only the closed channels show.
 */

import { BID } from '../model/event.ts';
import type { Match } from './coinbase-wire.ts';
import { bookAnswer, heartbeatFrame, snapshotFrame, updateFrame } from './coinbase-wire.ts';
import type { LevelChange, MarketAction, PairMarket } from './pair-market.ts';

const FIRST_SEQUENCE = 90_000_000;

export class CoinbaseBook {
  /** The name on the wire: `BTC-USD`. */
  readonly product: string;
  readonly market: PairMarket;
  /** The last trade; undefined before the first. */
  lastMatch: Match | undefined;
  #sequence = FIRST_SEQUENCE;
  #pending: LevelChange[] = [];
  /** When the last batch was closed. */
  #batchUs: number;

  constructor(market: PairMarket) {
    this.market = market;
    this.product = market.instrument.pair;
    this.#batchUs = market.changedUs;
  }

  /** Takes an action in. @returns its trades, numbered */
  apply({ market, exchangeUs, changes, trades }: MarketAction): Match[] {
    const { instrument, index } = market;
    const matches = trades.map((trade) => ({
      ...{ instrument, trade, exchangeUs, product: index },
      sequence: ++this.#sequence,
    }));
    this.lastMatch = matches.at(-1) ?? this.lastMatch;
    this.#sequence += changes.length;
    for (const change of changes) this.#pending.push(change);
    return matches;
  }

  /** Closes the batch. @returns its frame; undefined where nothing has changed */
  takeBatch(nowUs: number): string | undefined {
    const changes = this.#pending;
    this.#pending = [];
    this.#batchUs = nowUs;
    return changes.length === 0 ? undefined : updateFrame(this.market.instrument, changes, nowUs);
  }

  /** The book of the last batch. */
  snapshot(): string {
    const bids = this.market.bids.clone();
    const asks = this.market.asks.clone();
    for (const { side, price, before } of this.#pending.toReversed()) (side === BID ? bids : asks).set(price, before);
    return snapshotFrame(this.market.instrument, { bids, asks }, this.#batchUs);
  }

  /** The book as it is, with what the next batch will tell. */
  restBook(nowUs: number): string {
    return bookAnswer(this.market.instrument, this.market, { sequence: this.#sequence, nowUs });
  }

  heartbeat(nowUs: number): string {
    const lastTradeId = this.lastMatch?.trade.id ?? 0;
    return heartbeatFrame({ product: this.product, sequence: this.#sequence, lastTradeId, exchangeUs: nowUs });
  }
}
