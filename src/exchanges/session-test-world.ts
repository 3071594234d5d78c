/** A world of one session under test: a clock driven by hand, sockets and REST answers that the test decides. */

import { createPrng, uniform } from '../lib/prng.ts';
import type { TextRecord } from '../../test/fixtures/feed-records.ts';
import { textRecord } from '../../test/fixtures/feed-records.ts';
import { utf8Of } from '../lib/utf8.ts';
import type { Clock } from '../ports/clock.ts';
import type { ExchangeWire, WireLimits } from '../ports/exchange-wire.ts';
import { binance } from './binance.ts';
import { SessionBudgets } from './session-budgets.ts';
import type { SessionEvent } from './session-event.ts';
import type { HttpAnswer, HttpGet } from './session-fetch.ts';
import type { SocketFactory, SocketHandlers } from './session-socket.ts';
import { Session } from './session.ts';

/** Virtual time: timers fire in order, each at its own moment. */
export class FakeClock implements Clock {
  private now = 1_700_000_000_000_000;
  private timers: { readonly dueUs: number; readonly fn: () => void }[] = [];

  nowUs(): number {
    return this.now;
  }

  setTimer(ms: number, fn: () => void): () => void {
    const timer = { dueUs: this.now + ms * 1000, fn };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  }

  /** Timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.timers.length;
  }

  /** Lets time pass, and after each timer everything that waits on promises. */
  async advance(ms: number): Promise<void> {
    const endUs = this.now + ms * 1000;
    await settled();
    for (let due = this.firstDue(endUs); due !== undefined; due = this.firstDue(endUs)) {
      this.now = due.dueUs;
      this.fire(due);
      await settled();
    }
    this.now = endUs;
  }

  /** The thread was held up: time passed and every timer is late. */
  stall(ms: number): void {
    this.now += ms * 1000;
    for (let due = this.firstDue(this.now); due !== undefined; due = this.firstDue(this.now)) this.fire(due);
  }

  private fire(timer: { readonly fn: () => void }): void {
    this.timers = this.timers.filter((one) => one !== timer);
    timer.fn();
  }

  private firstDue(endUs: number): { readonly dueUs: number; readonly fn: () => void } | undefined {
    return this.timers.filter(({ dueUs }) => dueUs <= endUs).sort((a, b) => a.dueUs - b.dueUs)[0];
  }
}

/** Waits until promise callbacks have run. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A socket whose other end is the test. */
export class FakeSocket {
  readonly url: string;
  readonly sent: string[] = [];
  state: 'connecting' | 'open' | 'ended' = 'connecting';
  paused = false;
  private readonly handlers: SocketHandlers;

  constructor(url: string, handlers: SocketHandlers) {
    this.url = url;
    this.handlers = handlers;
  }

  open(): void {
    this.state = 'open';
    this.handlers.onOpen();
  }

  receive(frame: string): void {
    this.handlers.onFrame(utf8Of(frame));
  }

  ping(): void {
    this.handlers.onPing();
  }

  end(reason: string, retryAfterMs: number | null = null): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.handlers.onEnd({ reason, retryAfterMs });
  }

  send(text: string): void {
    this.sent.push(text);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  close(): void {
    this.end('1000');
  }

  terminate(): void {
    this.end('1006');
  }
}

/** A REST request that waits for the test to answer it. */
export interface FakeRequest {
  readonly url: string;
  readonly signal: AbortSignal;
  answer(status: number, body?: string, headers?: Readonly<Record<string, string>>): void;
  fail(error: Error): void;
}

export interface TestWorldOptions {
  readonly wire?: ExchangeWire;
  readonly venueSymbols?: readonly string[];
  readonly limits?: Partial<WireLimits>;
  readonly seed?: string;
  readonly authorise?: () => Promise<(frame: string) => string>;
}

export class TestWorld {
  readonly clock = new FakeClock();
  readonly sockets: FakeSocket[] = [];
  readonly requests: FakeRequest[] = [];
  readonly records: TextRecord[] = [];
  readonly events: SessionEvent[] = [];
  /** Called with each record after it was noted. */
  onRecord: (record: TextRecord) => void = () => {};
  /** Called with each state event after it was noted. */
  onEvent: (event: SessionEvent) => void = () => {};
  readonly session: Session;

  constructor({
    wire = binance,
    venueSymbols = ['BTCUSDT'],
    limits = {},
    seed = 'session',
    authorise,
  }: TestWorldOptions = {}) {
    const prng = createPrng(seed);
    const { clock } = this;
    this.session = new Session({
      wire,
      wsUrl: 'ws://venue.test',
      restUrl: 'http://venue.test/',
      subscription: { venueSymbols, bookDepth: 5000, audit: false },
      connectionId: 'feed-1',
      clock,
      random: { next: () => uniform(prng) },
      budgets: new SessionBudgets({ clock, get: this.get }),
      limits,
      ...(authorise === undefined ? {} : { authorise }),
      openSocket: this.openSocket,
      onRecord: (told) => {
        const record = textRecord(told);
        this.records.push(record);
        this.onRecord(record);
      },
      onState: (event) => {
        this.events.push(event);
        this.onEvent(event);
      },
    });
  }

  /** The newest socket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('the session has opened no socket yet');
    return socket;
  }

  /** The newest request. */
  get request(): FakeRequest {
    const request = this.requests.at(-1);
    if (request === undefined) throw new Error('the session has made no request yet');
    return request;
  }

  /** Records as `conn op data` lines. */
  get lines(): string[] {
    return this.records.map(({ conn, op, data }) => `${conn} ${op}${data === null ? '' : ` ${data}`}`);
  }

  /** Starts the session and opens its first socket. */
  startOpen(): FakeSocket {
    this.session.start();
    this.socket.open();
    return this.socket;
  }

  /** Delays of all `retrying` events. */
  get retryDelays(): number[] {
    return this.events.flatMap((event) => (event.kind === 'retrying' ? [event.delayMs] : []));
  }

  eventsOf<K extends SessionEvent['kind']>(kind: K): Extract<SessionEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<SessionEvent, { kind: K }> => event.kind === kind);
  }

  private readonly openSocket: SocketFactory = (url, handlers) => {
    const socket = new FakeSocket(url, handlers);
    this.sockets.push(socket);
    return socket;
  };

  private readonly get: HttpGet = (url, signal) =>
    new Promise<HttpAnswer>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted', { cause: signal.reason })));
      this.requests.push({
        url,
        signal,
        answer: (status, body = '{}', headers = {}) =>
          resolve({ status, body: utf8Of(body), header: (name) => headers[name] ?? null }),
        fail: reject,
      });
    });
}
