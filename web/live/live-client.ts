/**
 * The connection to `/api/live`: one socket for all views of this tab. It connects again by itself, with exponential back-off
 * and full jitter, subscribes anew then, and says at each moment how much may be believed of what is on the screen.
 */

import { Backoff } from '../../src/lib/backoff.ts';
import type { ClientMessage, LiveView, ServerMessage } from '../../src/monitor/api/live.ts';
import type { MarketsSnapshot, MarketsUpdate } from '../../src/monitor/api/market.ts';
import type { SystemState, SystemUpdate } from '../../src/monitor/api/system.ts';
import type { WhalesSnapshot, WhalesUpdate } from '../../src/monitor/api/whales.ts';
import { HEARTBEAT_MS, viewKey } from '../../src/monitor/api/keys.ts';

/** What a view's subscriber hears, by the kind of the view. */
interface Told {
  whales: { snapshot: WhalesSnapshot; update: WhalesUpdate };
  markets: { snapshot: MarketsSnapshot; update: MarketsUpdate };
  system: { snapshot: SystemState; update: SystemUpdate };
}

export interface ViewHandler<Kind extends keyof Told> {
  /** Replaces everything that was told before. */
  snapshot(data: Told[Kind]['snapshot']): void;
  update(data: Told[Kind]['update']): void;
  refused(message: string): void;
}

/** `quiet`: connected, and nothing has come for longer than it should have. */
export type ConnectionState = 'connecting' | 'live' | 'quiet' | 'waiting';

export interface ConnectionStatus {
  readonly state: ConnectionState;
  /** While waiting: when the next attempt is, ms of `performance.now`. */
  readonly retryAtMs: number | null;
  readonly attempts: number;
  readonly version: string | null;
}

interface Subscription {
  readonly view: LiveView;
  readonly take: (message: ViewMessage) => void;
  /** Of the last state that was taken; null until a snapshot has come. */
  seq: number | null;
}

type ViewMessage = Extract<ServerMessage, { readonly view: string }>;

const BACKOFF = { baseMs: 500, maxMs: 15_000 };
/** Heartbeats that may be missing before the connection counts as quiet, and as dead. */
const QUIET_HEARTBEATS = 2;
const DEAD_HEARTBEATS = 3;
const LOOK_MS = 500;
/** Differences of clocks that are remembered: the least of them has met the least delay. */
const CLOCK_SAMPLES = 16;

export class LiveClient {
  private readonly url: string;
  private readonly subscriptions = new Map<string, Subscription>();
  private readonly listeners = new Set<(status: ConnectionStatus) => void>();
  private readonly backoff = new Backoff({ ...BACKOFF, uniform: () => Math.random() });
  private readonly clocks: number[] = [];
  private socket: WebSocket | null = null;
  private retry: number | undefined;
  private heardMs = 0;
  private current: ConnectionStatus = { state: 'connecting', retryAtMs: null, attempts: 0, version: null };

  constructor(url: string) {
    this.url = url;
    window.setInterval(() => this.look(), LOOK_MS);
    window.addEventListener('online', () => this.connectNow());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.connectNow();
    });
  }

  get status(): ConnectionStatus {
    return this.current;
  }

  /** The server's time, ms since the epoch, as well as it is known here. */
  get nowMs(): number {
    return Date.now() + (this.clocks.length === 0 ? 0 : Math.max(...this.clocks));
  }

  /** Calls at each change, and now. */
  listen(listener: (status: ConnectionStatus) => void): void {
    this.listeners.add(listener);
    listener(this.current);
  }

  /** Subscribes, for as long as the returned function is not called. A view has one subscriber at a time. */
  subscribe<View extends LiveView>(view: View, handler: ViewHandler<View['kind']>): () => void {
    const key = viewKey(view);
    const subscription: Subscription = { view, seq: null, take: (message) => deliver(message, handler) };
    this.subscriptions.set(key, subscription);
    this.send({ type: 'subscribe', view });
    return () => {
      if (this.subscriptions.get(key) !== subscription) return;
      this.subscriptions.delete(key);
      this.send({ type: 'unsubscribe', view });
    };
  }

  connect(): void {
    window.clearTimeout(this.retry);
    this.become({ state: 'connecting', retryAtMs: null });
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.heardMs = performance.now();
    socket.addEventListener('open', () => {
      for (const { view } of this.subscriptions.values()) this.send({ type: 'subscribe', view });
    });
    socket.addEventListener('message', ({ data }) => {
      if (socket === this.socket) this.take(JSON.parse(String(data)) as ServerMessage);
    });
    socket.addEventListener('close', () => {
      if (socket === this.socket) this.lost();
    });
  }

  /** Tries at once where it would wait. */
  connectNow(): void {
    if (this.current.state === 'waiting') this.connect();
  }

  private take(message: ServerMessage): void {
    this.heardMs = performance.now();
    this.clocks.push(message.type === 'refused' ? (this.clocks.at(-1) ?? 0) : message.sentMs - Date.now());
    if (this.clocks.length > CLOCK_SAMPLES) this.clocks.shift();
    if (message.type === 'hello') {
      this.backoff.reset();
      this.become({ state: 'live', version: message.version, attempts: 0 });
      return;
    }
    if (this.current.state === 'quiet') this.become({ state: 'live' });
    if (message.type === 'heartbeat') return;
    const subscription = this.subscriptions.get(message.view);
    if (subscription === undefined) return;
    if (message.type === 'update') {
      // Nothing fits before the snapshot of a subscription that was made anew.
      if (subscription.seq === null) return;
      if (message.seq !== subscription.seq + 1) {
        this.subscribeAnew(subscription);
        return;
      }
    }
    if (message.type !== 'refused') subscription.seq = message.seq;
    subscription.take(message);
  }

  private subscribeAnew(subscription: Subscription): void {
    subscription.seq = null;
    this.send({ type: 'unsubscribe', view: subscription.view });
    this.send({ type: 'subscribe', view: subscription.view });
  }

  private send(message: ClientMessage): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** A socket that says nothing is not closed by itself for minutes. */
  private look(): void {
    const silentMs = performance.now() - this.heardMs;
    if (this.current.state === 'waiting') return;
    if (silentMs > DEAD_HEARTBEATS * HEARTBEAT_MS) {
      this.socket?.close();
      this.lost();
    } else if (this.current.state === 'live' && silentMs > QUIET_HEARTBEATS * HEARTBEAT_MS) {
      this.become({ state: 'quiet' });
    }
  }

  private lost(): void {
    this.socket = null;
    for (const subscription of this.subscriptions.values()) subscription.seq = null;
    const delayMs = this.backoff.next();
    this.become({ state: 'waiting', retryAtMs: performance.now() + delayMs, attempts: this.backoff.attempts });
    this.retry = window.setTimeout(() => this.connect(), delayMs);
  }

  private become(change: Partial<ConnectionStatus>): void {
    this.current = { ...this.current, ...change };
    for (const listener of this.listeners) listener(this.current);
  }
}

/** The message's kind is the view's, since its key is. */
function deliver<Kind extends keyof Told>(message: ViewMessage, handler: ViewHandler<Kind>): void {
  if (message.type === 'refused') handler.refused(message.message);
  else if (message.type === 'snapshot') handler.snapshot(message.data);
  else handler.update(message.data);
}
