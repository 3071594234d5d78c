/**
 * The socket life of one set of subscriptions, the same for every venue: connect, subscribe, watch, come back, renew,
 * and fetch by REST what the socket does not bring. Everything that happened comes out as feed records.
 *
 *     start -> connecting -> open, subscribing -> live --renew--> live, while a successor opens and subscribes
 *                  ^             |                 |                        | its books were heard
 *                  +--back-off---+-----------------+                        v
 *                         (closed, silent, refused)              the successor is live, the old one closed
 *
 * Each socket is a connection of its own, named `<connectionId>.<generation>`.
 */

import { assert } from '../lib/assert.ts';
import { Backoff } from '../lib/backoff.ts';
import { utf8Of } from '../lib/utf8.ts';
import type { FeedOp, FeedRecord } from '../model/feed-record.ts';
import type { CancelTimer, Clock } from '../ports/clock.ts';
import type { ExchangeWire, Subscription, WireLimits } from '../ports/exchange-wire.ts';
import type { Random } from '../ports/random.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { SessionBudgets } from './session-budgets.ts';
import { SessionComparisons } from './session-comparisons.ts';
import type { ConnectionEnd, Seal } from './session-connection.ts';
import { Connection } from './session-connection.ts';
import type { SessionEvent } from './session-event.ts';
import { Handover } from './session-handover.ts';
import { SessionRequests } from './session-requests.ts';
import type { SocketFactory } from './session-socket.ts';
import { openWebSocket } from './session-socket.ts';
import { Spacing } from './session-spacing.ts';

export interface SessionOptions {
  readonly wire: ExchangeWire;
  /** Where to connect instead of `wire.endpoints`: scheme, host and port. */
  readonly wsUrl: string;
  readonly restUrl: string;
  readonly subscription: Subscription;
  /** Unique among the sessions of a process. */
  readonly connectionId: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Shared by the sessions of a thread. */
  readonly budgets: SessionBudgets;
  /** Replaces limits of the wire. */
  readonly limits?: Partial<WireLimits>;
  readonly openSocket?: SocketFactory;
  /** Where the venue wants to know who asks: prepares a connection. Rejects with words that hold no secret. */
  readonly authorise?: () => Promise<Seal>;
  /**
   * Gets every record, in the order things happened. Called synchronously but never from within itself: what a record
   * causes (a frame sent) comes after it returned. A frame's bytes are valid during the call only. Must not throw.
   */
  readonly onRecord: (record: FeedRecord) => void;
  readonly onState: (event: SessionEvent) => void;
}

const RETRY_BASE_MS = 500;
const RETRY_MAX_MS = 30_000;
/** A connection that lasted so long was no failed attempt: the next back-off is a first one again. */
const STABLE_MS = 30_000;
const INSTRUMENTS = 'instruments';

export class Session {
  private readonly options: SessionOptions;
  private readonly limits: WireLimits;
  private readonly url: string;
  private readonly connects: RateLimiter;
  private readonly snapshots: SessionRequests;
  private readonly instruments: SessionRequests;
  /** Null where the wire has nothing to compare. */
  private readonly comparisons: SessionComparisons | null;
  private readonly backoff: Backoff;
  private readonly resubscribeSpacing: Spacing;
  private readonly resubscribeTimers = new Map<string, CancelTimer>();

  private phase: 'new' | 'running' | 'stopped' = 'new';
  private paused = false;
  private generation = 0;
  /** The connection that serves, or the last one to open. */
  private current: Connection | null = null;
  /** The one that will: the first, one after a loss, or the successor of `current`. */
  private next: Connection | null = null;
  private handover: Handover | null = null;
  /** The next connection waits for its authorisation. */
  private isAuthorising = false;
  private cancelRetry: CancelTimer | null = null;
  private cancelRenewal: CancelTimer | null = null;
  /** Sockets that are not gone yet. */
  private readonly sockets = new Set<Promise<void>>();

  private readonly undelivered: FeedRecord[] = [];
  private delivering = false;

  constructor(options: SessionOptions) {
    const { wire, clock, random, budgets, subscription } = options;
    this.options = options;
    this.limits = { ...wire.limits, ...options.limits };
    this.url = options.wsUrl.replace(/\/$/, '') + wire.connectPath(subscription);
    this.connects = budgets.connections(options.wsUrl, this.limits.connectionsPerInterval);
    const requests = {
      client: budgets.rest(options.restUrl, this.limits.restWeight),
      clock,
      random,
      onAnswer: (url: string, body: Uint8Array) => this.record(this.connectionName, clock.nowUs(), 'http', url, body),
      onFailed: (failure: Omit<Extract<SessionEvent, { kind: 'rest-failed' }>, 'kind'>) =>
        options.onState({ kind: 'rest-failed', ...failure }),
    };
    this.snapshots = new SessionRequests(requests);
    this.instruments = new SessionRequests(requests);
    this.comparisons =
      wire.comparison === undefined
        ? null
        : new SessionComparisons({
            rule: wire.comparison,
            clock,
            requests: new SessionRequests({
              ...requests,
              onAnswer: (url, body) => {
                requests.onAnswer(url, body);
                this.comparisons?.onAnswer(wire.routeHttp(url));
              },
            }),
            onTimer: (name, symbol) =>
              this.record(this.connectionName, clock.nowUs(), 'timer', null, utf8Of(`${name} ${symbol}`)),
          });
    this.backoff = new Backoff({ baseMs: RETRY_BASE_MS, maxMs: RETRY_MAX_MS, uniform: () => random.next() });
    this.resubscribeSpacing = new Spacing(random);
  }

  /** Begins to connect. Once only. */
  start(): void {
    assert(this.phase === 'new', `a session starts once; this one is ${this.phase}`);
    this.phase = 'running';
    this.connect();
  }

  /** Whether a connection is open, so that what is asked for may come. */
  get isOpen(): boolean {
    return this.newestOpen() !== null;
  }

  /** Whether records of this connection come from here. */
  owns(conn: string): boolean {
    const { connectionId } = this.options;
    return conn === connectionId || conn.slice(0, conn.lastIndexOf('.')) === connectionId;
  }

  /**
   * Asks for a pair's snapshot by REST; the answer is an `http` record. A request is repeated until it is answered and
   * lives as long as any connection of the session is open: when the last one closes it is forgotten, since the book
   * has to begin again anyway. Nothing where the wire's snapshots come by socket, one is outstanding, or none is open.
   */
  requestSnapshot(venueSymbol: string): void {
    const request = this.options.wire.snapshotRequest(venueSymbol, this.options.subscription.bookDepth);
    if (request !== null && this.newestOpen() !== null) this.snapshots.ask(venueSymbol, request);
  }

  /**
   * Makes the venue send a pair's snapshot again on the newest open connection. Repeated wishes are spaced out. Nothing while
   * that connection still subscribes: it brings snapshots by itself, and would take back what has just come.
   */
  resubscribe(venueSymbol: string, channel = ''): void {
    const { wire, subscription, clock } = this.options;
    const frames = wire.resubscribe(venueSymbol, subscription, channel);
    if (frames.length === 0 || !this.isSubscribed || this.resubscribeTimers.has(venueSymbol)) return;
    const send = (): void => {
      this.resubscribeTimers.delete(venueSymbol);
      if (this.isSubscribed) this.newestOpen()?.send(venueSymbol, frames);
    };
    const delayMs = this.resubscribeSpacing.delayMs(venueSymbol, clock.nowUs());
    if (delayMs === 0) send();
    else this.resubscribeTimers.set(venueSymbol, clock.setTimer(delayMs, send));
  }

  /**
   * Has a pair's book held against the venue's own by REST: `timer` records say when that begins and ends, an `http` record
   * has the answer. Nothing where the wire has no such rule, no connection is open, or nothing is read from it.
   */
  compare(venueSymbol: string): void {
    if (this.newestOpen() !== null && !this.paused) this.comparisons?.begin(venueSymbol);
  }

  /** Asks for the list of instruments by REST, until it is answered or the session stops. */
  requestInstruments(): void {
    if (this.phase !== 'stopped') this.instruments.ask(INSTRUMENTS, this.options.wire.instrumentsRequest());
  }

  /**
   * Opens a successor of the serving connection at once, e.g. since the venue announced to close it.
   * @param conn the connection meant; where it is a successor that has not taken over yet, another one takes its place
   */
  renew(conn?: string): void {
    if (conn === undefined || conn === this.current?.id) this.beginRenewal('the venue will close it');
    else if (conn === this.next?.id) this.dismissSuccessor(this.next, 'it is to be replaced itself');
  }

  /** Stops reading from the venue, which then waits or closes. Silence is not counted. */
  pause(): void {
    this.paused = true;
    this.comparisons?.cancelAll();
    this.current?.pause();
    this.next?.pause();
  }

  resume(): void {
    this.paused = false;
    this.current?.resume();
    this.next?.resume();
  }

  /** Closes everything. The last records come before this returns; the promise is for the sockets to be gone. */
  async stop(): Promise<void> {
    if (this.phase !== 'stopped') {
      this.phase = 'stopped';
      this.cancelRetry?.();
      this.cancelRenewal?.();
      this.handover?.cancel();
      this.instruments.cancelAll();
      const { next, current } = this;
      this.next = null;
      this.current = null;
      if (next !== null) this.retire(next, 'the session stops');
      if (current !== null) this.retire(current, 'the session stops');
      this.forgetWishes();
    }
    await Promise.all(this.sockets);
  }

  // ---- opening ----

  private connect(): void {
    this.cancelRetry = null;
    if (this.phase !== 'running') return;
    const { clock, onState } = this.options;
    const waitUs = this.connects.take(clock.nowUs(), 1);
    if (waitUs > 0) {
      const delayMs = Math.ceil(waitUs / 1000);
      this.cancelRetry = clock.setTimer(delayMs, () => this.connect());
      onState({ kind: 'retrying', reason: 'the budget of new connections is spent', delayMs });
      return;
    }
    const { authorise } = this.options;
    if (authorise === undefined) this.open();
    else void this.openAuthorised(authorise);
  }

  private async openAuthorised(authorise: () => Promise<Seal>): Promise<void> {
    this.isAuthorising = true;
    try {
      const seal = await authorise();
      this.isAuthorising = false;
      if (this.phase === 'running') this.open(seal);
    } catch (error) {
      this.isAuthorising = false;
      this.retry(`not authorised: ${error instanceof Error ? error.message : String(error)}`, 0);
    }
  }

  private open(seal?: Seal): void {
    const connection = this.openConnection(seal);
    this.next = connection;
    if (this.paused) connection.pause();
    this.options.onState({ kind: 'connecting', conn: connection.id, url: connection.url });
  }

  private openConnection(seal?: Seal): Connection {
    const { options, url } = this;
    const { wire, subscription, clock } = options;
    const id = `${options.connectionId}.${++this.generation}`;
    const connection: Connection = new Connection({
      id,
      url,
      limits: this.limits,
      subscribeFrames: wire.subscribe(subscription),
      ...(seal === undefined ? {} : { seal }),
      clock,
      openSocket: options.openSocket ?? openWebSocket,
      events: {
        onRecord: (tUs, op, recordUrl, data) => this.record(id, tUs, op, recordUrl, data),
        onOpen: () => this.onOpen(connection),
        onFrame: (frame) => {
          if (connection === this.next) this.handover?.onFrame(frame, connection.isSubscribed);
        },
        onEnd: (end) => this.onEnd(connection, end),
      },
    });
    this.sockets.add(connection.gone);
    void connection.gone.then(() => this.sockets.delete(connection.gone));
    return connection;
  }

  private onOpen(connection: Connection): void {
    const { wire, subscription, clock, onState } = this.options;
    onState({ kind: 'open', conn: connection.id, url: connection.url });
    // A state handler may have stopped the session.
    if (connection !== this.next) return;
    if (this.current === null) {
      this.promote(connection);
      return;
    }
    this.handover = new Handover({
      wire,
      venueSymbols: subscription.venueSymbols,
      clock,
      onReady: () => this.promote(connection),
      onFailed: () => this.dismissSuccessor(connection, 'it brought no book'),
    });
  }

  /** The connection that serves goes on until another one can. */
  private dismissSuccessor(connection: Connection, reason: string): void {
    this.next = null;
    this.handover?.cancel();
    this.handover = null;
    this.retire(connection, reason);
    this.retry(`the successor was dismissed: ${reason}`, 0);
  }

  /** The connection serves from now on; the one before is closed. */
  private promote(connection: Connection): void {
    const previous = this.current;
    this.handover?.cancel();
    this.handover = null;
    this.next = null;
    this.current = connection;
    this.planRenewal(connection);
    if (previous !== null) this.retire(previous, 'its successor took over');
  }

  // ---- ending ----

  private onEnd(connection: Connection, { kind, reason, retryAfterMs }: ConnectionEnd): void {
    const { onState } = this.options;
    const { id: conn, url } = connection;
    if (kind === 'refused') onState({ kind, conn, url, reason });
    if (kind === 'silent') onState({ kind, conn, reason });
    if (kind !== 'refused') onState({ kind: 'closed', conn, reason, planned: false });
    this.forgiveIfStable(connection);
    if (connection === this.next) {
      this.next = null;
      this.handover?.cancel();
      this.handover = null;
      this.retry(reason, retryAfterMs ?? 0);
    } else if (connection === this.current) {
      this.current = null;
      this.cancelRenewal?.();
      if (this.next?.isOpen === true) this.promote(this.next);
      else if (this.next === null && !this.isAuthorising) this.retry(reason, retryAfterMs ?? 0);
    }
    if (this.newestOpen() === null) this.forgetWishes();
  }

  private retire(connection: Connection, reason: string): void {
    const wasOpen = connection.isOpen;
    connection.close();
    if (wasOpen) this.options.onState({ kind: 'closed', conn: connection.id, reason, planned: true });
  }

  private retry(reason: string, minMs: number): void {
    if (this.phase !== 'running') return;
    this.cancelRetry?.();
    const delayMs = Math.max(this.backoff.next(), minMs);
    this.cancelRetry = this.options.clock.setTimer(delayMs, () => this.connect());
    this.options.onState({ kind: 'retrying', reason, delayMs });
  }

  private forgiveIfStable(connection: Connection): void {
    if (connection.ageMs >= STABLE_MS) this.backoff.reset();
  }

  /** No connection is left: what books wished for has no meaning any more. */
  private forgetWishes(): void {
    this.snapshots.cancelAll();
    this.comparisons?.cancelAll();
    for (const cancel of this.resubscribeTimers.values()) cancel();
    this.resubscribeTimers.clear();
  }

  // ---- renewal ----

  /** Near 23/24 of the venue's limit, spread so that connections opened together are not renewed together. */
  private planRenewal(connection: Connection): void {
    this.cancelRenewal?.();
    this.cancelRenewal = null;
    const lifeMs = this.limits.connectionLifeMs;
    if (lifeMs === null) return;
    const dueMs = (lifeMs * 23) / 24 - (this.options.random.next() * lifeMs) / 48;
    const waitMs = Math.max(0, Math.round(dueMs - connection.ageMs));
    this.cancelRenewal = this.options.clock.setTimer(waitMs, () => this.beginRenewal('it nears its age limit'));
  }

  private beginRenewal(reason: string): void {
    const { current } = this;
    // Where the next attempt is on its way already, it is the renewal.
    const isOnItsWay = this.next !== null || this.cancelRetry !== null || this.isAuthorising;
    if (this.phase !== 'running' || current === null || isOnItsWay) return;
    this.forgiveIfStable(current);
    this.options.onState({ kind: 'renewing', conn: current.id, reason });
    this.connect();
  }

  // ---- records ----

  private newestOpen(): Connection | null {
    if (this.next?.isOpen === true) return this.next;
    return this.current;
  }

  private get isSubscribed(): boolean {
    return this.newestOpen()?.isSubscribed === true;
  }

  private get connectionName(): string {
    return this.newestOpen()?.id ?? this.options.connectionId;
  }

  private record(conn: string, tUs: number, op: FeedOp, url: string | null, data: Uint8Array | null): void {
    const record: FeedRecord = { tUs, exchange: this.options.wire.exchange, conn, op, url, data };
    if (this.delivering) {
      this.undelivered.push(record);
      return;
    }
    this.delivering = true;
    try {
      this.options.onRecord(record);
      // What taking the record in has caused comes behind it.
      while (this.undelivered.length > 0) {
        const next = this.undelivered.shift();
        if (next !== undefined) this.options.onRecord(next);
      }
    } finally {
      this.delivering = false;
    }
  }
}
