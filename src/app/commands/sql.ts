/** `whalewatch sql "…"`: asks the store; through the program that runs here, where rows are in an embedded file, which only it may read. */

import { existsSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import type { Command } from 'commander';
import { z } from 'zod';
import { AppError } from '../../lib/app-error.ts';
import { readOnlyStatement } from '../../monitor/read-only-sql.ts';
import type { QueryResult } from '../../ports/store.ts';
import { openStore } from '../../storage/open-store.ts';
import { storeOptions } from '../adapters.ts';
import type { CommonOptions } from '../cli.ts';
import { configOf, print, withCommonOptions } from '../cli.ts';
import type { Config } from '../config.ts';
import { withField } from '../server-field.ts';
import { textTable } from '../text-table.ts';

const TIMEOUT_MS = 60_000;
const queryResult = z.object({ columns: z.array(z.string()), rows: z.array(z.array(z.unknown())) });

export function addSql(program: Command): void {
  withCommonOptions(
    program
      .command('sql')
      .description('run one reading SQL statement on the store')
      .argument('<statement>', 'SELECT, WITH, SHOW, DESCRIBE or EXPLAIN'),
  ).action(async (statement: string, options: CommonOptions, command: Command) => {
    const config = configOf(command);
    const sql = readOnlyStatement(statement);
    const result = await askRows(config, sql);
    print(options.json === true ? JSON.stringify(objectsOf(result)) : textTable(result));
  });
}

/** The answer to a reading statement, from the run on this machine or else from the store itself. */
export async function askRows(config: Config, sql: string): Promise<QueryResult> {
  const isEmbedded = config.store.kind === 'duckdb';
  return (isEmbedded ? await askSupervisor(config, sql) : null) ?? askStore(config, sql);
}

/** The answer of a supervisor that runs here; null where none does. @throws AppError in the supervisor's words */
async function askSupervisor({ http }: Config, sql: string): Promise<QueryResult | null> {
  let response: Response;
  try {
    response = await fetch(`http://${hostOf(http)}:${http.port}/sql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sql }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    // Nobody listens there: the store is asked itself.
    return null;
  }
  const answer: unknown = await response.json().catch(() => null);
  // Something else may listen on that port.
  if (response.ok) return queryResult.safeParse(answer).data ?? null;
  if (isProblem(answer)) {
    const { code, message, remedy } = answer;
    throw new AppError(code, message, remedy === undefined ? {} : { remedy });
  }
  return null;
}

/** Where the program on this machine answers: what listens everywhere listens on loopback too. */
function hostOf({ host }: Config['http']): string {
  const local = new Map([
    ['0.0.0.0', '127.0.0.1'],
    ['::', '::1'],
  ]).get(host);
  const address = local ?? host;
  return isIPv6(address) ? `[${address}]` : address;
}

function isProblem(answer: unknown): answer is { code: string; message: string; remedy?: string } {
  return typeof answer === 'object' && answer !== null && 'code' in answer && 'message' in answer;
}

async function askStore(config: Config, sql: string): Promise<QueryResult> {
  const options = storeOptions(config, { ttl: false });
  if (options === null) {
    throw new AppError('store.none', 'store.kind is none: no rows are kept', {
      remedy: 'set store.kind to duckdb or questdb',
    });
  }
  if (options.kind === 'duckdb' && !existsSync(options.path)) {
    throw new AppError('store.absent', `store.duckdbPath: there is no ${options.path}, and no supervisor runs here`, {
      remedy: 'run `whalewatch run` or `replay --store duckdb` first, or name another file',
    });
  }
  const store = await openStore(options).catch((error: unknown) => {
    throw withField(error, config);
  });
  try {
    return await store.query(sql);
  } finally {
    await store.close();
  }
}

export function objectsOf({ columns, rows }: QueryResult): unknown[] {
  return rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at] ?? null])));
}
