/** The rows of all markets as they change, while somebody looks at them. */

import type { MarketRow } from '../../src/monitor/api/market.ts';
import type { LiveClient } from './live-client.ts';
import { changedRow } from './market-row.ts';
import { pairKey } from '../../src/monitor/api/keys.ts';

export class MarketsFeed {
  readonly rows = new Map<string, MarketRow>();
  /** True from the first snapshot on. */
  ready = false;
  /** Points from which an order is counted as a whale's. */
  whaleScoreMin = 4;
  private readonly client: LiveClient;
  private readonly changed: (row: MarketRow | null) => void;
  private leave: (() => void) | null = null;

  /** @param changed called with each row that has changed, and with null behind each message */
  constructor(client: LiveClient, changed: (row: MarketRow | null) => void) {
    this.client = client;
    this.changed = changed;
  }

  start(): void {
    this.leave ??= this.client.subscribe({ kind: 'markets' } as const, {
      snapshot: ({ rows, whaleScoreMin }) => {
        this.rows.clear();
        for (const row of rows) this.rows.set(pairKey(row), row);
        this.whaleScoreMin = whaleScoreMin;
        this.ready = true;
        this.changed(null);
      },
      update: ({ rows }) => {
        for (const change of rows) {
          const key = pairKey(change);
          const known = this.rows.get(key);
          // Rows of pairs that were not there before are whole.
          const row = known === undefined ? (change as MarketRow) : changedRow(known, change);
          this.rows.set(key, row);
          this.changed(row);
        }
        this.changed(null);
      },
      refused: () => {},
    });
  }

  stop(): void {
    this.leave?.();
    this.leave = null;
  }
}
