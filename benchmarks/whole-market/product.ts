/** `whalewatch run` as a process of its own, as an operator starts it. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { z } from 'zod';

import { BenchmarkError } from '../harness/benchmark-error.ts';
import { scrapeOf, type Scrape } from './scrape.ts';

export interface ProductOptions {
  /** For its configuration file. */
  readonly folder: string;
  /** In the shape of the configuration file. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Where each thread leaves its profile when it ends; none where null. */
  readonly profileFolder: string | null;
}

const MAIN = fileURLToPath(new URL('../../src/app/main.ts', import.meta.url));
const READY_MS = 180_000;
const LOOK_MS = 250;
const STOP_MS = 60_000;
const WORDS_KEPT = 20;

const logSchema = z.object({ msg: z.string().optional(), level: z.string().optional(), url: z.string().optional() });

export class Product {
  readonly pid: number;
  /** The last lines it logged from `warn` on. */
  readonly complaints: string[];
  private readonly child: ChildProcess;
  private readonly url: string;

  private constructor(child: ChildProcess, pid: number, url: string, complaints: string[]) {
    this.child = child;
    this.pid = pid;
    this.url = url;
    this.complaints = complaints;
  }

  /** Resolves when its monitor answers. @throws BenchmarkError `benchmark.case_died` with its last words */
  static async start({ folder, config, profileFolder }: ProductOptions): Promise<Product> {
    const file = join(folder, 'whole-market.yaml');
    // JSON is YAML.
    await writeFile(file, JSON.stringify(config));
    const profile = profileFolder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('WHALEWATCH_')));
    const child = spawn(process.execPath, [...profile, MAIN, 'run', '--config', file], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const complaints: string[] = [];
    const running = Promise.withResolvers<string>();
    createInterface({ input: child.stderr }).on('line', (line) => {
      const { msg, level, url } = parsed(line);
      if (msg === 'running' && url !== undefined) running.resolve(url);
      else if (level !== 'info' && level !== 'debug') complaints.push(line.slice(0, 500));
      if (complaints.length > WORDS_KEPT) complaints.shift();
    });
    child.once('exit', (code) => running.reject(died(code, complaints)));
    const url = await running.promise;
    if (child.pid === undefined) throw died(null, complaints);
    return new Product(child, child.pid, url, complaints);
  }

  /** Waits until every book is live. @throws BenchmarkError where that takes minutes */
  async untilReady(): Promise<void> {
    const deadline = performance.now() + READY_MS;
    for (;;) {
      const response = await fetch(`${this.url}/readyz`);
      const words = await response.text();
      if (response.ok) return;
      if (performance.now() > deadline) {
        throw new BenchmarkError('benchmark.unexpected', `not ready: ${words.slice(0, 500)}`, 'Look at its log.');
      }
      await delay(LOOK_MS);
    }
  }

  async scrape(): Promise<Scrape> {
    const response = await fetch(`${this.url}/metrics`);
    return scrapeOf(await response.text());
  }

  /** Ends it as an operator does, so that profiles are written. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    await exited;
    clearTimeout(late);
  }
}

/** A line that is no JSON is the runtime's: nothing but a complaint. */
function parsed(line: string): z.output<typeof logSchema> {
  if (!line.startsWith('{')) return { level: 'fatal' };
  return logSchema.parse(JSON.parse(line));
}

function died(code: unknown, words: readonly string[]): BenchmarkError {
  const message = `whalewatch run ended with ${String(code)}:\n${words.join('\n')}`;
  return new BenchmarkError('benchmark.case_died', message, 'Its last words are above.');
}
