/**
 * Simulated worlds, each from its seed:
 *
 *     npm run simulate:seeds -- [--seeds N] [--base TEXT] [--workers N]    many worlds, one after another
 *     npm run simulate:seeds -- --seed SEED [--trace [--steps N]]          one world, twice: the same seed is the same world
 *     npm run simulate:seeds -- --canaries                                 planted mistakes, each of which must be found
 *
 * stdout says what came of it. Where something that must hold does not, it says with which seed, and the exit code is 1.
 */

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { CANARIES } from './canaries.ts';
import { findCanary } from './find-canary.ts';
import { planOf } from './plan.ts';
import { baseSeed, explain, seedsOf } from './seeds.ts';
import { spreadSeeds } from './spread.ts';
import { runSeed } from './world.ts';

const STEPS_SHOWN = 100;
const STEP_CHARS = 240;
/** Failures that are printed in full. */
const FAILURES_SHOWN = 20;
const PROGRESS_EVERY = 500;

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '200' },
      base: { type: 'string' },
      workers: { type: 'string' },
      seed: { type: 'string' },
      trace: { type: 'boolean', default: false },
      steps: { type: 'string', default: String(STEPS_SHOWN) },
      canaries: { type: 'boolean', default: false },
    },
  });
  if (values.canaries) return tryCanaries(values.base ?? 'canary');
  if (values.seed !== undefined) return runOne(values.seed, values.trace ? Number(values.steps) : 0);
  return runMany(values.base ?? baseSeed(), Number(values.seeds), Number(values.workers ?? availableParallelism()));
}

async function runOne(seed: string, traced: number): Promise<boolean> {
  const first = await runSeed(seed, { traced });
  const second = await runSeed(seed);
  for (const step of first.trace) console.log(step.slice(0, STEP_CHARS));
  if (traced > 0) console.log(`plan ${JSON.stringify(planOf(seed))}`);
  console.log(`seed ${seed}: digest ${first.digest}, ${JSON.stringify(first.facts)}`);
  for (const violation of first.violations) console.log(`violated ${violation}`);
  if (first.digest !== second.digest) console.log(`the same seed came to another digest: ${second.digest}`);
  return first.violations.length === 0 && first.digest === second.digest;
}

async function runMany(base: string, count: number, workers: number): Promise<boolean> {
  const startedMs = performance.now();
  const totals: Record<string, number> = {};
  let failed = 0;
  let done = 0;
  await spreadSeeds({
    seeds: seedsOf(base, count),
    workers,
    onOutcome: (outcome) => {
      done++;
      for (const [fact, number] of Object.entries(outcome.facts)) {
        totals[fact] = fact.startsWith('most') ? Math.max(totals[fact] ?? 0, number) : (totals[fact] ?? 0) + number;
      }
      if (outcome.violations.length > 0 && ++failed <= FAILURES_SHOWN) console.log(explain(outcome));
      if (done % PROGRESS_EVERY === 0) console.error(`${done} of ${count} seeds, ${failed} failed`);
    },
  });
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(JSON.stringify(totals));
  console.log(`${count} seeds from ${base}: ${failed} failed, ${seconds.toFixed(1)} s on ${workers} threads`);
  return failed === 0;
}

async function tryCanaries(base: string): Promise<boolean> {
  let isEachFound = true;
  for (const canary of CANARIES) {
    const found = await findCanary(canary, base);
    isEachFound &&= found !== null;
    const words = found === null ? `NOT FOUND in ${canary.seedsMax} seeds` : `seed ${found.tried}: ${found.violation}`;
    console.log(`${canary.name} (${canary.mistake}): ${words}`);
  }
  return isEachFound;
}

if (!(await main())) process.exitCode = 1;
