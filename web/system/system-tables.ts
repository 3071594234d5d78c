/** The small tables of the page of the system: venues, threads, queues. */

import type { QueueDepth, ThreadHealth, VenueHealth } from '../../src/monitor/api/system.ts';
import { formatAmount, formatBytes, formatDuration, formatNumber } from '../base/format.ts';
import { SmallTable } from '../widgets/small-table.ts';

/** An event loop that is late by more delays what it carries. */
const LATE_MS = 100;
const LAG_LATE_MS = 1000;

export function venueTable(): SmallTable<VenueHealth> {
  return new SmallTable<VenueHealth>('Venues and their feeds', [
    { label: 'Venue', numeric: false, text: ({ exchange }) => exchange },
    {
      label: 'Books live',
      numeric: true,
      text: (row) => `${row.live} of ${booksOf(row)}`,
      className: (row) => (row.live < booksOf(row) ? 'warn' : ''),
    },
    {
      label: 'Not live',
      numeric: false,
      text: ({ syncing, stale, suspect }) =>
        [...[[syncing, 'syncing'] as const, [stale, 'stale'] as const, [suspect, 'suspect'] as const]]
          .filter(([count]) => count > 0)
          .map(([count, state]) => `${count} ${state}`)
          .join(', ') || '–',
    },
    {
      label: 'Feeds',
      numeric: true,
      text: ({ connections }) => formatNumber(connections),
      className: ({ connections }) => (connections === 0 ? 'bad' : ''),
    },
    { label: 'Frames/s', numeric: true, text: ({ framesPerS }) => formatAmount(framesPerS) },
    { label: 'Traffic/s', numeric: true, text: ({ bytesPerS }) => formatBytes(bytesPerS) },
    { label: 'Events/s', numeric: true, text: ({ eventsPerS }) => formatAmount(eventsPerS) },
    {
      label: 'Lag',
      numeric: true,
      text: ({ lagMs }) => formatDuration(lagMs),
      className: ({ lagMs }) => ((lagMs ?? 0) > LAG_LATE_MS ? 'warn' : ''),
    },
    {
      label: 'Reconnects',
      numeric: true,
      text: ({ reconnects }) => formatNumber(reconnects),
      className: ({ reconnects }) => (reconnects > 0 ? '' : 'none'),
    },
    {
      label: 'Gaps',
      numeric: true,
      text: ({ gaps }) => formatNumber(gaps),
      className: ({ gaps }) => (gaps > 0 ? '' : 'none'),
    },
    {
      label: 'Healed',
      numeric: true,
      text: ({ healed }) => formatNumber(healed),
      className: ({ healed }) => (healed > 0 ? '' : 'none'),
    },
    {
      label: 'Resyncs',
      numeric: true,
      text: ({ resyncs }) => formatNumber(resyncs),
      className: ({ resyncs }) => (resyncs > 0 ? '' : 'none'),
    },
    {
      label: 'Checksums',
      numeric: true,
      text: ({ checksumOk }) => formatAmount(checksumOk),
      className: ({ checksumOk }) => (checksumOk > 0 ? '' : 'none'),
    },
    {
      label: 'Failed',
      numeric: true,
      text: ({ checksumFailed }) => formatNumber(checksumFailed),
      className: ({ checksumFailed }) => (checksumFailed > 0 ? 'bad' : 'none'),
    },
    {
      label: 'Crossed',
      numeric: true,
      text: ({ crossed }) => formatNumber(crossed),
      className: ({ crossed }) => (crossed > 0 ? 'bad' : 'none'),
    },
    {
      label: 'Malformed',
      numeric: true,
      text: ({ parseErrors }) => formatNumber(parseErrors),
      className: ({ parseErrors }) => (parseErrors > 0 ? 'warn' : 'none'),
    },
  ]);
}

export function threadTable(): SmallTable<ThreadHealth> {
  return new SmallTable<ThreadHealth>('Threads', [
    { label: 'Thread', numeric: false, text: ({ name }) => name },
    {
      label: 'State',
      numeric: false,
      text: ({ running }) => (running ? 'running' : 'down'),
      className: ({ running }) => `chip ${running ? 'live' : 'suspect'}`,
    },
    {
      label: 'Restarts',
      numeric: true,
      text: ({ restarts }) => formatNumber(restarts),
      className: ({ restarts }) => (restarts > 0 ? 'warn' : 'none'),
    },
    {
      label: 'Loop p99',
      numeric: true,
      text: ({ eventLoopDelayP99Ms }) => formatDuration(eventLoopDelayP99Ms),
      className: ({ eventLoopDelayP99Ms }) => ((eventLoopDelayP99Ms ?? 0) > LATE_MS ? 'warn' : ''),
    },
    { label: 'Loop max', numeric: true, text: ({ eventLoopDelayMaxMs }) => formatDuration(eventLoopDelayMaxMs) },
    {
      label: 'Heap',
      numeric: true,
      text: ({ heapUsedBytes }) => formatBytes(heapUsedBytes),
      share: ({ heapUsedBytes, heapLimitBytes }) =>
        heapUsedBytes === null || heapLimitBytes === null ? null : heapUsedBytes / heapLimitBytes,
    },
  ]);
}

export function queueTable(): SmallTable<QueueDepth> {
  return new SmallTable<QueueDepth>('Queues', [
    { label: 'Queue', numeric: false, text: ({ name }) => name },
    { label: 'Unit', numeric: false, text: ({ unit }) => unit, className: () => 'none' },
    {
      label: 'Depth',
      numeric: true,
      text: ({ depth }) => formatAmount(depth),
      share: ({ depth, capacity }) => (capacity === null || capacity === 0 ? null : depth / capacity),
    },
    { label: 'Room', numeric: true, text: ({ capacity }) => (capacity === null ? 'open' : formatAmount(capacity)) },
    {
      label: 'Lost',
      numeric: true,
      text: ({ dropped }) => (dropped === null ? 'waits' : formatNumber(dropped)),
      className: ({ dropped }) => (dropped !== null && dropped > 0 ? 'bad' : 'none'),
    },
  ]);
}

export function booksOf({ live, syncing, stale, suspect }: VenueHealth): number {
  return live + syncing + stale + suspect;
}
