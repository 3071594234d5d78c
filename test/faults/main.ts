/**
 * The whole fault matrix:
 *
 *     npx node test/faults/main.ts [--injections N] [--venue NAME]... [--fault NAME]... [--seed TEXT] [--compare-every-s N]
 *
 * stdout carries one Markdown table and nothing else. Where something that must hold does not, stderr says what, with the
 * seed that runs it again, and the exit code is 1.
 */

import { parseArgs } from 'node:util';

import { AppError } from '../../src/lib/app-error.ts';
import { FAULT_KINDS } from '../../src/simulator/fault-plan.ts';
import { VENUE_NAMES } from '../../src/simulator/venues.ts';
import { measureCell, type CellResult } from './fault-matrix.ts';

const COLUMNS: readonly (readonly [title: string, of: (cell: CellResult) => string | number])[] = [
  ['venue', ({ venue }) => venue],
  ['fault', ({ fault }) => fault],
  ['injections', ({ injections }) => injections],
  ['left live', ({ outcomes }) => outcomes.leftLive],
  ['by number', ({ outcomes }) => outcomes.byNumber],
  ['harmless', ({ outcomes }) => outcomes.harmless],
  ['unseen', ({ outcomes }) => outcomes.unseen],
  ['wrong rows', ({ wrong }) => wrong],
  ['most at once', ({ wrongMax }) => wrongMax],
  ['wrong after proof', ({ wrongProven }) => wrongProven],
  ['wrong elsewhere', ({ wrongElsewhere }) => wrongElsewhere],
  ['right again', ({ rightAgain }) => rightAgain],
  ['right by comparison', ({ rightByComparison }) => rightByComparison],
  ['compared same', ({ comparedSame }) => comparedSame],
  ['compared differing', ({ comparedDiffering }) => comparedDiffering],
  ['right by resync', ({ rightByResync }) => rightByResync],
];
/** Of one cell: the first explains those after it. */
const FAILURES_SHOWN = 5;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      injections: { type: 'string', default: '1000' },
      venue: { type: 'string', multiple: true, default: [] },
      fault: { type: 'string', multiple: true, default: [] },
      seed: { type: 'string', default: 'faults' },
      'compare-every-s': { type: 'string' },
    },
  });
  const venues = chosen('venue', VENUE_NAMES, values.venue);
  const faults = chosen('fault', FAULT_KINDS, values.fault);
  const injections = Number(values.injections);
  if (!Number.isSafeInteger(injections) || injections < 1) {
    throw wrongOption('injections', values.injections, 'Give a whole number from 1 up.');
  }
  const everyS = values['compare-every-s'];
  const compareEveryUs = Number(everyS) * 1e6;
  if (everyS !== undefined && !(compareEveryUs >= 1e6)) {
    throw wrongOption('compare-every-s', everyS, 'Give seconds of the market, from 1 up.');
  }
  console.log(line(COLUMNS.map(([title]) => title)));
  console.log(line(COLUMNS.map(() => '---')));
  for (const venue of venues) {
    for (const fault of faults) {
      const cell = await measureCell({
        ...{ venue, fault, injections, seed: values.seed },
        ...(everyS === undefined ? {} : { compareEveryUs }),
      });
      console.log(line(COLUMNS.map(([, of]) => String(of(cell)))));
      for (const failure of cell.failures.slice(0, FAILURES_SHOWN)) console.error(failure);
      if (cell.failures.length > 0) process.exitCode = 1;
    }
  }
}

function line(words: readonly string[]): string {
  return `| ${words.join(' | ')} |`;
}

/** Those named, in the order of all; all where none is named. */
function chosen<T extends string>(option: string, all: readonly T[], names: readonly string[]): readonly T[] {
  const unknown = names.find((name) => !all.some((known) => known === name));
  if (unknown !== undefined) throw wrongOption(option, unknown, `There are: ${all.join(', ')}.`);
  return names.length === 0 ? all : all.filter((known) => names.includes(known));
}

function wrongOption(option: string, value: string, remedy: string): AppError {
  return new AppError('faults.option', `--${option} is ${value}`, { remedy });
}

try {
  await main();
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  console.error(`${error.code}: ${error.message}\n${error.remedy ?? ''}`);
  process.exitCode = 1;
}
