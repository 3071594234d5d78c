/** The pairs that there are, for choosing one. */

import type { MarketRow } from '../../src/monitor/api/market.ts';
import { fetchPairs } from './rest.ts';
import { pairKey } from '../../src/monitor/api/keys.ts';

const FRESH_MS = 10_000;
const RETRY_MS = 2000;

export class Pairs {
  rows: readonly MarketRow[] = [];
  private readonly changed: () => void;
  private askedMs = -Infinity;
  private asking = false;

  constructor(changed: () => void) {
    this.changed = changed;
  }

  find(key: string): MarketRow | undefined {
    return this.rows.find((row) => pairKey(row) === key);
  }

  /** Asks the server, unless it has just been asked. Without an answer it asks again until there is one. */
  refresh(): void {
    if (this.asking || performance.now() - this.askedMs < FRESH_MS) return;
    this.asking = true;
    void this.ask();
  }

  private async ask(): Promise<void> {
    try {
      this.rows = (await fetchPairs()).pairs;
      this.askedMs = performance.now();
      this.asking = false;
      this.changed();
    } catch {
      // The connection's own state tells the user that the server is away.
      setTimeout(() => void this.ask(), RETRY_MS);
    }
    if (this.rows.length === 0) this.askedMs = -Infinity;
  }
}
