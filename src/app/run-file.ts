/** What a whole run says of itself in the end, beside its raw archive: one file of JSON per run. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

import type { SizeModelChoice } from './size-model-choice.ts';
import type { ScoringReport } from './threads/scoring.protocol.ts';

const runFile = z.object({
  run: z.literal(1),
  started_us: z.number(),
  ended_us: z.number(),
  /** How often threads of a role died: what scoring knew died with it, unless it was saved. */
  deaths: z.record(z.string(), z.number()),
  model: z.object({
    name: z.string(),
    halfLifeS: z.number(),
    minOrders: z.number(),
    overrides: z.array(z.string()).optional(),
    files: z.array(z.string()).optional(),
  }),
  /** Whether scoring went on from a saved state: what follows then counts from the beginning of that. */
  resumed: z.boolean(),
  events: z.record(z.string(), z.number()),
  scores: z.record(z.string(), z.number()),
  books: z.record(z.string(), z.object({ hash: z.string(), events: z.number() })),
  score_hashes: z.record(z.string(), z.string()),
});

export type RunFile = z.infer<typeof runFile>;

/** What the scoring shards of a run have to say, together. */
export function summaryOf(
  run: Pick<RunFile, 'run' | 'started_us' | 'ended_us' | 'deaths'>,
  { overrides = [], files = [], ...model }: SizeModelChoice,
  scoring: readonly ScoringReport[],
): RunFile {
  return {
    ...run,
    model: { ...model, overrides: [...overrides], files: [...files] },
    resumed: scoring.some(({ resumed }) => resumed),
    events: addUp(scoring.map(({ events }) => events)),
    scores: addUp(scoring.map(({ scores }) => scores)),
    books: Object.assign({}, ...scoring.map(({ books }) => books)) as RunFile['books'],
    score_hashes: Object.assign({}, ...scoring.map(({ scoreHashes }) => scoreHashes)) as RunFile['score_hashes'],
  };
}

function addUp(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const record of records) {
    for (const [key, value] of Object.entries(record)) total[key] = (total[key] ?? 0) + value;
  }
  return total;
}

const NAME = /^run-\d+\.json$/;

/** @throws as the system does */
export function writeRunFile(dir: string, run: RunFile): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, `run-${run.started_us}.json`), `${JSON.stringify(run)}\n`);
}

/** The runs that ended in good order, oldest first. What is no such file is passed by. */
export function readRunFiles(dir: string): RunFile[] {
  return readdirSync(dir)
    .filter((name) => NAME.test(name))
    .flatMap((name) => {
      const parsed = runFile.safeParse(parse(readFileSync(join(dir, name), 'utf8')));
      return parsed.success ? [parsed.data] : [];
    })
    .sort((one, other) => one.started_us - other.started_us);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
