/** What JetStream holds, and how far behind its consumers are. */

import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';

import { LANE_KINDS, streamName } from '../../src/transport/subjects.ts';

export interface BusState {
  /** Bytes that the streams hold now. */
  readonly storedBytes: number;
  /** Batches by durable: not delivered yet, and delivered but not acknowledged. */
  readonly consumers: Readonly<Record<string, { readonly pending: number; readonly unacknowledged: number }>>;
}

export class BusWatch {
  private readonly nc: NatsConnection;
  private readonly jsm: JetStreamManager;

  private constructor(nc: NatsConnection, jsm: JetStreamManager) {
    this.nc = nc;
    this.jsm = jsm;
  }

  static async open(url: string): Promise<BusWatch> {
    const nc = await connect({ servers: url });
    return new BusWatch(nc, await jetstreamManager(nc));
  }

  async look(): Promise<BusState> {
    let storedBytes = 0;
    const consumers: Record<string, { pending: number; unacknowledged: number }> = {};
    for (const kind of LANE_KINDS) {
      const stream = streamName('', kind);
      storedBytes += (await this.jsm.streams.info(stream)).state.bytes;
      for await (const { name, num_pending, num_ack_pending } of this.jsm.consumers.list(stream)) {
        consumers[name] = { pending: num_pending, unacknowledged: num_ack_pending };
      }
    }
    return { storedBytes, consumers };
  }

  async close(): Promise<void> {
    await this.nc.close();
  }
}
