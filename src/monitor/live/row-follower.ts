import type { MarketChange, MarketRow } from '../api/market.ts';
import type { PairState } from '../state/pair-state.ts';
import { changedFields } from './changes.ts';

/** Follows the row of one pair: what of it has changed since the last look. */
export class RowFollower {
  /** As of the last look. */
  row: MarketRow;
  private readonly pair: PairState;
  private version: number;
  private sparkCount: number;

  constructor(pair: PairState) {
    this.pair = pair;
    this.row = pair.row();
    this.version = pair.version;
    this.sparkCount = pair.sparkCount;
  }

  /** Null where nothing has. */
  look(): MarketChange | null {
    const { pair } = this;
    if (pair.version === this.version) return null;
    this.version = pair.version;
    const before = this.row;
    this.row = pair.row();
    const points = pair.sparkSince(this.sparkCount);
    this.sparkCount = pair.sparkCount;
    // A sparkline is told by its new points.
    const changed = changedFields({ ...before, spark: [] }, { ...this.row, spark: points });
    if (changed === null) return null;
    return { ...changed, exchange: pair.exchange, symbol: pair.symbol };
  }
}
