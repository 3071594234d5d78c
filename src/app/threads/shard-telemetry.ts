/** Counts and logs what an ingest shard does. Totals of the books are added up when the metrics are read. */

import type { BookKeeper } from '../../actors/book-keeper.ts';
import type { BookCounters } from '../../actors/book.protocol.ts';
import type { IngestShard } from '../../actors/ingest-shard.ts';
import type { EventKind, EventView, TrustState } from '../../model/event.ts';
import { EVENT_KINDS, TRUST_STATES } from '../../model/event.ts';
import type { FeedRecord } from '../../model/feed-record.ts';
import type { Events } from '../../telemetry/events.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

export class ShardTelemetry {
  private readonly live: boolean;
  private readonly metrics: Metrics;
  private readonly events: Events;
  /** True while the shard stops on purpose: that its books go stale then is no news. */
  stopping = false;
  private readonly lastTrust = new Map<string, TrustState>();
  private readonly lastCounters = new Map<string, BookCounters>();
  /** Events since the last sample, by exchange and kind. */
  private readonly eventCounts = new Map<string, Record<EventKind, number>>();
  private lastExchange = '';
  private lastCounts = noEvents();

  /** @param live false in a replay, whose times are those of the recording */
  constructor(metrics: Metrics, events: Events, live: boolean) {
    this.live = live;
    this.metrics = metrics;
    this.events = events;
  }

  /** An event on its way to the bus. */
  event(view: EventView): void {
    const { header, kind } = view;
    if (header.exchange !== this.lastExchange) this.turnTo(header.exchange);
    this.lastCounts[kind]++;
    if (this.live && kind === 'book.delta' && header.venueTime) {
      const latencyS = (header.receiveUs - header.exchangeUs) / 1e6;
      this.metrics.latency.exchangeToReceive.observe({ exchange: header.exchange }, latencyS);
    }
    if (kind !== 'book.status') return;
    const { exchange, symbol, state: to, reason } = header;
    const from = this.lastTrust.get(`${exchange}:${symbol}`) ?? 'syncing';
    this.lastTrust.set(`${exchange}:${symbol}`, to);
    if (from === 'live' && to !== 'live') this.metrics.book.resyncs.inc({ exchange, reason });
    if (this.stopping) return;
    this.events.bookStateChanged({ exchange, symbol, from, to, reason, detail: view.detail });
  }

  malformed(record: FeedRecord, detail: string): void {
    const { exchange, conn: connection, data } = record;
    this.events.frameMalformed({ exchange, connection, reason: record.op, detail, bytes: data?.length ?? 0 });
  }

  /** Brings the metrics up to the shard's totals. */
  sample(shard: IngestShard): void {
    const { book } = this.metrics;
    for (const [exchange, counts] of this.eventCounts) {
      for (const [kind, count] of Object.entries(counts)) if (count > 0) book.events.inc({ exchange, kind }, count);
      Object.assign(counts, noEvents());
    }
    const states = new Map<string, number>();
    for (const [key, actor] of shard.books()) {
      const { exchange } = actor.instrument;
      states.set(`${exchange}\n${actor.trust}`, (states.get(`${exchange}\n${actor.trust}`) ?? 0) + 1);
      this.sampleBook(key, exchange, actor);
    }
    const exchanges = new Set([...states.keys()].map((key) => key.split('\n')[0] ?? ''));
    for (const exchange of exchanges) {
      for (const state of TRUST_STATES) book.books.set({ exchange, state }, states.get(`${exchange}\n${state}`) ?? 0);
    }
  }

  private turnTo(exchange: string): void {
    let counts = this.eventCounts.get(exchange);
    if (counts === undefined) {
      counts = noEvents();
      this.eventCounts.set(exchange, counts);
    }
    this.lastExchange = exchange;
    this.lastCounts = counts;
  }

  private sampleBook(key: string, exchange: string, actor: BookKeeper): void {
    const { book } = this.metrics;
    const now = actor.counters;
    const last = this.lastCounters.get(key);
    const grown = (name: keyof BookCounters): number => now[name] - (last?.[name] ?? 0);
    book.gaps.inc({ exchange }, grown('gaps'));
    book.healed.inc({ exchange }, grown('healed'));
    book.checksums.inc({ exchange, result: 'ok' }, grown('checksumOk'));
    book.checksums.inc({ exchange, result: 'failed' }, grown('checksumFailed'));
    book.comparisons.inc({ exchange, result: 'same' }, grown('comparedSame'));
    book.comparisons.inc({ exchange, result: 'differing' }, grown('comparedDiffering'));
    book.comparisons.inc({ exchange, result: 'none' }, grown('comparedNone'));
    book.crossed.inc({ exchange }, grown('crossed'));
    book.unknownRemovals.inc({ exchange }, grown('unknownRemovals'));
    book.widePromotions.inc({ exchange }, grown('promotions'));
    this.lastCounters.set(key, { ...now });
  }
}

function noEvents(): Record<EventKind, number> {
  return Object.fromEntries(Object.keys(EVENT_KINDS).map((kind) => [kind, 0])) as Record<EventKind, number>;
}
