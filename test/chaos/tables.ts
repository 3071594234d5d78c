/** Tables of QuestDB, read whole and compared row by row. */

import { keysOf } from '../../src/storage/tables.ts';
import { MARKET_AND_RESULT_TABLES } from '../fixtures/table-digests.ts';

export interface TableComparison {
  readonly rows: Readonly<Record<string, number>>;
  /** The first rows of each table that only one side has. */
  readonly differences: readonly string[];
}

const SHOWN = 3;

/** Rows of a query, as QuestDB writes them. */
export async function dump(url: string, query: string): Promise<string[]> {
  const answer = await fetch(`${url}/exp?${new URLSearchParams({ query, nm: 'true' }).toString()}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`no answer to ${query}: ${text}`);
  return text.split('\r\n').filter((line) => line !== '');
}

/** Runs a statement that is no query, which the way of `dump` does not take. */
export async function execute(url: string, query: string): Promise<void> {
  const answer = await fetch(`${url}/exec?${new URLSearchParams({ query }).toString()}`);
  if (!answer.ok) throw new Error(`no answer to ${query}: ${await answer.text()}`);
}

/** Compares the market and result tables of two prefixes. */
export async function compareTables(url: string, prefix: string, other: string): Promise<TableComparison> {
  const rows: Record<string, number> = {};
  const differences: string[] = [];
  for (const name of MARKET_AND_RESULT_TABLES) {
    const order = keysOf(name).join(', ');
    const ours = await dump(url, `SELECT * FROM ${prefix}${name} ORDER BY ${order}`);
    const theirs = await dump(url, `SELECT * FROM ${other}${name} ORDER BY ${order}`);
    rows[name] = ours.length;
    differences.push(
      ...surplus(ours, theirs).map((row) => `${name}, only in ${prefix}: ${row}`),
      ...surplus(theirs, ours).map((row) => `${name}, only in ${other}: ${row}`),
    );
  }
  return { rows, differences };
}

/** A few rows that `from` has more often than `than`. */
function surplus(from: readonly string[], than: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const row of than) left.set(row, (left.get(row) ?? 0) + 1);
  const found: string[] = [];
  for (const row of from) {
    const count = left.get(row) ?? 0;
    left.set(row, count - 1);
    if (count <= 0) found.push(row);
  }
  return found.length > SHOWN ? [`(${found.length} rows)`, ...found.slice(0, SHOWN)] : found;
}
