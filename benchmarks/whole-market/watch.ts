/** Looks at everything once a second while a run is under way. */

import type { BusState, BusWatch } from './bus-watch.ts';
import type { Generator } from './generator.ts';
import type { Progress } from './messages.ts';
import type { ProcessorTime } from './processor-time.ts';
import { machineTime, processorTime, type MachineTime } from './processor-time.ts';
import type { Product } from './product.ts';
import type { Scrape } from './scrape.ts';
import type { RowCounts, Tables } from './tables.ts';

/** One look. Its parts are taken within some ms of each other. */
export interface Look {
  /** On the monotonic clock. */
  readonly atS: number;
  readonly progress: Progress;
  readonly rows: RowCounts;
  readonly bus: BusState;
  readonly scrape: Scrape;
  readonly processes: Readonly<Record<string, ProcessorTime>>;
  readonly machine: MachineTime;
}

export interface Watched {
  readonly generator: Generator;
  readonly product: Product;
  readonly bus: BusWatch;
  readonly tables: Tables;
  /** Process ids by name. */
  readonly pids: Readonly<Record<string, number>>;
}

const EVERY_MS = 1000;

export async function look({ generator, product, bus, tables, pids }: Watched): Promise<Look> {
  const [progress, rows, busState, scrape] = await Promise.all([
    generator.progress(),
    tables.counts(),
    bus.look(),
    product.scrape(),
  ]);
  const processes = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, processorTime(pid)]));
  return { atS: performance.now() / 1000, progress, rows, bus: busState, scrape, processes, machine: machineTime() };
}

/**
 * Looks each second until `until` resolves. @param onLook told of each look
 * @throws what a look or `until` throws
 */
export async function watch(watched: Watched, until: Promise<unknown>, onLook: (seen: Look) => void): Promise<Look[]> {
  const looks: Look[] = [];
  const over = until.then(() => true);
  // What has ended answers no look.
  const broken = new Promise<never>((_resolve, reject) => void over.catch(reject));
  for (;;) {
    const seen = await Promise.race([look(watched), broken]);
    looks.push(seen);
    onLook(seen);
    const rest = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => rest.resolve(false), EVERY_MS);
    const isOver = await Promise.race([over, rest.promise]);
    clearTimeout(timer);
    if (isOver) return looks;
  }
}
