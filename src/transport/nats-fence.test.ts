/** Two owners of the same work at one server: what the later one has written, the earlier one cannot follow. */

import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWithNats } from '../../test/services.ts';
import type { Lane } from '../ports/bus.ts';
import type { Lease } from '../ports/lease-book.ts';
import { monotonicUs, newFence, openUntil, revoke, type Fence } from './fence.ts';
import { openNatsBus, type NatsBus } from './nats-bus.ts';
import { LEASE_BUCKET, leaseKey, replayNamespace, stateBucket, streamName } from './subjects.ts';

const LANE: Lane = { kind: 'md', topic: 'kraken', partition: 0 };
const FAR_US = 3_600_000_000;

describeWithNats('a fenced bus', (natsUrl) => {
  let namespace = '';
  let unit = '';
  let nats: NatsConnection;
  let buses: NatsBus[] = [];

  beforeEach(async () => {
    const id = randomUUID();
    namespace = replayNamespace(id);
    unit = `ingest-${id}`;
    nats = await connect({ servers: natsUrl });
    buses = [];
    // The leases are those of the whole server: this test's unit has a name of its own.
    await new Kvm(nats).create(LEASE_BUCKET, { history: 1, allow_direct: false });
  });

  afterEach(async () => {
    await (await new Kvm(nats).open(LEASE_BUCKET)).purge(leaseKey(unit));
    const manager = await jetstreamManager(nats);
    await manager.streams.delete(`KV_${stateBucket(namespace)}`).catch(() => undefined);
    await buses[0]?.deleteStreams();
    for (const bus of buses) await bus.close();
    await nats.close();
  });

  async function lease(term: number): Promise<void> {
    const value: Lease = { owner: 'somebody', term, untilUs: 0 };
    await (await new Kvm(nats).open(LEASE_BUCKET)).put(leaseKey(unit), JSON.stringify(value));
  }

  async function open(term: number): Promise<{ readonly bus: NatsBus; readonly fence: Fence }> {
    const fence = newFence(unit, term, monotonicUs() + FAR_US);
    const limits = { storage: 'memory', maxBytes: 1024 * 1024 } as const;
    const bus = await openNatsBus({ servers: [natsUrl], namespace, create: 'keep', expected: [], limits, fence });
    buses.push(bus);
    return { bus, fence };
  }

  const say = (bus: NatsBus, id: string): Promise<void> => bus.publisher().publish(LANE, Buffer.from(id), id);
  const said = async (): Promise<number> =>
    (await (await jetstreamManager(nats)).streams.info(streamName(namespace, 'md'))).state.messages;

  it('refuses an earlier owner once a later one has written, also one that was in the midst of writing', async () => {
    await lease(1);
    const old = await open(1);
    await say(old.bus, 'a');
    await say(old.bus, 'b');
    await lease(2);
    const young = await open(2);
    await say(young.bus, 'c');
    await expect(say(old.bus, 'd')).rejects.toMatchObject({ code: 'bus.fenced' });
    await expect(say((await open(1)).bus, 'e')).rejects.toMatchObject({ code: 'bus.fenced' });
    await say(young.bus, 'f');
    expect(await said()).toBe(4);
  });

  it('goes on behind what others of the same term or none have put on the lane', async () => {
    await lease(7);
    const first = await open(7);
    const second = await open(7);
    await say(first.bus, 'a');
    await say(second.bus, 'b');
    nats.publish(`${namespace}md.kraken.0`, 'no batch');
    await nats.flush();
    await say(first.bus, 'c');
    expect(await said()).toBe(4);
  });

  it('asks who has the lease where all of the lane was trimmed', async () => {
    await lease(1);
    const old = await open(1);
    await say(old.bus, 'a');
    await lease(2);
    await (await jetstreamManager(nats)).streams.purge(streamName(namespace, 'md'));
    await expect(say(old.bus, 'b')).rejects.toMatchObject({ code: 'bus.fenced' });
    await say((await open(2)).bus, 'c');
    expect(await said()).toBe(1);
  });

  it('waits where its lease was not renewed in time, and ends where it was taken over', async () => {
    await lease(1);
    const { bus, fence } = await open(1);
    await say(bus, 'a');
    openUntil(fence, monotonicUs() - 1);
    let isSaid = false;
    const waiting = say(bus, 'b').then(() => {
      isSaid = true;
    });
    expect([await said(), isSaid]).toEqual([1, false]);
    openUntil(fence, monotonicUs() + FAR_US);
    await waiting;
    expect(await said()).toBe(2);
    revoke(fence);
    await expect(say(bus, 'c')).rejects.toMatchObject({ code: 'bus.fenced' });
  });

  it('keeps an earlier owner from a snapshot that a later one has looked at', async () => {
    const old = await (await open(1)).bus.keeper();
    expect(await old.load('scoring-0')).toBeNull();
    const first = await old.draft('scoring-0');
    await first.write(Buffer.from('one'));
    await first.commit();
    const late = await old.draft('scoring-0');
    await late.write(Buffer.from('too late'));
    const young = await (await open(2)).bus.keeper();
    expect(Buffer.from((await young.load('scoring-0')) ?? []).toString()).toBe('one');
    await expect(late.commit()).rejects.toThrow(/wrong last sequence/);
    await expect(old.draft('scoring-0')).rejects.toMatchObject({ code: 'bus.fenced' });
    for (const word of ['two', 'three']) {
      const draft = await young.draft('scoring-0');
      await draft.write(Buffer.from(word));
      await draft.commit();
      expect(Buffer.from((await young.load('scoring-0')) ?? []).toString()).toBe(word);
    }
    // What the earlier one had is gone.
    const kv = await new Kvm(nats).open(stateBucket(namespace));
    const keys: string[] = [];
    for await (const key of await kv.keys()) keys.push(key);
    expect(keys.toSorted()).toEqual(['scoring-0', 'scoring-0.a2.0', 'scoring-0.b2.0']);
  });
});
