/**
 * Keeps state in a KV bucket of JetStream, in parts that fit a message. A name has two places, `a` and `b`: parts go to the
 * one that does not count at the moment, and one last put says that it does from now on.
 *
 *     <name>.a.<n>, <name>.b.<n>    part n
 *     <name>                        JSON: which place counts, its parts and its bytes
 */

import { Kvm, type KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { StorageType } from '@nats-io/jetstream';
import type { StateDraft, StateKeeper } from '../ports/state-keeper.ts';
import { asBusError } from './nats-connection.ts';
import type { StreamLimits } from './nats-streams.ts';

const PLACES = ['a', 'b'] as const;
type Place = (typeof PLACES)[number];

interface Manifest {
  readonly place: Place;
  readonly parts: number;
  readonly bytes: number;
}

/**
 * Opens the bucket, which is made where it is missing.
 * @param partBytesMax what one message may carry
 * @throws BusError `bus.rejected`, `bus.unreachable`
 */
export async function openNatsKeeper(
  nc: NatsConnection,
  bucket: string,
  { storage, replicas }: Pick<StreamLimits, 'storage' | 'replicas'>,
  partBytesMax: number,
): Promise<NatsKeeper> {
  try {
    const kv = await new Kvm(nc).create(bucket, {
      history: 1,
      replicas,
      storage: storage === 'file' ? StorageType.File : StorageType.Memory,
      description: 'state of what reads the bus',
    });
    return new NatsKeeper(kv, partBytesMax);
  } catch (error) {
    throw asBusError(error, `open the bucket ${bucket}`, { bucket });
  }
}

export class NatsKeeper implements StateKeeper {
  private readonly kv: KV;
  private readonly partBytesMax: number;

  constructor(kv: KV, partBytesMax: number) {
    this.kv = kv;
    this.partBytesMax = partBytesMax;
  }

  /** Null also where parts are missing, which only somebody else's hand can bring about. */
  async load(name: string): Promise<Uint8Array | null> {
    const manifest = await this.manifestOf(name);
    if (manifest === null) return null;
    const bytes = new Uint8Array(manifest.bytes);
    let at = 0;
    for (let part = 0; part < manifest.parts; part++) {
      const entry = await this.kv.get(partKey(name, manifest.place, part));
      if (entry === null || at + entry.value.length > bytes.length) return null;
      bytes.set(entry.value, at);
      at += entry.value.length;
    }
    return at === bytes.length ? bytes : null;
  }

  async draft(name: string): Promise<StateDraft> {
    const manifest = await this.manifestOf(name);
    const place = manifest?.place === 'a' ? 'b' : 'a';
    let parts = 0;
    let bytes = 0;
    const { kv, partBytesMax } = this;
    return {
      async write(part) {
        for (let at = 0; at < part.length; at += partBytesMax) {
          const piece = part.subarray(at, at + partBytesMax);
          await kv.put(partKey(name, place, parts), piece);
          parts++;
          bytes += piece.length;
        }
      },
      async commit() {
        await kv.put(name, JSON.stringify({ place, parts, bytes } satisfies Manifest));
      },
    };
  }

  private async manifestOf(name: string): Promise<Manifest | null> {
    const entry = await this.kv.get(name);
    return entry === null || entry.operation !== 'PUT' ? null : entry.json<Manifest>();
  }
}

function partKey(name: string, place: Place, part: number): string {
  return `${name}.${place}.${part}`;
}
