/** The instrument watch of a live run: the venues' lists, the store's rows, the log, the metrics, and new pairs. */

import type { InstrumentRow } from '../book/wire-message.ts';
import type { InstrumentVersion } from '../model/instrument.ts';
import type { Clock } from '../ports/clock.ts';
import type { QueryResult } from '../ports/store.ts';
import { instrumentsSql, versionsOf } from '../storage/instrument-rows.ts';
import type { Events } from '../telemetry/events.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Config } from './config.ts';
import { InstrumentWatch } from './instrument-watch.ts';
import type { ResolvedVenue } from './pairs.ts';
import { listInstruments, livePairs, tradedPairs } from './pairs.ts';
import type { LivePair } from './threads/ingest.protocol.ts';

/** How long a venue's list is waited for. */
const LIST_MS_MAX = 15_000;

export interface InstrumentsOptions {
  readonly config: Config;
  readonly version: string;
  readonly venues: readonly ResolvedVenue[];
  readonly clock: Clock;
  readonly events: Events;
  readonly metrics: Metrics;
  /** Whether the rows are this process's to keep, at the moment. */
  readonly keeps: () => boolean;
  /** Asks the store; used only where they are. */
  readonly query: (sql: string) => Promise<QueryResult>;
  readonly write: (versions: readonly InstrumentVersion[]) => Promise<void>;
  readonly isWatched: (exchange: string, symbol: string) => boolean;
  /** A venue all of whose pairs are watched has begun to trade these. */
  readonly watch: (venue: ResolvedVenue, pairs: readonly LivePair[]) => void;
}

export function createInstrumentWatch(options: InstrumentsOptions): InstrumentWatch {
  const { config, version, clock, events, metrics, keeps, query, write, isWatched, watch } = options;
  const venues = new Map<string, ResolvedVenue>(options.venues.map((venue) => [venue.config.exchange, venue]));
  /** Those with which the run began: each serves once. */
  const first = new Map<string, ResolvedVenue['listed']>(
    options.venues.map(({ config: { exchange }, listed }) => [exchange, listed]),
  );
  return new InstrumentWatch({
    exchanges: [...venues.keys()],
    refreshMs: config.instruments.refreshMinutes * 60_000,
    clock,
    modifiedBy: `whalewatch ${version}`,
    fetch: async (exchange): Promise<readonly InstrumentRow[] | string> => {
      const listed = first.get(exchange);
      first.delete(exchange);
      if (typeof listed === 'object') return listed;
      const venue = venues.get(exchange);
      return venue === undefined ? 'not configured' : listInstruments(venue.config, venue.wire, LIST_MS_MAX);
    },
    load: async () =>
      keeps() ? versionsOf(await query(instrumentsSql(config.store.tablePrefix, { delisted: true }))) : [],
    write: async (versions) => {
      if (keeps()) await write(versions);
    },
    onChange: (change) => events.instrumentChanged(change),
    onList(exchange, rows) {
      metrics.feed.instruments.set({ exchange }, rows.length);
      const venue = venues.get(exchange);
      if (venue?.config.pairs !== 'all') return;
      const symbols = tradedPairs(rows).filter((symbol) => !isWatched(exchange, symbol));
      if (symbols.length > 0) watch(venue, livePairs(symbols, rows, venue.wire));
    },
    onProblem: (exchange, reason) => events.instrumentsUnknown({ exchange, reason }),
  });
}
