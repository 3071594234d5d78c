/**
 * One pair as Binance publishes it: every change of a level has an update id, changes are folded into depth events that
 * are contiguous (`U` is the previous `u` + 1), and snapshots carry the id up to which they are true.
 *
 * A journal of the latest changes lets the book be served as it was a while ago, for the fault of a stale snapshot.
 */

import { BID } from '../model/event.ts';
import { changedRows, depthEvent, snapshot, symbolOf, tickerEvent } from './binance-wire.ts';
import type { LevelChange, MarketAction, PairMarket } from './pair-market.ts';

const FIRST_UPDATE_ID = 1_000_000;
/** Changes that can be undone at least, once there were as many. */
const JOURNAL_LENGTH = 256;

export class BinanceBook {
  readonly symbol: string;
  readonly market: PairMarket;
  /** Id of the newest update. */
  #lastUpdateId = FIRST_UPDATE_ID;
  /** Id of the newest update that a depth event has told of. */
  #foldedUpdateId = FIRST_UPDATE_ID;
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();
  #journal: LevelChange[] = [];
  #touch = '';

  constructor(market: PairMarket) {
    this.market = market;
    this.symbol = symbolOf(market.instrument);
  }

  /** True where changes wait for the next depth event. */
  get isDirty(): boolean {
    return this.#lastUpdateId > this.#foldedUpdateId;
  }

  apply(action: MarketAction): void {
    for (const change of action.changes) {
      this.#lastUpdateId += 1;
      (change.side === BID ? this.#bids : this.#asks).set(change.price, change.size);
      this.#journal.push(change);
    }
    if (this.#journal.length > 2 * JOURNAL_LENGTH) this.#journal = this.#journal.slice(-JOURNAL_LENGTH);
  }

  /** A ticker where the best price or size of a side has changed since the last one. */
  takeTicker(): string | undefined {
    const { bids, asks, instrument } = this.market;
    const touch = `${bids.priceAt(0)}/${bids.sizeAt(0)}/${asks.priceAt(0)}/${asks.sizeAt(0)}`;
    if (touch === this.#touch) return undefined;
    this.#touch = touch;
    return tickerEvent(instrument, this.#lastUpdateId, bids, asks);
  }

  /** The depth event of all changes since the last one. */
  takeDepth(nowUs: number): string {
    const { instrument } = this.market;
    const text = depthEvent({
      symbol: this.symbol,
      eventMs: Math.floor(nowUs / 1_000),
      first: this.#foldedUpdateId + 1,
      last: this.#lastUpdateId,
      bids: changedRows(instrument, this.#bids),
      asks: changedRows(instrument, this.#asks),
    });
    this.skipDepth();
    return text;
  }

  /** Folds without telling, as nobody listens. */
  skipDepth(): void {
    this.#foldedUpdateId = this.#lastUpdateId;
    this.#bids.clear();
    this.#asks.clear();
  }

  /** The book of now. It may be ahead of the stream, by the changes not yet folded. */
  snapshot(limit: number): string {
    const { instrument, bids, asks } = this.market;
    return snapshot(instrument, { lastUpdateId: this.#lastUpdateId, bids, asks }, limit);
  }

  /** The book as it was before the changes in the journal, with the id of that moment: true, but old. */
  staleSnapshot(limit: number): string {
    const bids = this.market.bids.clone();
    const asks = this.market.asks.clone();
    for (const change of this.#journal.toReversed()) {
      (change.side === BID ? bids : asks).set(change.price, change.before);
    }
    const lastUpdateId = this.#lastUpdateId - this.#journal.length;
    return snapshot(this.market.instrument, { lastUpdateId, bids, asks }, limit);
  }
}
