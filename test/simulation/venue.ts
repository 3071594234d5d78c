/**
 * A simulated exchange without a server: the same market and protocols as `src/simulator` has on loopback, on links whose
 * delays, losses and ends are the simulation's. Each direction of a link keeps its order, as TCP does.
 */

import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { HttpAnswer } from '../../src/exchanges/session-fetch.ts';
import type { Socket, SocketHandlers } from '../../src/exchanges/session-socket.ts';
import { chance, int, pick, type Prng } from '../../src/lib/prng.ts';
import { utf8Of } from '../../src/lib/utf8.ts';
import { Connection } from '../../src/simulator/connection.ts';
import type { FaultKind } from '../../src/simulator/fault-plan.ts';
import { FaultDesk } from '../../src/simulator/faults.ts';
import { describePair } from '../../src/simulator/instrument.ts';
import { Market } from '../../src/simulator/market.ts';
import type { VenueProtocol } from '../../src/simulator/venue-protocol.ts';
import { VENUES, type VenueName } from '../../src/simulator/venues.ts';
import type { Incarnation } from './process.ts';
import type { Timeline } from './timeline.ts';
import { Truth } from './truth.ts';

export interface VenueOptions {
  readonly venue: VenueName;
  readonly pairs: readonly string[];
  readonly seed: string;
  readonly prng: Prng;
  readonly timeline: Timeline;
  /** Faults that may strike frames of books. */
  readonly faults: readonly FaultKind[];
  readonly ratePerPair: number;
  readonly levelsPerSide: number;
  /** Levels per side that books are kept to. */
  readonly depth: number;
  /** Longest way of a frame, µs. */
  readonly latencyUsMax: number;
  /** How often a request or a new socket meets nobody. */
  readonly refusal: number;
  /** Frames that may wait for a client that does not read, before it is cut off. */
  readonly unreadMax: number;
  readonly trace: (words: () => string) => void;
}

/** How often time passes at a venue: every protocol counts on it. */
const SLICE_US = 10_000;
/** Longer than any venue may be silent, and than a session waits for it. */
const FREEZE_US = 60_000_000;
const DELAY_US_MAX = 400_000;
/** When it is calm, the market moves for so long in each such time. */
const CALM_PERIOD_US = 1_000_000;
const CALM_ACTIVE_US = 150_000;

export class SimVenue {
  readonly name: VenueName;
  readonly truth: Truth;
  /** Nothing happens in the market, while its time goes on. */
  isAtRest = false;
  /** No request or new socket is refused any more. */
  isCalm = false;
  /** Nothing comes from it any more. */
  isClosed = false;
  readonly struck: Record<string, number> = {};
  /** Clients that it cut off since they did not read. */
  cutOff = 0;
  private readonly options: VenueOptions;
  private readonly market: Market;
  private readonly desk: FaultDesk;
  private readonly protocol: VenueProtocol;
  /** How to stop listening for an end of the requests that have no answer yet. */
  private readonly unanswered = new Set<() => void>();
  private readonly links = new Set<SimLink>();
  private opened = 0;

  constructor(options: VenueOptions) {
    const { venue, pairs, seed, timeline, depth } = options;
    const definition = VENUES[venue]();
    this.options = options;
    this.name = venue;
    this.truth = new Truth({ depth, isInMilliseconds: venue === 'bitfinex' });
    this.market = new Market({
      seed: `${seed}/${venue}`,
      instruments: pairs.map((pair) => describePair(pair, definition.grid)),
      ratePerPair: options.ratePerPair,
      whalesPerMinute: 20,
      levelsPerSide: options.levelsPerSide,
      startUs: timeline.nowUs,
    });
    this.desk = new FaultDesk({ rates: {}, delayUsMax: DELAY_US_MAX, freezeUs: FREEZE_US }, `${seed}/${venue}/faults`);
    this.protocol = definition.create({ market: this.market, faults: this.desk });
    for (const pair of this.market.pairs) this.truth.begin(pair, timeline.nowUs);
  }

  /** Connections that it keeps. */
  get connections(): number {
    return this.links.size;
  }

  /** One more slice of its time has passed. */
  tick(nowUs: number): void {
    // While nothing but the end is waited for, less happens.
    if (this.isAtRest || (this.isCalm && nowUs % CALM_PERIOD_US >= CALM_ACTIVE_US)) this.market.leap(nowUs);
    this.market.advance(nowUs, (action) => {
      this.truth.note(action);
      this.protocol.onAction(action);
    });
    for (const { connection } of this.links) connection.tick();
    this.protocol.onSlice();
  }

  /** One of its faults strikes the next frame of some book. */
  strike(): void {
    const { prng, faults, pairs, trace } = this.options;
    if (faults.length === 0) return;
    const [kind, pair] = [pick(prng, faults), pick(prng, pairs)];
    trace(() => `${this.name}: ${kind} is to strike ${pair}`);
    this.struck[kind] = (this.struck[kind] ?? 0) + 1;
    this.desk.askNext(pair, kind);
    // A snapshot is asked for by a new connection.
    if (kind === 'stale-snapshot') this.breakLinks();
  }

  /** Cuts every connection. */
  breakLinks(): void {
    for (const link of [...this.links]) link.cut('cut by the venue');
  }

  /** For good. */
  close(): void {
    this.isClosed = true;
    this.breakLinks();
  }

  /** Nobody waits for an answer any more. A signal that is listened to is never collected, nor would be all that hears it. */
  forget(): void {
    for (const stopListening of this.unanswered) stopListening();
    this.unanswered.clear();
  }

  /** A client has died: the system that it ran on closes its sockets. */
  disown(owner: Incarnation): void {
    for (const link of [...this.links]) if (link.isOf(owner)) link.cut('its client died');
  }

  /** Stays silent on every connection for a while. */
  freeze(): void {
    for (const { connection } of this.links) connection.freeze(FREEZE_US);
  }

  connect(owner: Incarnation, address: string, handlers: SocketHandlers): Socket {
    const { prng, timeline, latencyUsMax, refusal, trace } = this.options;
    const url = new URL(address);
    const id = ++this.opened;
    const link: SimLink = new SimLink({
      ...{ owner, timeline, handlers, trace, name: `${this.name}#${id}` },
      latencyUs: int(prng, 100, latencyUsMax),
      unreadMax: this.options.unreadMax,
      onCutOff: () => this.cutOff++,
      connectionOf: (end) =>
        new Connection({
          ...{ id, stream: UNCORKED, clock: () => this.market.nowUs, faults: this.desk },
          socket: end as unknown as WebSocket,
        }),
      onMessage: (text) => this.protocol.received(link.connection, text),
      onPong: (payload) => this.protocol.receivedControl(link.connection, 'pong', payload),
      onEnd: () => {
        if (this.links.delete(link)) this.protocol.closed(link.connection);
      },
    });
    const isRefused = !this.isCalm && chance(prng, refusal);
    link.arrive(() => {
      if (isRefused || this.isClosed || !this.protocol.accepts(url)) return link.cut('refused');
      link.open();
      this.links.add(link);
      this.protocol.opened(link.connection, url);
    });
    return link;
  }

  get(owner: Incarnation, address: string, signal: AbortSignal): Promise<HttpAnswer> {
    const { prng, timeline, latencyUsMax, refusal } = this.options;
    const url = new URL(address);
    const fails = !this.isCalm && chance(prng, refusal);
    const [thereUs, backUs] = [int(prng, 100, latencyUsMax), int(prng, 100, 2 * latencyUsMax)];
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(new Error('aborted', { cause: signal.reason }));
      const stopListening = (): void => signal.removeEventListener('abort', abort);
      signal.addEventListener('abort', abort);
      this.unanswered.add(stopListening);
      timeline.after(
        thereUs,
        () => {
          const { status, headers, body } = this.protocol.http(url);
          owner.after(
            backUs,
            () => {
              stopListening();
              this.unanswered.delete(stopListening);
              if (fails || this.isClosed) reject(new Error('connection reset'));
              else resolve({ status, header: (name) => headers?.[name] ?? null, body: utf8Of(body) });
            },
            2,
          );
        },
        0,
      );
    });
  }
}

/** The slices of all venues, for ever. */
export function keepTime(timeline: Timeline, venues: readonly SimVenue[]): void {
  const tick = (): void => {
    for (const venue of venues) venue.tick(timeline.nowUs);
    timeline.after(SLICE_US, tick, 0);
  };
  timeline.after(SLICE_US - (timeline.nowUs % SLICE_US), tick, 0);
}

const UNCORKED = { cork: () => undefined, uncork: () => undefined } as unknown as Duplex;

/** What a connection of the simulator does with its socket. */
interface VenueEnd {
  readyState: number;
  readonly bufferedAmount: number;
  send(text: string): void;
  ping(payload: string): void;
  pong(): void;
  close(): void;
  terminate(): void;
}

interface LinkOptions {
  readonly owner: Incarnation;
  readonly timeline: Timeline;
  readonly handlers: SocketHandlers;
  readonly trace: (words: () => string) => void;
  readonly name: string;
  readonly latencyUs: number;
  readonly unreadMax: number;
  readonly onCutOff: () => void;
  readonly connectionOf: (end: VenueEnd) => Connection;
  /** These are of the venue's end. */
  readonly onMessage: (text: string) => void;
  readonly onPong: (payload: string) => void;
  readonly onEnd: () => void;
}

/** One TCP connection, with both of its ends. */
class SimLink implements Socket {
  /** The venue's view of it. */
  readonly connection: Connection;
  private readonly options: LinkOptions;
  private readonly venueEnd: VenueEnd;
  private isOver = false;
  private isPaused = false;
  /** What came while the client did not read, in order. */
  private readonly unread: (() => void)[] = [];

  constructor(options: LinkOptions) {
    this.options = options;
    const { handlers, onPong } = options;
    this.venueEnd = {
      readyState: WebSocket.CONNECTING,
      bufferedAmount: 0,
      send: (text) => this.deliver(() => this.onFrame(text)),
      ping: (payload) => {
        this.deliver(() => handlers.onPing());
        // The client's library answers by itself.
        this.arrive(() => onPong(payload));
      },
      pong: () => this.deliver(() => handlers.onPing()),
      close: () => this.cut('closed by the venue'),
      terminate: () => this.cut('cut by the venue'),
    };
    this.connection = options.connectionOf(this.venueEnd);
  }

  isOf(owner: Incarnation): boolean {
    return this.options.owner === owner;
  }

  /** Something reaches the venue. */
  arrive(act: () => void): void {
    const { timeline, latencyUs } = this.options;
    timeline.after(
      latencyUs,
      () => {
        if (!this.isOver) act();
      },
      0,
    );
  }

  open(): void {
    this.venueEnd.readyState = WebSocket.OPEN;
    this.deliver(() => this.options.handlers.onOpen());
  }

  /** It breaks: what is on its way is lost, and both ends hear of it. */
  cut(reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.venueEnd.readyState = WebSocket.CLOSED;
    const { owner, latencyUs, handlers, name, trace, onEnd } = this.options;
    trace(() => `${name} ${reason}`);
    onEnd();
    owner.after(latencyUs, () => handlers.onEnd({ reason, retryAfterMs: null }));
  }

  send(text: string): void {
    this.options.trace(() => `${this.options.name} <- ${text}`);
    this.arrive(() => this.options.onMessage(text));
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    if (this.unread.length > 0) this.options.owner.after(0, () => this.drain());
  }

  close(): void {
    this.cut('closed');
  }

  terminate(): void {
    this.cut('cut');
  }

  private onFrame(text: string): void {
    this.options.trace(() => `${this.options.name} -> ${text.slice(0, 200)}`);
    this.options.handlers.onFrame(utf8Of(text));
  }

  private deliver(act: () => void): void {
    this.options.owner.after(this.options.latencyUs, () => this.hand(act));
  }

  private hand(act: () => void): void {
    if (this.isOver) return;
    if (!this.isPaused && this.unread.length === 0) act();
    else if (this.unread.push(act) > this.options.unreadMax) {
      this.options.onCutOff();
      this.cut('too slow for the venue');
    }
  }

  private drain(): void {
    while (!this.isPaused && !this.isOver) {
      const act = this.unread.shift();
      if (act === undefined) return;
      act();
    }
  }
}
