/** From what was seen during a run to the figures that are told of it. */

import { spreadOf, type Spread } from '../harness/spread.ts';
import { lineThrough, lagOf } from './lag.ts';
import type { FromGenerator } from './messages.ts';
import { quantileBetween } from './scrape.ts';
import type { Amplification } from './tables.ts';
import { roleNames } from './thread-names.ts';
import type { Look } from './watch.ts';

export interface SummaryInput {
  readonly times: number;
  readonly seconds: number;
  readonly pairs: number;
  /** During the load. */
  readonly looks: readonly Look[];
  readonly truth: Extract<FromGenerator, { kind: 'ended' }>;
  readonly drainS: number;
  /** Taken when all was drained. */
  readonly last: Look;
  readonly writeAmplification: Readonly<Record<string, Amplification>>;
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

export interface Summary {
  readonly times: number;
  readonly pairs: number;
  readonly seconds: number;
  /** Sent, per second of the load, and counted in the tables in the end: they are equal. */
  readonly sent: {
    readonly changes: number;
    readonly newOrders: number;
    readonly trades: number;
    readonly frames: number;
  };
  readonly perSecond: { readonly changes: number; readonly frames: number; readonly megabytes: number };
  /** Time during which the sockets took no more, s. */
  readonly heldS: number;
  /** How old the newest change is of which all before are rows that a query sees, s. */
  readonly lagS: Spread & { readonly last: number; /** s per s, over the second half. */ readonly slope: number };
  readonly drainS: number;
  /** Of the product's histograms, s. */
  readonly latencyS: Readonly<Record<string, Quantiles>>;
  readonly bus: {
    readonly bytesPerChange: number;
    readonly changesPerBatch: number;
    readonly storedMbMax: number;
    /** Greatest number of batches not acknowledged, by durable. */
    readonly behindMax: Readonly<Record<string, number>>;
    readonly redelivered: number;
  };
  readonly store: { readonly rowsPerBatch: number; readonly secondsPerBatch: number; readonly pendingRowsMax: number };
  /** Rows that QuestDB wrote per row that came, over its transactions; 1 where rows were but appended. */
  readonly writeAmplification: Readonly<Record<string, Amplification>>;
  readonly processors: Readonly<Record<string, ProcessorUse>>;
  /** Cores during the load: all that were busy, those of them with other work than this, and those of other machines. */
  readonly machine: { readonly busy: number; readonly others: number; readonly stolen: number };
  /** By thread, s. */
  readonly eventLoopDelayMaxS: Readonly<Record<string, number>>;
}

/** Of a process or a thread. */
export interface ThreadUse {
  readonly name: string;
  /** Cores used during the load. */
  readonly cores: number;
  /** Processor time from the start of the load until all was drained, per level change. */
  readonly usPerChange: number;
}

export interface ProcessorUse extends ThreadUse {
  readonly residentMb: number;
  /** Threads that used at least a hundredth of a core, most first; the others are in the process's figures alone. */
  readonly threads: readonly ThreadUse[];
}

const LATENCIES = ['exchange_to_receive', 'receive_to_book', 'receive_to_score', 'receive_to_row'] as const;
const THREAD_CORES_MIN = 0.01;

export function summaryOf(input: SummaryInput): Summary {
  const { times, seconds, pairs, looks, truth, drainS } = input;
  const last = input.last.scrape;
  const first = looks[0] as Look;
  const end = looks.at(-1) as Look;
  const grown = (name: string, labels: Record<string, string> = {}): number =>
    last.sum(`whalewatch_${name}`, labels) - first.scrape.sum(`whalewatch_${name}`, labels);
  const sum = (field: 'changes' | 'newOrders' | 'trades'): number =>
    truth.tallies.reduce((total, [, tally]) => total + tally[field], 0);
  const { progress, heldS } = truth;
  const changes = sum('changes');
  const spanS = progress.elapsedS;
  const lags = lagOf(looks, times);
  const half = lags.slice(Math.floor(lags.length / 2));
  const written = last.sum('whalewatch_bus_published_bytes_total', { lane: 'md' });
  const batches = last.sum('whalewatch_bus_published_batches_total', { lane: 'md' });
  const latencyS = Object.fromEntries(
    LATENCIES.map((name) => {
      const at = (q: number) => quantileBetween(first.scrape, last, `whalewatch_latency_${name}_seconds`, q);
      return [name, { p50: at(0.5), p99: at(0.99) }];
    }),
  );
  const loadS = end.atS - first.atS;
  const busy = (end.machine.busy - first.machine.busy) / loadS;
  const used = Object.keys(end.processes).map((name) => processorUse(name, { first, end, last: input.last, changes }));
  return {
    times,
    pairs,
    seconds,
    sent: { changes, newOrders: sum('newOrders'), trades: sum('trades'), frames: progress.frames },
    perSecond: { changes: changes / spanS, frames: progress.frames / spanS, megabytes: progress.bytes / spanS / 1e6 },
    heldS,
    lagS: { ...spreadOf(lags.map(({ lagS }) => lagS)), last: lags.at(-1)?.lagS ?? NaN, slope: lineThrough(half).slope },
    drainS,
    latencyS,
    bus: {
      bytesPerChange: written / changes,
      changesPerBatch: changes / batches,
      storedMbMax: Math.max(...looks.map(({ bus }) => bus.storedBytes)) / 2 ** 20,
      behindMax: behindMax(looks),
      redelivered: last.sum('whalewatch_bus_redelivered_batches_total'),
    },
    store: {
      rowsPerBatch: grown('store_rows_total') / grown('store_batches_total'),
      secondsPerBatch: grown('store_batch_duration_seconds_sum') / grown('store_batch_duration_seconds_count'),
      pendingRowsMax: Math.max(...looks.map(({ scrape }) => scrape.sum('whalewatch_store_pending_rows'))),
    },
    writeAmplification: input.writeAmplification,
    processors: Object.fromEntries(used.map((use) => [use.name, use])),
    machine: {
      busy,
      others: busy - used.reduce((total, { cores }) => total + cores, 0),
      stolen: (end.machine.stolen - first.machine.stolen) / loadS,
    },
    eventLoopDelayMaxS: eventLoopDelayMax(looks),
  };
}

interface Stretch {
  readonly first: Look;
  /** Of the load. */
  readonly end: Look;
  /** When all was drained. */
  readonly last: Look;
  readonly changes: number;
}

function processorUse(name: string, { first, end, last, changes }: Stretch): ProcessorUse {
  const loadS = end.atS - first.atS;
  const use = (label: string, timeOf: (look: Look) => number): ThreadUse => ({
    name: label,
    cores: (timeOf(end) - timeOf(first)) / loadS,
    usPerChange: ((timeOf(last) - timeOf(first)) / changes) * 1e6,
  });
  const ids = [...(end.processes[name]?.threads.keys() ?? [])];
  const roles = roleNames(ids, last.scrape);
  const threads = ids
    .map((id) => use(roles.get(id) ?? id, ({ processes }) => processes[name]?.threads.get(id) ?? 0))
    .filter(({ cores }) => cores >= THREAD_CORES_MIN)
    .toSorted((a, b) => b.cores - a.cores);
  const residentMb = end.processes[name]?.residentMb ?? NaN;
  return { ...use(name, ({ processes }) => processes[name]?.total ?? 0), residentMb, threads };
}

function behindMax(looks: readonly Look[]): Record<string, number> {
  const most: Record<string, number> = {};
  for (const { bus } of looks) {
    for (const [name, { pending, unacknowledged }] of Object.entries(bus.consumers)) {
      most[name] = Math.max(most[name] ?? 0, pending + unacknowledged);
    }
  }
  return most;
}

function eventLoopDelayMax(looks: readonly Look[]): Record<string, number> {
  const most: Record<string, number> = {};
  for (const { scrape } of looks) {
    for (const { labels, value } of scrape.all('whalewatch_thread_event_loop_delay_max_seconds')) {
      const thread = labels.get('thread') ?? '';
      most[thread] = Math.max(most[thread] ?? 0, value);
    }
  }
  return most;
}
