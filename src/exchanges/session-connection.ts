/**
 * One socket from its opening to its end: the time limit on connecting, the paced frames to the venue, and the watch
 * for silence. It knows nothing of what follows its end.
 *
 *     connecting --> open --> closed        connecting: no record yet; a failure is a refusal
 *         |                     ^           open: `open`, then `send` and `recv`; ends with `close`
 *         +---------------------+           closed: nothing more comes, whatever the socket still does
 */

import { utf8Of } from '../lib/utf8.ts';
import type { FeedOp } from '../model/feed-record.ts';
import type { CancelTimer, Clock } from '../ports/clock.ts';
import type { WireLimits } from '../ports/exchange-wire.ts';
import type { Socket, SocketFactory } from './session-socket.ts';

/** How a connection ended that nobody closed here. */
export interface ConnectionEnd {
  /** `refused`: never opened; `silent`: cut off for want of any frame; `closed`: by the venue or the network. */
  readonly kind: 'refused' | 'silent' | 'closed';
  readonly reason: string;
  readonly retryAfterMs: number | null;
}

export interface ConnectionEvents {
  /** Something happened, at `tUs`. */
  onRecord(tUs: number, op: FeedOp, url: string | null, data: Uint8Array | null): void;
  /** The socket is open; its `open` record has gone out, nothing was sent yet. */
  onOpen(): void;
  /** A frame came; its record has gone out. */
  onFrame(frame: Uint8Array): void;
  /** At most once, never after `close()`. A `close` record has gone out where there was an `open` one. */
  onEnd(end: ConnectionEnd): void;
}

export interface ConnectionOptions {
  readonly id: string;
  readonly url: string;
  readonly limits: Pick<WireLimits, 'sendIntervalMs' | 'silenceMs' | 'ping'>;
  /** Sent as soon as the socket is open, in order. */
  readonly subscribeFrames: readonly string[];
  /** What of a frame goes out to the venue, where that needs a proof of who asks: records keep the frame without it. */
  readonly seal?: Seal;
  readonly clock: Clock;
  readonly openSocket: SocketFactory;
  readonly events: ConnectionEvents;
}

/** A frame with the proof of who asks. */
export type Seal = (frame: string) => string;

/** Frames that belong together; a key that still waits is not queued again. */
interface Outgoing {
  readonly key: string;
  readonly frames: string[];
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A watch that fires so late was held up by this thread: the frames may wait unread in the socket. */
const STALL_US = 1_000_000;
const SUBSCRIBE = ' subscribe';
const PING = ' ping';

export class Connection {
  readonly id: string;
  readonly url: string;
  /** Resolves when the socket is gone and holds nothing open any more. */
  readonly gone: Promise<void>;
  private readonly options: ConnectionOptions;
  private readonly socket: Socket;
  private phase: 'connecting' | 'open' | 'closed' = 'connecting';
  private paused = false;
  private openedUs = 0;
  private readonly outgoing: Outgoing[] = [];
  private cancelPace: CancelTimer | null = null;
  private cancelWatch: CancelTimer | null = null;
  private lastLifeUs = 0;
  private pinged = false;
  private watchDueUs = 0;

  constructor(options: ConnectionOptions) {
    this.options = options;
    this.id = options.id;
    this.url = options.url;
    this.cancelWatch = options.clock.setTimer(CONNECT_TIMEOUT_MS, () => {
      this.fail('refused', `no connection within ${CONNECT_TIMEOUT_MS} ms`);
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gone = promise;
    this.socket = options.openSocket(options.url, {
      onOpen: () => this.onOpen(),
      onFrame: (frame) => this.onFrame(frame),
      onPing: () => this.onLife(options.clock.nowUs()),
      onEnd: ({ reason, retryAfterMs }) => {
        resolve();
        this.end(this.phase === 'open' ? 'closed' : 'refused', reason, retryAfterMs);
      },
    });
  }

  get isOpen(): boolean {
    return this.phase === 'open';
  }

  /** For how long the socket has been open, ms; 0 before. */
  get ageMs(): number {
    return this.openedUs === 0 ? 0 : (this.options.clock.nowUs() - this.openedUs) / 1000;
  }

  /** True once every subscribe frame is on its way. */
  get isSubscribed(): boolean {
    return this.isOpen && !this.outgoing.some(({ key }) => key === SUBSCRIBE);
  }

  /** Queues frames behind those that wait. Nothing where `key` waits already or the socket is not open. */
  send(key: string, frames: readonly string[]): void {
    if (!this.isOpen || frames.length === 0 || this.outgoing.some((waiting) => waiting.key === key)) return;
    this.outgoing.push({ key, frames: [...frames] });
    if (this.cancelPace === null) this.sendNext();
  }

  /** Silence is not counted while paused. */
  pause(): void {
    if (this.paused) return;
    this.paused = true;
    if (this.isOpen) this.socket.pause();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    if (!this.isOpen) return;
    this.onLife(this.options.clock.nowUs());
    this.socket.resume();
  }

  /** Ends it on our side; `onEnd` does not come. */
  close(): void {
    if (this.phase === 'closed') return;
    this.settle();
    this.socket.close();
  }

  private onOpen(): void {
    if (this.phase !== 'connecting') return;
    const { clock, events, subscribeFrames } = this.options;
    this.phase = 'open';
    this.openedUs = clock.nowUs();
    this.cancelWatch?.();
    this.onLife(this.openedUs);
    this.watch(this.openedUs);
    if (this.paused) this.socket.pause();
    events.onRecord(this.openedUs, 'open', this.url, null);
    events.onOpen();
    this.send(SUBSCRIBE, subscribeFrames);
  }

  private onFrame(frame: Uint8Array): void {
    if (!this.isOpen) return;
    const { clock, events } = this.options;
    const nowUs = clock.nowUs();
    this.onLife(nowUs);
    events.onRecord(nowUs, 'recv', null, frame);
    // The record may have ended this connection.
    if (this.isOpen) events.onFrame(frame);
  }

  private onLife(nowUs: number): void {
    this.lastLifeUs = nowUs;
    this.pinged = false;
  }

  private sendNext(): void {
    const { clock, events, limits } = this.options;
    this.cancelPace = null;
    const [next] = this.outgoing;
    const frame = next?.frames.shift();
    if (next === undefined || frame === undefined) return;
    if (next.frames.length === 0) this.outgoing.shift();
    // Armed even when nothing waits: the next frame must keep its distance too.
    this.cancelPace = clock.setTimer(limits.sendIntervalMs, () => this.sendNext());
    this.socket.send(this.options.seal?.(frame) ?? frame);
    events.onRecord(clock.nowUs(), 'send', null, utf8Of(frame));
  }

  /** One timer looks at the last sign of life, rather than one being moved with every frame. */
  private watch(nowUs: number): void {
    const { clock, limits } = this.options;
    const silenceUs = limits.silenceMs * 1000;
    const idleUs = nowUs - this.lastLifeUs;
    const leftUs = (idleUs < silenceUs / 2 ? silenceUs / 2 : silenceUs) - idleUs;
    const waitMs = Math.max(1, Math.ceil(leftUs / 1000));
    this.watchDueUs = nowUs + waitMs * 1000;
    this.cancelWatch = clock.setTimer(waitMs, () => this.onWatch());
  }

  private onWatch(): void {
    const { clock, limits } = this.options;
    const nowUs = clock.nowUs();
    const silenceUs = limits.silenceMs * 1000;
    if (this.paused) this.onLife(nowUs);
    // The venue gets half the limit again to prove itself.
    else if (nowUs - this.watchDueUs > STALL_US) this.lastLifeUs = Math.max(this.lastLifeUs, nowUs - silenceUs / 2);
    const idleUs = nowUs - this.lastLifeUs;
    if (idleUs >= silenceUs) {
      this.options.events.onRecord(nowUs, 'timer', null, utf8Of('silence'));
      this.fail('silent', `no frame for ${Math.round(idleUs / 1000)} ms`);
      return;
    }
    if (idleUs >= silenceUs / 2 && !this.pinged && limits.ping !== null) {
      this.pinged = true;
      this.send(PING, [limits.ping]);
    }
    // Sending may have ended this connection.
    if (this.isOpen) this.watch(nowUs);
  }

  /** Ends it for a reason found here. */
  private fail(kind: ConnectionEnd['kind'], reason: string): void {
    this.end(kind, reason, null);
    this.socket.terminate();
  }

  private end(kind: ConnectionEnd['kind'], reason: string, retryAfterMs: number | null): void {
    if (this.phase === 'closed') return;
    this.settle();
    this.options.events.onEnd({ kind, reason, retryAfterMs });
  }

  private settle(): void {
    const wasOpen = this.isOpen;
    this.phase = 'closed';
    this.cancelWatch?.();
    this.cancelPace?.();
    this.outgoing.length = 0;
    if (wasOpen) this.options.events.onRecord(this.options.clock.nowUs(), 'close', null, null);
  }
}
