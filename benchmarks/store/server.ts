/** The QuestDB server that the cases write to. */

import { readFileSync } from 'node:fs';

import { startQuestDb } from '../../scripts/services/questdb-server.ts';
import { findKillablePrograms, URL_VARIABLES } from '../../scripts/services/start-services.ts';
import { QuestDbStore } from '../../src/storage/questdb-store.ts';
import { BenchmarkError } from '../harness/benchmark-error.ts';

export interface StoreServer {
  readonly url: string;
  /** Null for a server that was there already: nobody knows its process. */
  readonly pid: number | null;
  stop(): Promise<void>;
}

/**
 * The server that the environment names, else one of our own.
 * @throws BenchmarkError where none can be had
 */
export async function storeServer(): Promise<StoreServer> {
  const given = process.env[URL_VARIABLES.questdb] ?? '';
  if (given !== '') return { url: given, pid: null, stop: async () => {} };
  const { questdb } = await findKillablePrograms();
  if (questdb === null) {
    const remedy = 'Run `node scripts/services.ts install`; it says what is missing.';
    throw new BenchmarkError('benchmark.unexpected', 'QuestDB cannot be had as a process of its own', remedy);
  }
  const { url, process: server } = await startQuestDb(questdb);
  return { url, pid: server.pid, stop: () => server.stop() };
}

/** Drops every table whose name begins so. @throws StoreError */
export async function dropTables(url: string, prefix: string): Promise<void> {
  const store = new QuestDbStore({ url });
  const { rows } = await store.query(`SELECT table_name FROM tables() WHERE starts_with(table_name, '${prefix}')`);
  for (const [name] of rows) await store.query(`DROP TABLE "${String(name)}"`);
  await store.close();
}

/** The kernel's interface has had this value on every platform that Node runs on. */
const TICK_MS = 10;
/** Behind the name, which stands in brackets and may hold anything, the state is field 0 (`man 5 proc`). */
const UTIME = 11;
const STIME = 12;

/** Processor time of a process so far, ms; null where the kernel does not tell. */
export function processorMs(pid: number): number | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // Linux alone has it.
    return null;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME]) + Number(fields[STIME])) * TICK_MS;
}
