/** What a whole run says of itself in the end, beside its raw archive: one file of JSON per run. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

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
  events: z.record(z.string(), z.number()),
  scores: z.record(z.string(), z.number()),
  books: z.record(z.string(), z.object({ hash: z.string(), events: z.number() })),
  score_hashes: z.record(z.string(), z.string()),
});

export type RunFile = z.infer<typeof runFile>;

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
