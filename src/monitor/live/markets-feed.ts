import type { MarketChange, MarketRow, MarketsSnapshot, MarketsUpdate } from '../api/market.ts';
import type { MarketState } from '../state/market-state.ts';
import type { LiveFeed } from './live-feed.ts';
import { RowFollower } from './row-follower.ts';

/** The table of all pairs. */
export class MarketsFeed implements LiveFeed {
  readonly kind = 'markets';
  private readonly market: MarketState;
  /** In the order of the market's pairs. */
  private readonly followers: RowFollower[] = [];

  constructor(market: MarketState) {
    this.market = market;
  }

  advance(nowMs: number): MarketsUpdate | null {
    const rows: (MarketChange | MarketRow)[] = [];
    const { pairs } = this.market;
    for (const [at, pair] of pairs.entries()) {
      pair.pass(nowMs * 1000);
      const follower = this.followers[at];
      if (follower === undefined) {
        const begun = new RowFollower(pair);
        this.followers.push(begun);
        rows.push(begun.row);
      } else {
        const change = follower.look();
        if (change !== null) rows.push(change);
      }
    }
    return rows.length === 0 ? null : { rows };
  }

  snapshot(): MarketsSnapshot {
    return { whaleScoreMin: this.market.whaleScoreMin, rows: this.followers.map(({ row }) => row) };
  }

  close(): void {
    this.followers.length = 0;
  }
}
