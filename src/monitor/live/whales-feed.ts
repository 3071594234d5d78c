import { LARGEST_MAX } from '../api/keys.ts';
import type { WhalesView } from '../api/live.ts';
import type { WhalesSnapshot, WhalesUpdate } from '../api/whales.ts';
import type { MarketState } from '../state/market-state.ts';
import type { Bookmark, PairState } from '../state/pair-state.ts';
import type { LiveFeed } from './live-feed.ts';
import { RowFollower } from './row-follower.ts';

/** One pair, its orders from a minimum score on. */
export class WhalesFeed implements LiveFeed {
  readonly kind = 'whales';
  private readonly market: MarketState;
  private readonly pair: PairState;
  private readonly minScore: number | null;
  private readonly follower: RowFollower;
  private seen: Bookmark;

  constructor(market: MarketState, pair: PairState, { minScore }: WhalesView) {
    this.market = market;
    this.pair = pair;
    this.minScore = minScore;
    market.watch(pair);
    this.follower = new RowFollower(pair);
    this.seen = pair.bookmark();
  }

  advance(nowMs: number): WhalesUpdate | null {
    const { pair, seen } = this;
    pair.pass(nowMs * 1000);
    const market = this.follower.look();
    const now = pair.bookmark();
    const { orders, leftOut } = pair.ordersSince(seen, this.minScore);
    const quotes = pair.quotesSince(seen);
    const heat = pair.heatSince(seen);
    this.seen = now;
    const update: WhalesUpdate = {
      ...(market === null ? {} : { market }),
      ...(orders.length === 0 ? {} : { orders }),
      ...(leftOut === 0 ? {} : { ordersLeftOut: leftOut }),
      ...(now.largest === seen.largest ? {} : { largest: pair.largest().slice(0, LARGEST_MAX) }),
      ...(quotes.length === 0 ? {} : { quotes }),
      ...(heat.columns.length === 0 ? {} : { heat }),
    };
    return Object.keys(update).length === 0 ? null : update;
  }

  snapshot(): WhalesSnapshot {
    const { pair } = this;
    return {
      market: this.follower.row,
      orders: pair.ordersSince(null, this.minScore).orders,
      largest: pair.largest(),
      quotes: pair.quotesSince(null),
      heat: pair.heatSince(null),
    };
  }

  close(): void {
    this.market.unwatch(this.pair);
  }
}
