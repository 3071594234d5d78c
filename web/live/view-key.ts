/** What the pages need of the API at run time, without its schemas: those are for who does not trust what it hears. */

import type { LiveView } from '../../src/monitor/api/live.ts';
import type { PairName } from '../../src/monitor/api/values.ts';

export const HEARTBEAT_MS = 2000;
export const SCORE_MAX = 6;
export const SPARK_POINTS = 60;

export function pairKey({ exchange, symbol }: PairName): string {
  return `${exchange}:${symbol}`;
}

/** The pair of a key; null where it is none. */
export function pairOfKey(key: string): PairName | null {
  const [exchange, symbol] = key.split(':');
  return exchange && symbol ? { exchange, symbol } : null;
}

export function viewKey(view: LiveView): string {
  return view.kind === 'whales' ? `whales:${pairKey(view)}:${view.minScore ?? 'all'}` : view.kind;
}
