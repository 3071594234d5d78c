import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { aPort, type CliRun, runCli, startCli } from '../fixtures/live-cli.ts';

const OUTER_NODE = '/usr/bin/node';
const DEADLINE_MS = 30_000;
const PAIRS = ['BTC-USD', 'ETH-USD'];

let folder = '';
let simulator: Simulator;
/** Everything by environment, as in a container. */
let env: Record<string, string>;
let running: CliRun | null = null;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'whalewatch-cli-'));
  simulator = await startSimulator({ seed: 'cli', venues: ['binance', 'kraken'], pairs: PAIRS, ratePerPair: 50 });
  const { binance, kraken } = simulator.urls;
  const exchanges = [
    { exchange: 'binance', pairs: PAIRS, wsUrl: binance?.ws, restUrl: binance?.rest },
    { exchange: 'kraken', pairs: PAIRS, wsUrl: kraken?.ws.replace(/\/v2$/, ''), restUrl: kraken?.rest },
  ];
  const { port, release } = await aPort();
  await release();
  writeFileSync(join(folder, 'whalewatch.yaml'), JSON.stringify({ exchanges }));
  env = {
    WHALEWATCH_CONFIG: 'whalewatch.yaml',
    WHALEWATCH_HTTP_PORT: String(port),
    WHALEWATCH_INGEST_SHARDS: '2',
    WHALEWATCH_STORE_DUCKDB_PATH: 'rows/live.duckdb',
    WHALEWATCH_STORE_FLUSH_MS: '50',
    WHALEWATCH_ARCHIVE_DIR: 'archive',
    WHALEWATCH_LOG_LEVEL: 'warn',
  };
});

afterAll(async () => {
  running?.child.kill('SIGKILL');
  await running?.end;
  await simulator.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${what} did not come; stderr: ${running?.output.stderr}`);
    await delay(50);
  }
}

/** The status of an answer, null where nobody answers. */
async function statusOf(path: string): Promise<number | null> {
  const url = `http://127.0.0.1:${env['WHALEWATCH_HTTP_PORT']}${path}`;
  return fetch(url).then(
    ({ status }) => status,
    () => null,
  );
}

function captures(): string[] {
  const files = readdirSync(join(folder, 'archive'), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.gz')).map((file) => join('archive', file));
}

/** In this order: what a run leaves is what the later commands work on. */
describe('the command line', () => {
  it('finds nothing wrong before a run, the venues included', async () => {
    const { code, stdout, stderr } = await runCli(['doctor', '--live'], { cwd: folder, env });
    expect(stdout.match(/^\s*(ok|warn|FAIL)/gm)?.map((mark) => mark.trim())).toEqual(
      Array.from({ length: 10 }, () => 'ok'),
    );
    expect([code, stderr]).toEqual([0, '']);
  });

  it('runs until it is told to stop, and answers queries meanwhile', async () => {
    const node = existsSync(OUTER_NODE) ? OUTER_NODE : process.execPath;
    running = startCli(['run'], { cwd: folder, env, node });
    await until('readiness', async () => (await statusOf('/readyz')) === 200);
    const count = ['sql', '--json', 'SELECT count(*) AS n FROM order_changes'];
    await until('rows', async () => {
      const { code, stdout, stderr } = await runCli(count, { cwd: folder, env });
      expect([code, stderr]).toEqual([0, '']);
      return (JSON.parse(stdout) as { n: number }[])[0]?.n !== 0;
    });

    const writing = await runCli(['sql', 'DELETE FROM trades'], { cwd: folder, env });
    expect([writing.code, writing.stdout]).toEqual([1, '']);
    expect(writing.stderr).toContain('DELETE');
    // Another port: the supervisor that has the file is not found.
    const locked = await runCli(count, { cwd: folder, env: { ...env, WHALEWATCH_HTTP_PORT: '0' } });
    expect([locked.code, locked.stdout]).toEqual([1, '']);
    expect(locked.stderr).toMatch(/^error: store\.duckdbPath: .*open elsewhere[\s\S]*\nremedy: .*supervisor/);
    const second = await runCli(['run'], { cwd: folder, env });
    expect([second.code, second.stdout]).toEqual([1, '']);
    expect(second.stderr).toContain('http.port');
  });

  it('stops on SIGTERM with nothing left behind', async () => {
    const pid = running?.child.pid ?? 0;
    running?.child.kill('SIGTERM');
    const end = await running?.end;
    running = null;
    expect(end).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await statusOf('/healthz')).toBeNull();
    expect(() => process.kill(pid, 0)).toThrow(expect.objectContaining({ code: 'ESRCH' }));
    expect(simulator.connections('binance') + simulator.connections('kraken')).toBe(0);
  });

  it('reads the rows that the run has left, as a table and as JSON', async () => {
    const sql = 'SELECT exchange, count(*) AS n FROM order_changes GROUP BY 1 ORDER BY 1';
    const table = await runCli(['sql', sql], { cwd: folder, env });
    expect(table.stdout).toMatch(/^exchange\s+n\n-+\s+-+\nbinance\s+\d+\nkraken\s+\d+\n$/);
    const { stdout, code } = await runCli(['sql', '--json', sql], { cwd: folder, env });
    expect(JSON.parse(stdout)).toEqual([
      { exchange: 'binance', n: expect.any(Number) },
      { exchange: 'kraken', n: expect.any(Number) },
    ]);
    expect(code).toBe(0);
  });

  it('replays the archive of the run: one JSON object, or lines of one kind', async () => {
    const replay = (...args: string[]) => runCli(['replay', ...captures(), ...args], { cwd: folder });
    const { code, stdout, stderr } = await replay('--json', '--shards', '2');
    expect([code, stderr, stdout.trim().split('\n').length]).toEqual([0, '', 1]);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(report).toMatchObject({
      frames: expect.any(Number),
      malformed: 0,
      elapsed_ms: expect.any(Number),
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      events: { 'book.snapshot': 4, 'book.delta': expect.any(Number), trade: expect.any(Number) },
      ignored: expect.any(Number),
      checksums: { ok: expect.any(Number), failed: 0 },
      ...{ gaps: 0, resyncs: expect.any(Number), crossed: 0, unknown_removals: expect.any(Number) },
    });
    expect(Object.keys(report['scores'] as object)).toEqual(['0', '1', '2', '3', '4', '5', '6', 'none']);
    const books = report['books'] as Record<string, Record<string, unknown>>;
    expect(Object.keys(books).toSorted()).toEqual(
      ['binance', 'kraken'].flatMap((venue) => PAIRS.map((pair) => `${venue}:${pair}`)),
    );
    expect(Object.keys(books['kraken:BTC-USD'] ?? {})).toEqual(
      expect.arrayContaining([
        ...['state', 'reason', 'snapshots', 'updates', 'gaps', 'resyncs', 'crossed', 'checksums', 'levels'],
        ...['best_bid', 'best_bid_size', 'best_ask', 'best_ask_size', 'hash'],
      ]),
    );

    const emitted = await replay('--emit', 'bbo');
    const lines = emitted.stdout.trimEnd().split('\n');
    const types = new Set(lines.map((line) => (JSON.parse(line) as { type: string }).type));
    expect([emitted.code, emitted.stderr, [...types]]).toEqual([0, '', ['bbo']]);
    expect(lines.length).toBeGreaterThan(50);
  });

  it('shows the demo for as long as it is told to, from nothing', async () => {
    const cwd = mkdtempSync(join(folder, 'demo-'));
    const args = ['demo', '--duration-s', '4', '--pairs', '1', '--http-port', '0'];
    const { code, stdout, stderr } = await runCli(args, { cwd });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('nothing here is a real price');
    expect(stdout).toMatch(/6 of 6 books live; [1-9]\d* order changes/);
    // Not on the usual port, so its file was its own, and is gone.
    expect(readdirSync(join(cwd, 'data'))).toEqual([]);
  });
});
