/** The sessions of one live shard: sockets of exactly its pairs, the raw archive of what they bring, and back-pressure. */

import type { InstrumentRow } from '../../book/wire-message.ts';
import { wireRegistry } from '../../exchanges/registry.ts';
import { authoriserOf } from '../../exchanges/session-authorisation.ts';
import { Session } from '../../exchanges/session.ts';
import { SessionBudgets } from '../../exchanges/session-budgets.ts';
import type { SessionEvent } from '../../exchanges/session-event.ts';
import { createSystemClock } from '../../exchanges/system-clock.ts';
import type { HttpGet } from '../../exchanges/session-fetch.ts';
import type { SocketFactory } from '../../exchanges/session-socket.ts';
import { systemRandom } from '../../exchanges/system-random.ts';
import { assert } from '../../lib/assert.ts';
import type { FeedRecord } from '../../model/feed-record.ts';
import type { CancelTimer, Clock } from '../../ports/clock.ts';
import type { ExchangeWire, WireRegistry } from '../../ports/exchange-wire.ts';
import type { Random } from '../../ports/random.ts';
import { beginVenueAtZero } from '../../telemetry/zero-counts.ts';
import { Archive } from './archive.ts';
import { ComparisonRota } from './comparison-rota.ts';
import { FeedPauses } from './feed-pauses.ts';
import type { LiveInit, LiveVenue } from './ingest.protocol.ts';
import type { ThreadTelemetry } from './thread-telemetry.ts';

/** Publishes under way above which the sockets are not read, and below which they are again. */
export const PRESSURE = { high: 128, low: 32 };
/** An acknowledgement or a snapshot that took longer was lost. */
const PATIENCE_US = 15_000_000;
const NUDGE_MS = 5000;

/** Time, chance and the network, where they are not the host's. */
export interface FeedWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly openSocket: SocketFactory;
  readonly get: HttpGet;
  readonly wires: WireRegistry;
}

export interface LiveFeedsOptions {
  readonly init: LiveInit;
  readonly shard: number;
  readonly telemetry: ThreadTelemetry;
  readonly process: (record: FeedRecord, frame: number) => void;
  /** All records that arrived together have been processed. */
  readonly onTurnEnd: () => void;
  /** Tells the books what the venue said of its instruments before any frame. */
  readonly learn: (exchange: string, rows: readonly InstrumentRow[]) => void;
  /** Has books ask again whose snapshot has been waited for since before `beforeUs`. */
  readonly nudge: (beforeUs: number, nowUs: number) => void;
  readonly hasBook: (exchange: string, symbol: string) => boolean;
  /** Batches on their way to the bus. */
  readonly inFlight: () => number;
  /** Where the raw archive goes, where there is one. */
  readonly archiveFolder?: string;
  /** For simulations. */
  readonly world?: FeedWorld;
}

interface VenueSession {
  readonly exchange: string;
  readonly session: Session;
  readonly venueSymbols: ReadonlySet<string>;
  /** Since the last sample. */
  readonly received: { frames: number; bytes: number };
}

export class LiveFeeds {
  private readonly options: LiveFeedsOptions;
  private readonly sessions: VenueSession[] = [];
  /** Those that were configured, and those that their venues have begun to trade since. */
  private readonly venues: LiveVenue[] = [];
  private readonly budgets = new Map<string, SessionBudgets>();
  /** By exchange, where books are held against the venue's own. */
  private readonly rotas = new Map<string, ComparisonRota>();
  private readonly archive: Archive | null;
  private readonly clock: Clock;
  private frame = 0;
  private readonly pauses: FeedPauses;
  private cancelNudge: CancelTimer | null = null;
  /** The exchange of the frame that opened the read turn, and when it was received; empty between turns. */
  private turnExchange = '';
  private turnStartUs = 0;

  constructor(options: LiveFeedsOptions) {
    this.options = options;
    const { init, telemetry, world, archiveFolder: folder } = options;
    this.clock = world?.clock ?? createSystemClock();
    const { events, log, metrics } = telemetry;
    this.pauses = new FeedPauses({ nowUs: () => this.clock.nowUs(), metrics: metrics.feed, events });
    this.archive =
      init.archive === null || folder === undefined
        ? null
        : new Archive({ ...init.archive, folder, clock: this.clock, log, events, metrics: metrics.feed }, (drained) =>
            this.hold(drained),
          );
    for (const venue of init.venues) this.addVenue(venue);
  }

  /** Watches further pairs of a venue, on connections of their own. */
  watch(venue: LiveVenue): void {
    const before = this.sessions.length;
    this.addVenue(venue);
    for (const { session } of this.sessions.slice(before)) session.start();
    for (const rota of this.rotas.values()) rota.start();
  }

  start(): void {
    for (const { session } of this.sessions) session.start();
    for (const rota of this.rotas.values()) rota.start();
    // Asking again changes no book, so it is no matter of the archive.
    this.planNudge();
  }

  private planNudge(): void {
    this.cancelNudge = this.clock.setTimer(NUDGE_MS, () => {
      this.planNudge();
      this.nudge();
    });
  }

  private nudge(): void {
    const nowUs = this.clock.nowUs();
    this.options.nudge(nowUs - PATIENCE_US, nowUs);
    // A pair that has not changed yet has no book; its snapshot says what there is.
    for (const venue of this.venues) {
      for (const { symbol, venueSymbol } of venue.pairs) {
        if (!this.options.hasBook(venue.exchange, symbol)) this.requestSnapshot(venue.exchange, venueSymbol);
      }
    }
  }

  requestSnapshot(exchange: string, venueSymbol: string): void {
    this.sessionOf(exchange, venueSymbol)?.session.requestSnapshot(venueSymbol);
  }

  resubscribe(exchange: string, venueSymbol: string, channel: string): void {
    this.sessionOf(exchange, venueSymbol)?.session.resubscribe(venueSymbol, channel);
  }

  renew(conn: string): void {
    this.sessions.find(({ session }) => session.owns(conn))?.session.renew(conn);
  }

  /** Reads on once the bus has caught up. */
  relieve(inFlight: number): void {
    if (!this.pauses.has('bus') || inFlight > PRESSURE.low) return;
    this.pauses.end('bus');
    this.resumeIfFree();
  }

  async stop(): Promise<void> {
    this.cancelNudge?.();
    for (const rota of this.rotas.values()) rota.stop();
    await Promise.all(this.sessions.map(({ session }) => session.stop()));
    await this.archive?.close();
  }

  private addVenue(venue: LiveVenue): void {
    const { learn, shard, world } = this.options;
    const wire = (world?.wires ?? wireRegistry).live(venue.exchange, venue.channel);
    assert(wire !== undefined, `no wire for ${venue.exchange}`);
    beginVenueAtZero(this.options.telemetry.metrics, venue.exchange);
    learn(venue.exchange, venue.pairs.map(rowOf));
    this.venues.push(venue);
    const budgets =
      this.budgets.get(venue.exchange) ??
      new SessionBudgets({
        ...{ clock: this.clock, share: venue.restShare },
        ...(world === undefined ? {} : { get: world.get }),
      });
    this.budgets.set(venue.exchange, budgets);
    this.addToRota(venue, wire);
    const size = wire.limits.pairsPerConnection;
    const first = this.sessions.filter(({ exchange }) => exchange === venue.exchange).length / venue.wsUrls.length;
    for (let at = 0; at < venue.pairs.length; at += size) {
      const venueSymbols = venue.pairs.slice(at, at + size).map((pair) => pair.venueSymbol);
      const connectionId = `${venue.exchange}-${shard}-${first + at / size}`;
      // Copies of one feed are told apart by their connections.
      for (const [copy, wsUrl] of venue.wsUrls.entries()) {
        const name = copy === 0 ? connectionId : `${connectionId}-copy`;
        this.sessions.push(this.openSession(venue, wire, venueSymbols, name, budgets, wsUrl));
      }
    }
  }

  private addToRota({ exchange, pairs, compareEveryMs, restShare }: LiveVenue, wire: ExchangeWire): void {
    const { comparison, limits } = wire;
    if (comparison === undefined || compareEveryMs === 0) return;
    let rota = this.rotas.get(exchange);
    if (rota === undefined) {
      rota = new ComparisonRota({
        ...{ clock: this.clock, everyMs: compareEveryMs, restWeight: limits.restWeight, restShare },
        weight: comparison.request('').weight,
        compare: (symbol) => this.sessionOf(exchange, symbol)?.session.compare(symbol),
      });
      this.rotas.set(exchange, rota);
    }
    rota.add(pairs.map(({ venueSymbol }) => venueSymbol));
  }

  private openSession(
    venue: LiveVenue,
    wire: ExchangeWire,
    venueSymbols: readonly string[],
    connectionId: string,
    budgets: SessionBudgets,
    wsUrl: string | null,
  ): VenueSession {
    const { exchange, bookDepth, audit, silenceMs } = venue;
    this.options.telemetry.metrics.feed.connections.inc({ exchange, state: 'wanted' });
    const received = { frames: 0, bytes: 0 };
    const restUrl = venue.restUrl ?? wire.endpoints.rest;
    const { authentication } = wire;
    const { credentials } = venue;
    const isSealed = authentication !== undefined && credentials !== null;
    const session = new Session({
      ...(isSealed ? { authorise: authoriserOf({ authentication, credentials, restUrl, clock: this.clock }) } : {}),
      wire,
      wsUrl: wsUrl ?? wire.endpoints.ws,
      restUrl,
      subscription: { venueSymbols, bookDepth, audit },
      connectionId,
      clock: this.clock,
      random: this.options.world?.random ?? systemRandom,
      budgets,
      ...(this.options.world === undefined ? {} : { openSocket: this.options.world.openSocket }),
      limits: { silenceMs },
      onRecord: (record) => {
        if (record.op === 'recv') {
          received.frames++;
          received.bytes += record.data?.length ?? 0;
        }
        this.onRecord(record);
      },
      onState: (event) => this.onState(exchange, connectionId, venueSymbols.length, event),
    });
    return { exchange, session, venueSymbols: new Set(venueSymbols), received };
  }

  private onRecord(record: FeedRecord): void {
    this.archive?.append(record);
    this.options.process(record, this.frame++);
    if (this.turnExchange !== '') return;
    this.turnExchange = record.exchange;
    this.turnStartUs = record.tUs;
    // Frames that arrived in one read of the sockets are handled before this runs.
    setImmediate(this.endTurn);
  }

  private readonly endTurn = (): void => {
    const { metrics } = this.options.telemetry;
    const exchange = this.turnExchange;
    this.turnExchange = '';
    this.options.onTurnEnd();
    metrics.latency.receiveToBook.observe({ exchange }, Math.max(0, this.clock.nowUs() - this.turnStartUs) / 1e6);
    this.pauseUnderPressure();
  };

  /** Adds what came since the last time to the metrics. */
  sample(): void {
    const { feed } = this.options.telemetry.metrics;
    for (const { exchange, received } of this.sessions) {
      feed.frames.inc({ exchange }, received.frames);
      feed.bytes.inc({ exchange }, received.bytes);
      received.frames = 0;
      received.bytes = 0;
    }
    this.pauses.sample();
    this.archive?.sample();
  }

  private pauseUnderPressure(): void {
    if (this.pauses.has('bus') || this.options.inFlight() < PRESSURE.high) return;
    this.pauses.begin('bus');
    for (const { session } of this.sessions) session.pause();
  }

  /** Reads nothing until the archive's disk has caught up. */
  private hold(drained: Promise<void>): void {
    if (this.pauses.has('archive')) return;
    this.pauses.begin('archive');
    for (const { session } of this.sessions) session.pause();
    void drained.then(() => {
      this.pauses.end('archive');
      this.resumeIfFree();
    });
  }

  private resumeIfFree(): void {
    if (this.pauses.any) return;
    for (const { session } of this.sessions) session.resume();
  }

  private onState(exchange: string, connection: string, pairs: number, event: SessionEvent): void {
    const { events, log, metrics } = this.options.telemetry;
    switch (event.kind) {
      case 'open':
        metrics.feed.connections.inc({ exchange, state: 'open' });
        events.connectionOpened({ exchange, connection: event.conn, pairs });
        return;
      case 'closed':
        metrics.feed.connections.dec({ exchange, state: 'open' });
        if (!event.planned) metrics.feed.reconnects.inc({ exchange, reason: 'closed' });
        log.info({ exchange, ...event }, 'connection closed');
        return;
      case 'refused':
      case 'silent':
        log.warn({ exchange, ...event }, 'connection failed');
        return;
      case 'rest-failed':
        log.warn({ exchange, connection, ...event }, 'request failed');
        return;
      case 'retrying':
      case 'renewing':
      case 'connecting':
        log.debug({ exchange, connection, ...event }, 'connection changing');
    }
  }

  /** Of copies of a feed, the first that is open: a closed one asks for nothing. */
  private sessionOf(exchange: string, venueSymbol: string): VenueSession | undefined {
    const copies = this.sessions.filter((one) => one.exchange === exchange && one.venueSymbols.has(venueSymbol));
    return copies.find(({ session }) => session.isOpen) ?? copies[0];
  }
}

function rowOf(pair: LiveVenue['pairs'][number]): InstrumentRow {
  const { venueSymbol, base, quote } = pair;
  return { venueSymbol, base, quote, tickSize: pair.tickSize, lotSize: pair.lotSize, tradable: true };
}
