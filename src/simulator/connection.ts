/**
 * One client's WebSocket at a simulated exchange. What goes out passes through the fault injector; a client that reads
 * too slowly is dropped, as real venues do, instead of growing this process's memory.
 */

import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { FaultInjector } from './fault-injector.ts';
import type { FrameFault } from './fault-plan.ts';
import type { FaultDesk } from './faults.ts';

/** Unread bytes after which a slow client is dropped. */
const BUFFERED_BYTES_MAX = 64 * 2 ** 20;
/** RFC 6455 close code: policy violation. */
const POLICY_VIOLATION = 1008;

export class Connection {
  /** Counts the connections of the venue, from 1. */
  readonly id: number;
  /** When anything was last sent, in simulated time. */
  sentUs: number;
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #clock: () => number;
  readonly #faults: FaultInjector;

  constructor(options: {
    id: number;
    socket: WebSocket;
    /** The TCP socket below, to send what belongs together in one packet. */
    stream: Duplex;
    clock: () => number;
    faults: FaultDesk;
  }) {
    this.id = options.id;
    this.#socket = options.socket;
    this.#stream = options.stream;
    this.#clock = options.clock;
    this.sentUs = options.clock();
    this.#faults = options.faults.injectorFor(options.id, {
      deliver: (text) => this.#write(text),
      cut: () => this.terminate(),
    });
  }

  /** Sends a frame that faults spare: acknowledgements, pongs, heartbeats. */
  send(text: string): void {
    this.sentUs = this.#clock();
    this.#faults.control(text, this.sentUs);
  }

  /** Sends a frame of market data through the faults. */
  sendData(text: string, asked?: FrameFault): void {
    this.sentUs = this.#clock();
    this.#faults.data(text, this.sentUs, asked);
  }

  /** Sends a WebSocket ping, unless the connection is frozen. */
  ping(payload: string): void {
    if (this.#speaks()) this.#socket.ping(payload);
  }

  /** Answers a ping with its own payload, unless the connection is frozen. */
  pong(payload: Buffer): void {
    if (this.#speaks()) this.#socket.pong(payload);
  }

  /** Silence for this long, in simulated time. */
  freeze(durationUs: number): void {
    this.#faults.freeze(this.#clock() + durationUs);
  }

  /** Lets time pass for delayed frames. */
  tick(): void {
    this.#faults.release(this.#clock());
  }

  /** Gathers what is sent until `uncork` into few packets. */
  cork(): void {
    this.#stream.cork();
  }

  uncork(): void {
    this.#stream.uncork();
  }

  /** Closes for a breach of the venue's rules, with its words. */
  reject(reason: string): void {
    this.#socket.close(POLICY_VIOLATION, reason);
  }

  /** Breaks the connection without a closing handshake. */
  terminate(): void {
    this.#socket.terminate();
  }

  #speaks(): boolean {
    return this.#socket.readyState === WebSocket.OPEN && !this.#faults.isFrozen(this.#clock());
  }

  #write(text: string): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#socket.bufferedAmount > BUFFERED_BYTES_MAX) this.terminate();
    else this.#socket.send(text);
  }
}
