import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

// The launcher runs in a copy of the project whose program only tells what it was given.
const PROGRAM = `
const [what = '', value = ''] = process.argv.slice(2);
// The handler stands before the first output, which is what the test waits for.
if (what === 'wait') {
  const alive = setInterval(() => {}, 1000);
  process.on(value, () => { clearInterval(alive); process.exitCode = 7; });
}
process.stdout.write(JSON.stringify({ args: process.argv.slice(2), node: parseInt(process.versions.node) }) + '\\n');
if (what === 'exit') process.exit(Number(value));
if (what === 'die') process.kill(process.pid, value);
if (what === 'echo') process.stdin.pipe(process.stdout);
export {};
`;
/** Makes a Node believe that it is an older one. */
const OLDER = `data:text/javascript,${encodeURIComponent(
  "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.0.0' } })",
)}`;

const project = fileURLToPath(new URL('..', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'whalewatch-launcher-'));
const withModules = join(copy, 'with');
const withoutModules = join(copy, 'without');
for (const root of [withModules, withoutModules]) {
  mkdirSync(join(root, 'src/app'), { recursive: true });
  cpSync(join(project, 'bin'), join(root, 'bin'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(root, 'src/app/main.ts'), PROGRAM);
}
symlinkSync(join(project, 'node_modules'), join(withModules, 'node_modules'));
const linked = join(copy, 'bin/whalewatch');
mkdirSync(dirname(linked));
symlinkSync(join(withModules, 'bin/whalewatch.js'), linked);
afterAll(() => rmSync(copy, { recursive: true }));

interface Launch {
  readonly launcher?: string;
  readonly older?: boolean;
}

function start(args: readonly string[], { launcher = join(withModules, 'bin/whalewatch.js'), older = true }: Launch) {
  const child = spawn(process.execPath, [...(older ? ['--import', OLDER] : []), launcher, ...args], { stdio: 'pipe' });
  const ended = Promise.all([once(child, 'exit'), text(child.stderr)]);
  return { child, ended };
}

async function launch(args: readonly string[], options: Launch = {}) {
  const { child, ended } = start(args, options);
  child.stdin.end('typed\n');
  const [stdout, [[code, signal], stderr]] = await Promise.all([text(child.stdout), ended]);
  return { stdout, stderr, code: code as unknown, signal: signal as unknown };
}

async function firstOutput(child: ChildProcess): Promise<void> {
  if (child.stdout !== null) await once(child.stdout, 'data');
}

describe.each([
  ['an older Node, with the one that the project brings', true],
  ['a Node that is new enough, without another process', false],
])('under %s', (_case, older) => {
  test('the program gets the arguments, the input and the output', async () => {
    const { stdout, code } = await launch(['echo', '--json', 'a b'], { older });
    const [first, second] = stdout.split('\n');
    expect(JSON.parse(first ?? '')).toMatchObject({ args: ['echo', '--json', 'a b'] });
    expect([second, code]).toEqual(['typed', 0]);
  });

  test('the exit code is that of the program', async () => {
    expect(await launch(['exit', '3'], { older })).toMatchObject({ code: 3, signal: null });
  });

  test('a program that a signal ends is seen to have been ended by it', async () => {
    expect(await launch(['die', 'SIGKILL'], { older })).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(await launch(['die', 'SIGTERM'], { older })).toMatchObject({ code: null, signal: 'SIGTERM' });
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s reaches the program, which ends in its own way', async (signal) => {
    const { child, ended } = start(['wait', signal], { older });
    await firstOutput(child);
    child.kill(signal);
    expect((await ended)[0]).toEqual([7, null]);
  });

  test('it starts through the link that a package manager makes', async () => {
    expect(await launch(['exit', '0'], { older, launcher: linked })).toMatchObject({ code: 0 });
  });
});

test('the project brings a Node that runs TypeScript', async () => {
  expect(JSON.parse((await launch([])).stdout)).toMatchObject({ node: 26 });
});

test('without any Node that can run it, it says what to do, on stderr', async () => {
  const { stdout, stderr, code } = await launch([], { launcher: join(withoutModules, 'bin/whalewatch.js') });
  expect([stdout, code]).toEqual(['', 1]);
  expect(stderr).toContain('npm ci --include=optional');
});
