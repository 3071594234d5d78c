/** Answers of the REST API: the past, and the list of pairs. */

import type { PairsAnswer, QuotesAnswer, WhalesAnswer } from '../../src/monitor/api/rest.ts';
import type { PairName } from '../../src/monitor/api/keys.ts';

export interface RangeQuery {
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
}

export async function fetchPairs(): Promise<PairsAnswer> {
  return await get<PairsAnswer>('api/pairs');
}

/** @throws Error with the server's words, or `AbortError` */
export async function fetchOrders(
  pair: PairName,
  range: RangeQuery & { readonly minScore: number },
  signal: AbortSignal,
): Promise<WhalesAnswer> {
  return await get(`api/whales/${pathOf(pair)}?${queryOf(range)}&minScore=${range.minScore}`, signal);
}

/** @throws as `fetchOrders` */
export async function fetchQuotes(pair: PairName, range: RangeQuery, signal: AbortSignal): Promise<QuotesAnswer> {
  return await get(`api/quotes/${pathOf(pair)}?${queryOf(range)}`, signal);
}

function pathOf({ exchange, symbol }: PairName): string {
  return `${encodeURIComponent(exchange)}/${encodeURIComponent(symbol)}`;
}

function queryOf({ fromMs, toMs, limit }: RangeQuery): string {
  return `from=${Math.max(0, Math.floor(fromMs))}&to=${Math.max(0, Math.ceil(toMs))}&limit=${limit}`;
}

/** The answer is believed to be what the API says: it comes from the server of this page. */
async function get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  const response = await fetch(path, { headers: { accept: 'application/json' }, ...(signal ? { signal } : {}) });
  if (response.ok) return (await response.json()) as Answer;
  const problem = (await response.json().catch(() => null)) as { readonly message?: string } | null;
  throw new Error(problem?.message ?? `the server answers ${response.status}`);
}
