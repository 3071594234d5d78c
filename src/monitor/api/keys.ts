/** What server and page must agree on besides the schemas. It imports nothing at run time, so that a page stays small. */

import type { LiveView } from './live.ts';

/** The highest score of an order. */
export const SCORE_MAX = 6;

/** Points of a sparkline, at most. */
export const SPARK_POINTS = 60;
/** Event time between two points of a sparkline. */
export const SPARK_STEP_MS = 5000;

/** Of each list the snapshot of a pair holds so many, at most; a page that appends updates may keep as many. */
export const ORDERS_MAX = 400;
export const LARGEST_MAX = 20;
export const QUOTES_MAX = 600;
export const HEAT_COLUMNS_MAX = 300;

/** Longest message of a client, bytes. */
export const CLIENT_MESSAGE_BYTES_MAX = 4096;
/** A connection that has carried nothing for three of these is dead. */
export const HEARTBEAT_MS = 2000;
/** Views that one client may have at a time. */
export const VIEWS_PER_CLIENT_MAX = 8;

/** Codes with which the server closes a connection; the reason says it in words. */
export const CLOSE_CODES = {
  /** The server stops, or its thread starts anew: connect again. */
  goingAway: 1001,
  /** A message was longer than 4 KiB. */
  tooBig: 1009,
  /** A message that is no message of a client. */
  malformed: 4400,
  /** The client read too slowly for too long: connect again. */
  tooSlow: 4408,
  /** More messages than a person would send. */
  tooManyMessages: 4429,
  /** As many clients as there may be are here. */
  tooManyClients: 4503,
} as const;

/** Rows of one answer of the history, at most, and the longest span of time that one may ask for. */
export const HISTORY_ROWS_MAX = 5000;
export const HISTORY_SPAN_MS_MAX = 31 * 24 * 3600 * 1000;

/** What names a pair. */
export interface PairName {
  readonly exchange: string;
  readonly symbol: string;
}

/** The key of a pair in lists and maps: `exchange:BASE-QUOTE`. */
export function pairKey({ exchange, symbol }: PairName): string {
  return `${exchange}:${symbol}`;
}

/** Names a view: `markets`, `system`, `whales:kraken:BTC-USD:3` or, for all orders, `whales:kraken:BTC-USD:all`. */
export function viewKey(view: LiveView): string {
  if (view.kind !== 'whales') return view.kind;
  return `whales:${pairKey(view)}:${view.minScore ?? 'all'}`;
}
