/** A demo in a process of its own, as a test in a browser has it. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { VenueName } from '../../src/simulator/venues.ts';

export interface DemoOptions {
  readonly seed: string;
  readonly venues: readonly VenueName[];
  /** Per venue. */
  readonly pairs: number;
  /** Mean actions per second and pair. */
  readonly rate: number;
  readonly whalesPerMinute: number;
}

export type DemoOrder = 'shut' | 'open' | 'stop';

export interface Demo {
  /** Of its monitor, without a slash at the end. */
  readonly url: string;
  /** Cuts Kraken's feed off, or lets it come back. */
  order(order: DemoOrder): void;
  stop(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('demo-main.ts', import.meta.url));

/** @throws Error where it ends before it runs */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const child = fork(MAIN, [JSON.stringify(options)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  const first = await Promise.race([once(child, 'message'), ended.then(([code]) => [{ code: code as unknown }])]);
  const told = first[0] as { readonly url?: string; readonly code?: unknown };
  if (told.url === undefined) throw new Error(`the demo ended with ${String(told.code)} before it ran`);
  return {
    url: told.url.replace(/\/$/, ''),
    order: (order) => void child.send(order),
    async stop() {
      if (child.connected) child.send('stop');
      await ended;
    },
  };
}
