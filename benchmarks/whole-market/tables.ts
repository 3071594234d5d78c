/** What is in the tables, asked of QuestDB itself. */

import { QuestDbHttp } from '../../src/storage/questdb-http.ts';
import type { Tally } from './tally.ts';
import { emptyTally } from './tally.ts';

export interface RowCounts {
  readonly order_changes: number;
  readonly new_orders: number;
  readonly trades: number;
}

export interface Amplification {
  readonly p50: number;
  readonly max: number;
}

const COUNTED = ['order_changes', 'new_orders', 'trades'] as const;

export class Tables {
  private readonly http: QuestDbHttp;

  constructor(url: string) {
    this.http = new QuestDbHttp({ url, requestTimeoutMs: 120_000 });
  }

  /** Rows that a query sees now. */
  async counts(): Promise<RowCounts> {
    const counted = await Promise.all(COUNTED.map((table) => this.http.exec(`SELECT count() FROM ${table}`)));
    const [order_changes = 0, new_orders = 0, trades = 0] = counted.map(({ rows }) => Number(rows[0]?.[0]));
    return { order_changes, new_orders, trades };
  }

  /** By pair. Rows of books that were not live, or of levels that were not known, are left out: there are to be none. */
  async tallies(): Promise<Map<string, Tally>> {
    const tallies = new Map<string, Tally>();
    const add = (rows: readonly (readonly unknown[])[], fields: readonly (keyof Tally)[]): void => {
      for (const [symbol, ...values] of rows) {
        const tally = tallies.get(String(symbol)) ?? emptyTally();
        tallies.set(String(symbol), tally);
        fields.forEach((field, at) => (tally[field] = Number(values[at])));
      }
    };
    const changes =
      "SELECT symbol, count(), ksum(price), ksum(size) FROM order_changes WHERE kind = 'known' AND book_state = 'live'";
    const trades = 'SELECT symbol, count(), ksum(size) FROM trades';
    add((await this.http.exec(changes)).rows, ['changes', 'prices', 'sizes']);
    add((await this.http.exec('SELECT symbol, count() FROM new_orders')).rows, ['newOrders']);
    add((await this.http.exec(trades)).rows, ['trades', 'tradedSizes']);
    return tallies;
  }

  /** By table, over its transactions since the server's start. */
  async writeAmplification(): Promise<Record<string, Amplification>> {
    const names = COUNTED.map((table) => `'${table}'`).join(', ');
    const sql = `SELECT table_name, table_write_amp_p50, table_write_amp_max FROM tables() WHERE table_name IN (${names})`;
    const { rows } = await this.http.exec(sql);
    return Object.fromEntries(rows.map(([table, p50, max]) => [String(table), { p50: Number(p50), max: Number(max) }]));
  }

  close(): void {
    this.http.close();
  }
}
