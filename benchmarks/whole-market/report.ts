/** The report for people. */

import type { ProcessorUse, Summary, ThreadUse } from './summary.ts';

export function reportText(summary: Summary): string {
  const { times, pairs, seconds, sent, perSecond, heldS, lagS, drainS, bus, store, machine } = summary;
  const number = (value: number, digits = 0): string =>
    value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const lines = [
    `${times}x the whole market for ${seconds} s over ${pairs} pairs: ` +
      (isSustained(summary) ? 'sustained, lag bounded, every row there' : 'NOT sustained, though every row is there'),
    `  reached    ${number(perSecond.changes)} changes/s, ${number(perSecond.frames)} frames/s, ` +
      `${number(perSecond.megabytes, 2)} MB/s; the sockets were held for ${number(heldS, 1)} s`,
    `  rows       ${number(sent.changes)} order_changes, ${number(sent.newOrders)} new_orders, ` +
      `${number(sent.trades)} trades: equal, pair by pair`,
    `  lag        ${number(lagS.median, 2)} s (${number(lagS.min, 2)} to ${number(lagS.max, 2)}), in the end ` +
      `${number(lagS.last, 2)}; slope ${number(lagS.slope, 3)} s/s; drained in ${number(drainS, 1)} s`,
    ...Object.entries(summary.latencyS).map(
      ([name, { p50, p99 }]) => `  ${name.padEnd(20)} p50 ${number(p50 * 1000, 1)} ms, p99 ${number(p99 * 1000, 1)} ms`,
    ),
    `  bus        ${number(bus.bytesPerChange, 1)} bytes per change, ${number(bus.changesPerBatch)} changes per batch, ` +
      `at most ${number(bus.storedMbMax)} MiB stored, ${number(bus.redelivered)} redelivered`,
    `  behind     ${Object.entries(bus.behindMax)
      .map(([name, batches]) => `${name} ${number(batches)}`)
      .join(', ')} batches at most`,
    `  store      ${number(store.rowsPerBatch)} rows per batch, ${number(store.secondsPerBatch * 1000)} ms each, ` +
      `at most ${number(store.pendingRowsMax)} rows waiting`,
    `  rewritten  ${Object.entries(summary.writeAmplification)
      .map(([table, { p50, max }]) => `${table} ${number(p50, 1)} (at most ${number(max, 1)})`)
      .join(', ')} rows of the table per row that comes`,
    `  stalls     ${Object.entries(summary.eventLoopDelayMaxS)
      .map(([thread, s]) => `${thread} ${number(s * 1000)} ms`)
      .join(', ')} at most`,
    `  machine    ${number(machine.busy, 2)} cores busy, ${number(machine.others, 2)} of them with other work, ` +
      `${number(machine.stolen, 2)} taken by other machines`,
    ...Object.values(summary.processors).flatMap(processorLines),
  ];
  return lines.join('\n');
}

const THREADS_SHOWN = 12;
/** The sockets were not read for a longer part of the load than this: the venue would have closed them. */
const HELD_SHARE_MAX = 0.02;
/** Rows are written about once a second: the lag goes up and down by as much, whatever the load. */
const RISE_S_MAX = 1;
const LAG_S_MAX = 5;

/** Whether a run kept up: all was sent in time, and the lag neither grew nor was long. */
export function isSustained({ seconds, heldS, lagS }: Pick<Summary, 'seconds' | 'heldS' | 'lagS'>): boolean {
  // The slope is that of the second half.
  const riseS = lagS.slope * (seconds / 2);
  return heldS < seconds * HELD_SHARE_MAX && riseS < RISE_S_MAX && lagS.max < LAG_S_MAX;
}

function processorLines(use: ProcessorUse): string[] {
  const line = ({ name, cores, usPerChange }: ThreadUse): string =>
    `${cores.toFixed(2)} cores, ${usPerChange.toFixed(2)} us per change  ${name}`;
  const threads = use.threads.slice(0, THREADS_SHOWN).map((thread) => `      ${line(thread)}`);
  return [`  ${line(use)}, ${use.residentMb.toFixed(0)} MiB`, ...(threads.length < 2 ? [] : threads)];
}
