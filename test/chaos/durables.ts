/** How far the consumers of the bus have come, as the server tells. */

import type { JetStreamManager } from '@nats-io/jetstream';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { connect } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import { streamName } from '../../src/transport/subjects.ts';

const LOOK_MS = 20;
const DEADLINE_MS = 180_000;

export interface Durable {
  readonly name: string;
  readonly kind: 'md' | 'result';
}

export class Durables {
  private readonly nats: NatsConnection;
  private readonly manager: JetStreamManager;

  private constructor(nats: NatsConnection, manager: JetStreamManager) {
    this.nats = nats;
    this.manager = manager;
  }

  /** @param servers of one cluster */
  static async open(...servers: readonly string[]): Promise<Durables> {
    const nats = await connect({
      servers: [...servers],
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
      pingInterval: 1000,
      timeout: 10_000,
    });
    return new Durables(nats, await jetstreamManager(nats));
  }

  close(): Promise<void> {
    return this.nats.close();
  }

  /** Waits until consumers have been handed, and with `acknowledged` have also acknowledged, all that is on the bus now. */
  async reach(durables: readonly Durable[], { acknowledged }: { acknowledged: boolean }): Promise<void> {
    const deadline = performance.now() + DEADLINE_MS;
    const last = { md: await this.lastOf('md', deadline), result: await this.lastOf('result', deadline) };
    for (const { name, kind } of durables) {
      for (;;) {
        const stands = await this.standOf(name, kind, last[kind], acknowledged);
        if (stands === true) break;
        if (performance.now() > deadline) throw new Error(`${name} does not get on: ${stands}`);
        await delay(LOOK_MS);
      }
    }
  }

  private async lastOf(kind: Durable['kind'], deadline: number): Promise<number> {
    for (;;) {
      try {
        return (await this.manager.streams.info(streamName('', kind))).state.last_seq;
      } catch (error) {
        // The server is just starting.
        if (performance.now() > deadline) throw error;
        await delay(LOOK_MS);
      }
    }
  }

  /** True, or for people where it stands instead. */
  private async standOf(
    name: string,
    kind: Durable['kind'],
    last: number,
    acknowledged: boolean,
  ): Promise<true | string> {
    try {
      const info = await this.manager.consumers.info(streamName('', kind), name);
      const stand = acknowledged ? info.ack_floor.stream_seq : info.delivered.stream_seq;
      const isIdle = info.num_pending === 0 && (!acknowledged || info.num_ack_pending === 0);
      return stand >= last || isIdle || `at ${stand} of ${last}, ${info.num_pending} + ${info.num_ack_pending} to come`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
