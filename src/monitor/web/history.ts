/**
 * What the store knows of a pair's past, for whoever scrolls back. Every value of a statement has been checked by its
 * schema before: names have no character that means anything in SQL, numbers are numbers.
 */

import { AppError } from '../../lib/app-error.ts';
import { assert } from '../../lib/assert.ts';
import { usFromRfc3339 } from '../../lib/times.ts';
import type { QueryResult } from '../../ports/store.ts';
import { HISTORY_SPAN_MS_MAX } from '../api/keys.ts';
import type { ScoredOrder } from '../api/order.ts';
import type {
  HistoryQuery,
  PairParams,
  QuotesAnswer,
  TradePoint,
  TradesAnswer,
  WhalesAnswer,
  WhalesQuery,
} from '../api/rest.ts';
import type { QuotePoint } from '../api/whales.ts';

export interface HistoryOptions {
  readonly query: (sql: string) => Promise<QueryResult>;
  /** Before the names of tables. */
  readonly tablePrefix: string;
}

interface Page {
  readonly fromMs: number;
  readonly toMs: number;
  readonly more: boolean;
}

type Row = Readonly<Record<string, unknown>>;

const HOUR_MS = 3600 * 1000;

export class History {
  private readonly options: HistoryOptions;

  constructor(options: HistoryOptions) {
    this.options = options;
  }

  async whales(pair: PairParams, query: WhalesQuery, nowMs: number): Promise<WhalesAnswer> {
    const { page, rows } = await this.read('new_orders', ORDER_COLUMNS, pair, query, {
      nowMs,
      where: `whale_score >= ${whole(query.minScore)}`,
    });
    return { ...page, orders: rows.map(orderOf) };
  }

  async quotes(pair: PairParams, query: HistoryQuery, nowMs: number): Promise<QuotesAnswer> {
    const { page, rows } = await this.read('spreads', 'ts, bid, ask, spread, spread_avg_15s', pair, query, { nowMs });
    return { ...page, quotes: rows.map(quoteOf) };
  }

  async trades(pair: PairParams, query: HistoryQuery, nowMs: number): Promise<TradesAnswer> {
    const columns = 'ts, trade_id, price, size, taker_side';
    const { page, rows } = await this.read('trades', columns, pair, query, { nowMs });
    return { ...page, trades: rows.map(tradeOf) };
  }

  /** The newest rows of the range, oldest first. */
  private async read(
    table: string,
    columns: string,
    { exchange, symbol }: PairParams,
    { from, to, limit }: HistoryQuery,
    { nowMs, where }: { readonly nowMs: number; readonly where?: string },
  ): Promise<{ page: Page; rows: Row[] }> {
    const toMs = to ?? Math.ceil(nowMs);
    const fromMs = from ?? Math.max(0, toMs - HOUR_MS);
    if (fromMs >= toMs || toMs - fromMs > HISTORY_SPAN_MS_MAX) {
      throw new AppError('monitor.bad-request', '`from` must lie before `to`, by 31 days at most', {
        remedy: 'Ask for a shorter range, and for the next one after it.',
      });
    }
    const conditions = [
      `exchange = ${text(exchange)}`,
      `symbol = ${text(symbol)}`,
      `ts >= ${time(fromMs)}`,
      `ts < ${time(toMs)}`,
      ...(where === undefined ? [] : [where]),
    ];
    const { columns: names, rows } = await this.options.query(
      `SELECT ${columns} FROM ${this.options.tablePrefix}${table} WHERE ${conditions.join(' AND ')} ` +
        `ORDER BY ts DESC LIMIT ${whole(limit) + 1}`,
    );
    const newest = rows.slice(0, limit).toReversed();
    return {
      page: { fromMs, toMs, more: rows.length > limit },
      rows: newest.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at]]))),
    };
  }
}

const ORDER_COLUMNS =
  'ts, epoch, seq, side, price, size, notional, whale_score, z, score_size, score_spread, score_mid, score_imbalance, ' +
  'spread_bps, mid_distance_bps, imbalance, orders, model';

function orderOf(row: Row): ScoredOrder {
  return {
    id: `${String(row['epoch'])}.${String(row['seq'])}`,
    timeMs: timeOf(row),
    side: row['side'] === 'ask' ? 'ask' : 'bid',
    price: numberOf(row['price']),
    size: numberOf(row['size']),
    notional: numberOf(row['notional']),
    score: orNull(row['whale_score']),
    z: orNull(row['z']),
    scoreSize: orNull(row['score_size']),
    scoreSpread: orNull(row['score_spread']),
    scoreMid: orNull(row['score_mid']),
    scoreImbalance: orNull(row['score_imbalance']),
    spreadBps: orNull(row['spread_bps']),
    midDistanceBps: orNull(row['mid_distance_bps']),
    imbalance: orNull(row['imbalance']),
    orders: orNull(row['orders']),
    model: typeof row['model'] === 'string' ? row['model'] : '',
  };
}

function quoteOf(row: Row): QuotePoint {
  const bid = numberOf(row['bid']);
  const ask = numberOf(row['ask']);
  return {
    timeMs: timeOf(row),
    bid,
    ask,
    mid: (bid + ask) / 2,
    spread: numberOf(row['spread']),
    spreadAvg15s: orNull(row['spread_avg_15s']),
  };
}

function tradeOf(row: Row): TradePoint {
  return {
    id: String(row['trade_id']),
    timeMs: timeOf(row),
    price: numberOf(row['price']),
    size: numberOf(row['size']),
    taker: row['taker_side'] === 'sell' ? 'sell' : 'buy',
  };
}

function timeOf(row: Row): number {
  return usFromRfc3339(String(row['ts'])) / 1000;
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number(value);
}

function orNull(value: unknown): number | null {
  return value === null || value === undefined ? null : numberOf(value);
}

/** A text of a statement. The schemas let no other characters through; this is the second door. */
function text(value: string): string {
  assert(/^[A-Za-z0-9.-]+$/.test(value), `${value} cannot be part of a statement`);
  return `'${value}'`;
}

function whole(value: number): number {
  assert(Number.isSafeInteger(value), `${value} cannot be part of a statement`);
  return value;
}

function time(ms: number): string {
  return `'${new Date(whole(ms)).toISOString()}'`;
}
