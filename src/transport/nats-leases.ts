/** The leases in a KV bucket of JetStream, over a connection of their own: what the bus carries does not hold them up. */

import { Kvm, type KV, type KvEntry, type KvWatchEntry } from '@nats-io/kv';
import { StorageType } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import type { LeaseBook, LeaseEntry } from '../ports/lease-book.ts';
import { BusError } from './bus-error.ts';
import { asBusError, connectNats, type NatsAddress } from './nats-connection.ts';
import { matchReplicas, type StreamLimits } from './nats-streams.ts';
import { isWrongSequence } from './pub-ack.ts';
import { LEASE_BUCKET } from './subjects.ts';

const WATCH_AGAIN_MS = 250;

/**
 * Connects and opens the bucket, which is made where it is missing.
 * @param timeoutMs how long a change is waited for
 * @throws BusError `bus.unreachable`, `bus.rejected`, `bus.no-jetstream`
 */
export async function openNatsLeases(
  address: NatsAddress,
  { storage, replicas }: Pick<StreamLimits, 'storage' | 'replicas'>,
  timeoutMs: number,
): Promise<NatsLeases> {
  const { nc, jsm } = await connectNats(address, 'whalewatch leases');
  try {
    const kv = await new Kvm(nc).create(LEASE_BUCKET, {
      history: 1,
      replicas,
      storage: storage === 'file' ? StorageType.File : StorageType.Memory,
      description: 'who does which part of the work',
      // What is read is the leader's word.
      allow_direct: false,
    });
    await matchReplicas(jsm, `KV_${LEASE_BUCKET}`, replicas);
    return new NatsLeases(nc, kv, timeoutMs);
  } catch (error) {
    await nc.close();
    throw asBusError(error, `open the bucket ${LEASE_BUCKET}`, { bucket: LEASE_BUCKET });
  }
}

export class NatsLeases implements LeaseBook {
  private readonly nc: NatsConnection;
  private readonly kv: KV;
  private readonly timeoutMs: number;

  constructor(nc: NatsConnection, kv: KV, timeoutMs: number) {
    this.nc = nc;
    this.kv = kv;
    this.timeoutMs = timeoutMs;
  }

  async put(key: string, value: unknown, revision: number): Promise<number> {
    try {
      return await this.kv.put(key, JSON.stringify(value), { previousSeq: revision, timeout: this.timeoutMs });
    } catch (error) {
      if (!isWrongSequence(error)) throw asBusError(error, `change ${key}`, { key });
      throw new BusError('bus.conflict', `somebody else has changed ${key}`, { context: { key }, cause: error });
    }
  }

  async get(key: string): Promise<LeaseEntry | null> {
    try {
      const entry = await this.kv.get(key);
      return entry === null ? null : entryOf(entry);
    } catch (error) {
      throw asBusError(error, `read ${key}`, { key });
    }
  }

  async remove(key: string): Promise<void> {
    try {
      await this.kv.purge(key);
    } catch (error) {
      throw asBusError(error, `remove ${key}`, { key });
    }
  }

  watch(onEntry: (key: string, entry: LeaseEntry) => void): void {
    void this.follow((entry) => onEntry(entry.key, entryOf(entry)));
  }

  async close(): Promise<void> {
    await this.nc.close();
  }

  /** Where a watch ends, another one begins, which tells all that is there once more. */
  private async follow(tell: (entry: KvWatchEntry) => void): Promise<void> {
    while (!this.nc.isClosed()) {
      try {
        for await (const entry of await this.kv.watch()) tell(entry);
      } catch {
        // The server is away.
      }
      await delay(WATCH_AGAIN_MS, undefined, { ref: false });
    }
  }
}

function entryOf(entry: KvEntry): LeaseEntry {
  return { value: entry.operation === 'PUT' ? entry.json<unknown>() : null, revision: entry.revision };
}
