/**
 * One client of the simulated Bitfinex: the options that it asked for, its channels, and the one counter that all data
 * frames of the connection share. Channels have numbers that mean something on their connection alone: other connections
 * give the same numbers to other channels.
 */

import { millisecondsOf, SEQ_ALL, TIMESTAMP } from './bitfinex-wire.ts';
import type { Connection } from './connection.ts';
import type { FrameFault } from './fault-plan.ts';

/** The number of a connection's first channel is behind this, by the number of the connection. */
const FIRST_CHANNEL = 1_000;
const HEARTBEAT_AFTER_US = 15_000_000;

export interface BitfinexChannel {
  readonly id: number;
  /** What was subscribed to: the same twice is refused. */
  readonly topic: string;
  readonly session: BitfinexSession;
  /** When it last carried anything, µs of simulated time. */
  sentUs: number;
  /** Held back until after the next update: the fault of a stale snapshot. */
  heldSnapshot: string | undefined;
}

export class BitfinexSession {
  readonly #connection: Connection;
  readonly #channels = new Map<number, BitfinexChannel>();
  #flags = 0;
  #sequence = 0;
  #opened = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get channels(): readonly BitfinexChannel[] {
    return [...this.#channels.values()];
  }

  /** Takes the place of all earlier options. The counter begins with the first data frame after it was asked for. */
  configure(flags: number): void {
    if (!this.wants(SEQ_ALL)) this.#sequence = 0;
    this.#flags = flags;
  }

  wants(flag: number): boolean {
    return (this.#flags & flag) !== 0;
  }

  open(topic: string, nowUs: number): BitfinexChannel {
    this.#opened += 1;
    const id = FIRST_CHANNEL + this.#connection.id + this.#opened;
    const channel = { id, topic, session: this, sentUs: nowUs, heldSnapshot: undefined };
    this.#channels.set(id, channel);
    return channel;
  }

  /** @returns what was closed; `undefined` where there was no such channel */
  close(id: number): BitfinexChannel | undefined {
    const channel = this.#channels.get(id);
    this.#channels.delete(id);
    return channel;
  }

  /** Sends an event, which has no number. */
  tell(text: string): void {
    this.#connection.send(text);
  }

  /** Sends market data through the faults. @param content what follows the channel's number, such as `"cs",20` */
  send(channel: BitfinexChannel, content: string, nowUs: number, asked?: FrameFault): void {
    this.#connection.sendData(this.#frame(channel, content, nowUs), asked);
  }

  /** Sends a heartbeat on each channel that has been quiet for 15 s. */
  beat(nowUs: number): void {
    for (const channel of this.#channels.values()) {
      if (channel.sentUs > nowUs - HEARTBEAT_AFTER_US) continue;
      this.#connection.send(this.#frame(channel, '"hb"', nowUs));
    }
  }

  /** The frame with what the options add to its end: the number, then the time. */
  #frame(channel: BitfinexChannel, content: string, nowUs: number): string {
    channel.sentUs = nowUs;
    this.#sequence += 1;
    const sequence = this.wants(SEQ_ALL) ? `,${this.#sequence}` : '';
    const time = this.wants(TIMESTAMP) ? `,${millisecondsOf(nowUs)}` : '';
    return `[${channel.id},${content}${sequence}${time}]`;
  }
}
