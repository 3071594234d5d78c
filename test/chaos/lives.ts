/**
 * Replays the raw archive of each life of an ingest thread by itself, whatever its end was, and holds that against what the
 * life wrote down of its events and against the tables. Of a thread that was killed the archive ends in the midst of a line,
 * and the bus may lack the last that the archive has: of each epoch what both have must be the same, row by row.
 */

import { verifyRun, type Replayed } from '../../src/app/replay/verify.ts';
import type { SizeModelChoice } from '../../src/app/size-model-choice.ts';
import { runReplay } from '../replay/run-replay.ts';
import { dump } from './tables.ts';

export interface LivesOptions {
  /** The directory of the archive. */
  readonly archive: string;
  readonly url: string;
  /** Prefix of the tables of the run, and of those that the replays fill. */
  readonly prefix: string;
  readonly replayed: string;
  readonly model: SizeModelChoice;
}

export interface LivesReport {
  readonly lives: number;
  /** Of them ended without a word, and of their archives broken off within a line. */
  readonly killed: number;
  readonly torn: number;
  /** Events that the marks of a life and its replay have alike. */
  readonly events: number;
  /** Rows of the tables that are those of the replays. */
  readonly rows: Readonly<Record<string, number>>;
  /** Rows that only the tables have, since they had not reached the archive, and that only the archive has. */
  readonly unarchived: number;
  readonly unstored: number;
  readonly faults: readonly string[];
}

export async function compareLives(options: LivesOptions): Promise<LivesReport> {
  const { archive, url, prefix, replayed, model } = options;
  let torn = 0;
  const { parts, first_difference: difference } = await verifyRun({
    run: archive,
    replay: async (captures) => {
      let recorded: Omit<Replayed, 'report'> = { blocks: [], scoreHashes: {} };
      const { report, malformed } = await runReplay(captures, {
        store: { kind: 'questdb', url, tablePrefix: replayed, ttlDays: null, orderChanges: true },
        ...{ model, analytics: null },
        onRecord: (record) => {
          recorded = record;
        },
      });
      torn += malformed.filter((words) => words.includes('break off')).length;
      return { report, ...recorded };
    },
  });
  // One at a time: the server exports few at once.
  const read = async (table: string, key: string, order: string): Promise<[string[], string[]]> => [
    await dump(url, `SELECT ${key}, * FROM ${prefix}${table} ORDER BY ${order}`),
    await dump(url, `SELECT ${key}, * FROM ${replayed}${table} ORDER BY ${order}`),
  ];
  const book = "exchange || ':' || symbol";
  const inOrder = await read('order_changes', `${book} || ' ' || epoch`, 'exchange, symbol, epoch, seq');
  const changes = compareStarts(...inOrder);
  const trades = compareCommon(...(await read('trades', `${book} || ' ' || trade_id`, 'exchange, symbol, ts')));
  return {
    lives: parts.length,
    killed: parts.filter(({ ended }) => !ended).length,
    torn,
    events: parts.reduce((sum, part) => sum + part.events, 0),
    rows: { order_changes: changes.same, trades: trades.same },
    unarchived: changes.unarchived + trades.unarchived,
    unstored: changes.unstored + trades.unstored,
    faults: [
      ...(difference === null ? [] : [`the replay of ${difference.part} differs: ${JSON.stringify(difference)}`]),
      ...changes.faults.map((words) => `order_changes: ${words}`),
      ...trades.faults.map((words) => `trades: ${words}`),
    ],
  };
}

export interface RowComparison {
  same: number;
  unarchived: number;
  unstored: number;
  readonly faults: string[];
}

/** Rows in their order, each behind its group: of each group one side is the beginning of the other, or all of it. */
export function compareStarts(stored: readonly string[], replayed: readonly string[]): RowComparison {
  const result: RowComparison = { same: 0, unarchived: 0, unstored: 0, faults: [] };
  const [ours, theirs] = [groupsOf(stored), groupsOf(replayed)];
  for (const group of new Set([...ours.keys(), ...theirs.keys()])) {
    const [some, others] = [ours.get(group) ?? [], theirs.get(group) ?? []];
    const common = Math.min(some.length, others.length);
    let at = 0;
    while (at < common && some[at] === others[at]) at++;
    result.same += at;
    if (at < common) result.faults.push(`${some[at]} is ${others[at]} in the replay`);
    result.unarchived += some.length - common;
    result.unstored += others.length - common;
  }
  return result;
}

/** Rows of a key that both have are the same. */
export function compareCommon(stored: readonly string[], replayed: readonly string[]): RowComparison {
  const result: RowComparison = { same: 0, unarchived: 0, unstored: 0, faults: [] };
  const theirs = new Map(replayed.map((row) => [keyOf(row), row]));
  for (const row of stored) {
    const other = theirs.get(keyOf(row));
    theirs.delete(keyOf(row));
    if (other === undefined) result.unarchived++;
    else if (other === row) result.same++;
    else result.faults.push(`${row} is ${other} in the replay`);
  }
  result.unstored = theirs.size;
  return result;
}

function groupsOf(rows: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row)) ?? [];
    groups.set(keyOf(row), group);
    group.push(row);
  }
  return groups;
}

function keyOf(row: string): string {
  return row.slice(0, row.indexOf(','));
}
