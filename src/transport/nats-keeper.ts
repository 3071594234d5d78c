/**
 * Keeps state in a KV bucket of JetStream, in parts that fit a message. A name has two places, `a` and `b`: parts go to the
 * one that does not count at the moment, and one last put says that it does from now on.
 *
 *     <name>.a.<n>, <name>.b.<n>    part n
 *     <name>                        JSON: which place counts, its parts and its bytes, the term of its writer
 *
 * A fenced writer (see `fence.ts`) has places of its own, and puts its term into `<name>` before it reads: from then on an
 * earlier owner's put of it is refused, since that one knows an older revision.
 */

import { Kvm, type KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import { jetstreamManager, StorageType, type JetStreamManager } from '@nats-io/jetstream';
import type { StateDraft, StateKeeper } from '../ports/state-keeper.ts';
import { fenced, type Fence } from './fence.ts';
import { asBusError } from './nats-connection.ts';
import { isWrongSequence } from './pub-ack.ts';
import { matchReplicas, type StreamLimits } from './nats-streams.ts';

interface Manifest {
  /** Null where nothing has been kept yet. */
  readonly place: string | null;
  readonly parts: number;
  readonly bytes: number;
  /** Of the owner, where it is fenced. */
  readonly term?: number;
}

interface Entry {
  readonly manifest: Manifest | null;
  /** 0 where there is none. */
  readonly revision: number;
}

const RADIX = 36;
const CLAIM_WAIT_MS = 20;

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
  fence: Fence | null = null,
): Promise<NatsKeeper> {
  try {
    const kv = await new Kvm(nc).create(bucket, {
      history: 1,
      replicas,
      storage: storage === 'file' ? StorageType.File : StorageType.Memory,
      description: 'state of what reads the bus',
    });
    const jsm = await jetstreamManager(nc);
    await matchReplicas(jsm, `KV_${bucket}`, replicas);
    return new NatsKeeper({ kv, bucket, jsm }, partBytesMax, fence);
  } catch (error) {
    throw asBusError(error, `open the bucket ${bucket}`, { bucket });
  }
}

export class NatsKeeper implements StateKeeper {
  private readonly kv: KV;
  private readonly bucket: string;
  private readonly jsm: JetStreamManager;
  private readonly partBytesMax: number;
  private readonly fence: Fence | null;
  /** What this owner has put its term to, as it was when it last looked. */
  private readonly claimed = new Map<string, Entry>();
  /** Names whose places of earlier owners have been emptied. */
  private readonly swept = new Set<string>();

  constructor(at: { kv: KV; bucket: string; jsm: JetStreamManager }, partBytesMax: number, fence: Fence | null) {
    this.kv = at.kv;
    this.bucket = at.bucket;
    this.jsm = at.jsm;
    this.partBytesMax = partBytesMax;
    this.fence = fence;
  }

  /**
   * Null also where parts are missing, which only somebody else's hand can bring about.
   * @throws BusError `bus.fenced`, `bus.rejected`, `bus.unreachable`
   */
  async load(name: string): Promise<Uint8Array | null> {
    try {
      return await this.read(name);
    } catch (error) {
      throw asBusError(error, `read the state ${name}`, { name });
    }
  }

  private async read(name: string): Promise<Uint8Array | null> {
    const { manifest } = await this.entryOf(name);
    if (manifest === null || manifest.place === null) return null;
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
    const entry = await this.entryOf(name);
    const place = this.placeBeside(entry.manifest?.place ?? null);
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
      commit: () => this.commit(name, entry, { place, parts, bytes }),
    };
  }

  private async commit(name: string, { revision }: Entry, manifest: Manifest): Promise<void> {
    const { fence, kv } = this;
    if (fence === null) {
      await kv.put(name, JSON.stringify(manifest));
      return;
    }
    // Whatever comes of it, the next draft looks anew: an answer may be lost on its way.
    this.claimed.delete(name);
    const owned = { ...manifest, term: fence.term };
    this.claimed.set(name, { manifest: owned, revision: await this.putBehind(name, owned, revision) });
    await this.sweep(name);
  }

  /** The place of this writer that does not count at the moment. */
  private placeBeside(counts: string | null): string {
    const suffix = this.fence === null ? '' : this.fence.term.toString(RADIX);
    return `${counts === `a${suffix}` ? 'b' : 'a'}${suffix}`;
  }

  private entryOf(name: string): Promise<Entry> {
    return this.fence === null ? this.look(name) : this.claim(name, this.fence);
  }

  private async look(name: string): Promise<Entry> {
    const entry = await this.kv.get(name);
    if (entry === null) return { manifest: null, revision: 0 };
    return { manifest: entry.operation === 'PUT' ? entry.json<Manifest>() : null, revision: entry.revision };
  }

  /** @throws BusError `bus.fenced` where a later owner has put its term to it */
  private async claim(name: string, fence: Fence): Promise<Entry> {
    const known = this.claimed.get(name);
    if (known !== undefined) return known;
    for (;;) {
      const { manifest, revision } = await this.look(name);
      if ((manifest?.term ?? 0) > fence.term) throw fenced(fence, `another owner keeps ${name}`);
      const owned = { ...(manifest ?? { place: null, parts: 0, bytes: 0 }), term: fence.term };
      try {
        const entry = { manifest: owned, revision: await this.putBehind(name, owned, revision) };
        this.claimed.set(name, entry);
        return entry;
      } catch (error) {
        // Another one was faster, or a replica has not seen its word yet.
        if (!isWrongSequence(error)) throw error;
        await delay(CLAIM_WAIT_MS);
      }
    }
  }

  private putBehind(name: string, manifest: Manifest, revision: number): Promise<number> {
    return this.kv.put(name, JSON.stringify(manifest), { previousSeq: revision });
  }

  /** Empties the places of earlier owners, once this one's counts. */
  private async sweep(name: string): Promise<void> {
    const { fence, kv } = this;
    if (fence === null || this.swept.has(name)) return;
    this.swept.add(name);
    const own = [`a${fence.term.toString(RADIX)}`, `b${fence.term.toString(RADIX)}`];
    // Asked of the stream: the client's own list of keys may wait for ever while others write.
    const prefix = `$KV.${this.bucket}.`;
    const { state } = await this.jsm.streams.info(`KV_${this.bucket}`, { subjects_filter: `${prefix}${name}.*.*` });
    for (const key of Object.keys(state.subjects ?? {}).map((subject) => subject.slice(prefix.length))) {
      if (!own.includes(key.split('.')[1] ?? '')) await kv.purge(key);
    }
  }
}

function partKey(name: string, place: string, part: number): string {
  return `${name}.${place}.${part}`;
}
