/**
 * The long forms of what the tests do in small, one after the other:
 *
 *     npm run verify:long -- [--only NAME]... [--list]
 *
 * stdout has one line per form: its name, whether it held, how long it took, and the last line that it printed. What it printed beside that
 * goes to stderr. The exit code is 1 where any did not hold. A form whose script is not there is said to be missing, and
 * fails only where it was named.
 */

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

interface Form {
  readonly name: string;
  /** A script of package.json, or a TypeScript file, with its arguments. */
  readonly run: readonly [string, ...string[]];
}

const ROOT = resolve(import.meta.dirname, '..');

const FORMS: readonly Form[] = [
  { name: 'seeds', run: ['simulate:seeds', '--seeds', '10000'] },
  { name: 'canaries', run: ['simulate:seeds', '--canaries'] },
  { name: 'faults', run: ['faults', '--injections', '1000'] },
  { name: 'chaos', run: ['chaos'] },
  { name: 'hosts', run: ['hosts'] },
  { name: 'hosts-archive', run: ['hosts', '--spare-ingest', '--rounds', '10'] },
  // Many pairs for long: 500 on each of the six simulated venues for ten minutes.
  { name: 'many-pairs', run: ['test/load/many-pairs.ts', '500', '10', '0.3'] },
  // Ten times the demo for an hour.
  { name: 'soak', run: ['test/load/soak.ts', '60', '10'] },
];

function commandOf({ run: [first, ...rest] }: Form): readonly string[] | null {
  if (first.endsWith('.ts')) return existsSync(join(ROOT, first)) ? [process.execPath, first, ...rest] : null;
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  return first in scripts ? ['npm', 'run', '-s', first, '--', ...rest] : null;
}

/** Resolves with the last line of stdout and the exit code. */
function runForm(command: readonly string[]): Promise<{ readonly code: number; readonly last: string }> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  let last = '';
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    process.stderr.write(text);
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    last = lines.findLast((line) => line.trim() !== '') ?? last;
  });
  return new Promise((done, reject) => {
    child.on('error', reject);
    child.on('close', (code) => done({ code: code ?? 1, last: rest.trim() === '' ? last : rest }));
  });
}

const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true, default: [] }, list: { type: 'boolean', default: false } },
});
const unknown = values.only.find((name) => !FORMS.some((form) => form.name === name));
if (unknown !== undefined) {
  console.error(`--only ${unknown}: there are ${FORMS.map(({ name }) => name).join(', ')}`);
  process.exitCode = 2;
} else if (values.list) {
  for (const form of FORMS) console.log(`${form.name}: ${commandOf(form)?.join(' ') ?? 'missing'}`);
} else {
  for (const form of FORMS) {
    if (values.only.length > 0 && !values.only.includes(form.name)) continue;
    const command = commandOf(form);
    if (command === null) {
      console.log(`${form.name}: missing`);
      if (values.only.includes(form.name)) process.exitCode = 1;
      continue;
    }
    const startedMs = performance.now();
    const { code, last } = await runForm(command);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
    console.log(`${form.name}: ${code === 0 ? 'held' : `FAILED (exit code ${code})`} after ${seconds} s: ${last}`);
    if (code !== 0) process.exitCode = 1;
  }
}
