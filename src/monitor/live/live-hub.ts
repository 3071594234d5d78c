/**
 * Who looks at what. Clients subscribe to views; each view has one state and one text for all of its clients, at a bounded
 * rate. A client that reads too slowly is passed over, which costs nothing but its own place in the view: once it has read,
 * it gets the view anew. One that stays slow for too long is closed.
 *
 * No sockets, no clock: time is passed in, clients are a small interface.
 */

import { CLOSE_CODES, HEARTBEAT_MS, VIEWS_PER_CLIENT_MAX, viewKey } from '../api/keys.ts';
import type { LiveView } from '../api/live.ts';
import { readClientMessage } from './client-message.ts';
import type { LiveFeed } from './live-feed.ts';

/** One connection. */
export interface LiveClient {
  /** Bytes that were sent and not read yet, as far as it is known here. */
  readonly bufferedBytes: number;
  /** @param frame as `LiveHubOptions.encode` made it; shared with other clients: it must not be changed */
  send(frame: Uint8Array): void;
  close(code: number, reason: string): void;
}

export interface LiveLimits {
  readonly clientsMax: number;
  /** More than this is waiting for a client: it is slow. */
  readonly bufferedBytesMax: number;
  /** Slow for longer than this: it is closed. */
  readonly slowMsMax: number;
}

/** Why a client was closed, or not let in. */
export type DropReason = Exclude<keyof typeof CLOSE_CODES, 'goingAway'>;

/** What the hub has done so far. Counters only grow. */
export interface LiveCounters {
  messages: number;
  bytes: number;
  /** Texts made; each went to all clients of its view. */
  encoded: number;
  /** Updates that a slow client was not sent. */
  passedOver: number;
  readonly dropped: Record<DropReason, number>;
}

export interface LiveHubOptions {
  readonly version: string;
  readonly limits: LiveLimits;
  /** A message as its clients get it. */
  readonly encode: (message: object) => Uint8Array;
  /** Opens the state of a view; null where there is no such pair. */
  readonly open: (view: LiveView) => LiveFeed | null;
}

/** Time between two states of a view. */
const PERIOD_MS: Readonly<Record<LiveView['kind'], number>> = { whales: 200, markets: 1000, system: 1000 };
/** Somebody who comes need not wait for the next regular state, but states are at least this far apart. */
const JOIN_PERIOD_MS = 100;
/** Messages of a client: so many at once, and so many per second. */
const MESSAGES_BURST = 40;
const MESSAGES_PER_S = 5;

interface Seat {
  readonly client: LiveClient;
  /** Whether the client has the view's newest state. */
  readonly views: Map<Channel, { isInStep: boolean }>;
  slowSinceMs: number | null;
  allowance: number;
  allowanceAtMs: number;
}

/** One view with all who look at it. */
interface Channel {
  readonly key: string;
  readonly feed: LiveFeed;
  readonly seats: Set<Seat>;
  seq: number;
  dueMs: number;
  advancedMs: number;
  /** The text of the whole state `seq`, made when somebody needed it. */
  snapshot: Uint8Array | null;
}

export class LiveHub {
  readonly counters: LiveCounters = {
    messages: 0,
    bytes: 0,
    encoded: 0,
    passedOver: 0,
    dropped: { tooBig: 0, malformed: 0, tooManyMessages: 0, tooSlow: 0, tooManyClients: 0 },
  };
  private readonly options: LiveHubOptions;
  private readonly seats = new Map<LiveClient, Seat>();
  private readonly channels = new Map<string, Channel>();
  private heartbeatDueMs = 0;

  constructor(options: LiveHubOptions) {
    this.options = options;
  }

  get clients(): number {
    return this.seats.size;
  }

  /** A client comes. Where there are too many, it is closed with its reason. */
  connect(client: LiveClient, nowMs: number): void {
    const { clientsMax } = this.options.limits;
    if (this.seats.size >= clientsMax) {
      this.drop(client, 'tooManyClients', `there may be ${clientsMax} clients, and there are`);
      return;
    }
    const seat = { client, views: new Map(), slowSinceMs: null, allowance: MESSAGES_BURST, allowanceAtMs: nowMs };
    this.seats.set(client, seat);
    this.send(seat, this.encode({ type: 'hello', version: this.options.version, sentMs: nowMs }));
  }

  /** The client is gone. */
  disconnect(client: LiveClient): void {
    const seat = this.seats.get(client);
    if (seat === undefined) return;
    this.seats.delete(client);
    for (const channel of seat.views.keys()) this.leave(channel, seat);
  }

  /** A message of a client, as it came. What is no message of a client is the last one of its sender. */
  receive(client: LiveClient, data: Uint8Array, nowMs: number): void {
    const seat = this.seats.get(client);
    if (seat === undefined) return;
    if (!takeAllowance(seat, nowMs)) {
      this.drop(client, 'tooManyMessages', `more than ${MESSAGES_PER_S} messages a second`);
      return;
    }
    const message = readClientMessage(data);
    if ('refusal' in message) {
      this.drop(client, message.refusal, message.reason);
    } else if (message.type === 'subscribe') {
      this.subscribe(seat, message.view, nowMs);
    } else {
      const channel = this.channels.get(viewKey(message.view));
      if (channel !== undefined && seat.views.delete(channel)) this.leave(channel, seat);
    }
  }

  /** A client has sent more than one message may have: its socket is closed by who reads it. */
  tooBig(client: LiveClient): void {
    if (!this.seats.has(client)) return;
    this.counters.dropped.tooBig++;
    this.disconnect(client);
  }

  /** Moves every view on that is due, and sends what has changed. To be called many times a second. */
  tick(nowMs: number): void {
    for (const seat of this.seats.values()) this.judge(seat, nowMs);
    for (const channel of this.channels.values()) if (channel.dueMs <= nowMs) this.advance(channel, nowMs);
    if (this.heartbeatDueMs > nowMs || this.seats.size === 0) return;
    this.heartbeatDueMs = nowMs + HEARTBEAT_MS;
    const heartbeat = this.encode({ type: 'heartbeat', sentMs: nowMs });
    for (const seat of this.seats.values()) if (seat.slowSinceMs === null) this.send(seat, heartbeat);
  }

  /** The server stops. */
  close(): void {
    for (const { client } of this.seats.values()) client.close(CLOSE_CODES.goingAway, 'the server stops');
    for (const client of [...this.seats.keys()]) this.disconnect(client);
  }

  private subscribe(seat: Seat, view: LiveView, nowMs: number): void {
    const key = viewKey(view);
    let channel = this.channels.get(key);
    if (channel !== undefined && seat.views.has(channel)) {
      // Asked for again: the client has lost its place.
      seat.views.set(channel, { isInStep: false });
    } else {
      if (seat.views.size >= VIEWS_PER_CLIENT_MAX) {
        this.refuse(seat, key, 'too-many-views', `a client may have ${VIEWS_PER_CLIENT_MAX} views at a time`);
        return;
      }
      channel ??= this.openChannel(view, key, nowMs) ?? undefined;
      if (channel === undefined) {
        this.refuse(seat, key, 'unknown-pair', 'no such pair is watched');
        return;
      }
      channel.seats.add(seat);
      seat.views.set(channel, { isInStep: false });
    }
    if (channel.snapshot !== null) this.catchUp(channel, seat, nowMs);
    else channel.dueMs = Math.min(channel.dueMs, Math.max(nowMs, channel.advancedMs + JOIN_PERIOD_MS));
  }

  private openChannel(view: LiveView, key: string, nowMs: number): Channel | null {
    const feed = this.options.open(view);
    if (feed === null) return null;
    const channel = { key, feed, seats: new Set<Seat>(), seq: 0, dueMs: nowMs, advancedMs: 0, snapshot: null };
    this.channels.set(key, channel);
    return channel;
  }

  private leave(channel: Channel, seat: Seat): void {
    channel.seats.delete(seat);
    if (channel.seats.size > 0) return;
    this.channels.delete(channel.key);
    channel.feed.close();
  }

  private advance(channel: Channel, nowMs: number): void {
    channel.dueMs = nowMs + PERIOD_MS[channel.feed.kind];
    channel.advancedMs = nowMs;
    const data = channel.feed.advance(nowMs);
    let update: Uint8Array | null = null;
    if (data !== null) {
      channel.seq++;
      channel.snapshot = null;
    }
    for (const seat of channel.seats) {
      const place = seat.views.get(channel);
      if (place === undefined) continue;
      if (seat.slowSinceMs !== null) {
        if (data !== null) {
          if (place.isInStep) this.counters.passedOver++;
          place.isInStep = false;
        }
      } else if (!place.isInStep) {
        this.catchUp(channel, seat, nowMs);
      } else if (data !== null) {
        update ??= this.encode(this.headed('update', channel, nowMs, data));
        this.send(seat, update);
      }
    }
  }

  /** Sends the whole view. Only within `advance`, or while the state is still that of its text. */
  private catchUp(channel: Channel, seat: Seat, nowMs: number): void {
    channel.snapshot ??= this.encode(this.headed('snapshot', channel, nowMs, channel.feed.snapshot()));
    seat.views.set(channel, { isInStep: true });
    this.send(seat, channel.snapshot);
  }

  private headed(type: 'snapshot' | 'update', { feed, key, seq }: Channel, sentMs: number, data: unknown): object {
    return { type, kind: feed.kind, view: key, seq, sentMs, data };
  }

  private refuse(seat: Seat, view: string, code: string, message: string): void {
    this.send(seat, this.encode({ type: 'refused', view, code, message }));
  }

  /** Whether the client keeps up. */
  private judge(seat: Seat, nowMs: number): void {
    const { bufferedBytesMax, slowMsMax } = this.options.limits;
    if (seat.client.bufferedBytes <= bufferedBytesMax) {
      seat.slowSinceMs = null;
    } else {
      seat.slowSinceMs ??= nowMs;
      if (nowMs - seat.slowSinceMs > slowMsMax) {
        this.drop(seat.client, 'tooSlow', `more than ${bufferedBytesMax} bytes unread for ${slowMsMax} ms`);
      }
    }
  }

  private drop(client: LiveClient, why: DropReason, reason: string): void {
    this.counters.dropped[why]++;
    this.disconnect(client);
    client.close(CLOSE_CODES[why], reason);
  }

  private encode(message: object): Uint8Array {
    this.counters.encoded++;
    return this.options.encode(message);
  }

  private send({ client }: Seat, data: Uint8Array): void {
    this.counters.messages++;
    this.counters.bytes += data.length;
    client.send(data);
  }
}

/** False where the client has used up what it may send. */
function takeAllowance(seat: Seat, nowMs: number): boolean {
  const earned = ((nowMs - seat.allowanceAtMs) / 1000) * MESSAGES_PER_S;
  seat.allowance = Math.min(MESSAGES_BURST, seat.allowance + Math.max(0, earned)) - 1;
  seat.allowanceAtMs = nowMs;
  return seat.allowance >= 0;
}
