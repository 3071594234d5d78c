import { expect, it } from 'vitest';
import { PayloadUnsendable, ThreadDied } from '../actors/runtime/thread-host.ts';
import type { LinkEnd } from '../transport/embedded-link.ts';
import type { Member, Role } from './wiring.ts';
import { expectedConsumers, partitionsOf, Wiring } from './wiring.ts';

/** A thread that only remembers what it was handed. */
class FakeHost {
  alive = false;
  readonly inits: unknown[] = [];
  readonly ends: string[] = [];
  failNext: Error | null = null;

  boot(init: unknown): Promise<void> {
    this.alive = true;
    this.inits.push(init);
    return Promise.resolve();
  }

  call<T>(_name: string, payload: unknown): Promise<T> {
    const ends = payload as readonly LinkEnd[];
    for (const { port } of ends) port.close();
    const { failNext } = this;
    this.failNext = null;
    if (failNext !== null) return Promise.reject(failNext);
    this.ends.push(...ends.map(({ role, consumer }) => `${role} ${consumer}`));
    return Promise.resolve(undefined as T);
  }
}

interface FakeMember extends Member {
  readonly host: FakeHost;
}

function members(): { readonly wiring: Wiring; readonly of: (role: Role, index: number) => FakeMember } {
  const topology = { partitions: 4, ingestShards: 2, scoringShards: 2, store: true };
  const wiring = new Wiring({ topology, nats: null, window: { batches: 1, bytes: 1 } });
  const made = new Map<string, FakeMember>();
  const places: readonly (readonly [Role, number])[] = [
    ['store', 0],
    ['scoring', 0],
    ['scoring', 1],
    ['ingest', 0],
    ['ingest', 1],
    ['supervisor', 0],
  ];
  for (const [role, index] of places) {
    const member = { role, index, host: new FakeHost() };
    made.set(`${role}-${index}`, member);
  }
  return { wiring, of: (role, index) => made.get(`${role}-${index}`) ?? { role, index, host: new FakeHost() } };
}

const init = (bus: unknown): unknown => bus;

it('gives every partition one ingest and one scoring shard', () => {
  for (const shards of [1, 2, 3, 4]) {
    const owned = Array.from({ length: shards }, (_, index) => partitionsOf(index, shards, 7)).flat();
    expect(owned.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  }
});

it('tells a writer of the consumers that may not miss what it says, and of no others', async () => {
  const { wiring, of } = members();
  const namesOf = (member: FakeMember): unknown =>
    (member.host.inits.at(-1) as { expected: { name: string }[] }).expected.map(({ name }) => name);
  for (const member of [of('store', 0), of('scoring', 1), of('ingest', 1), of('supervisor', 0)])
    await wiring.boot(member, init);
  expect(namesOf(of('store', 0))).toEqual([]);
  expect(namesOf(of('scoring', 1))).toEqual(['store-result']);
  expect(namesOf(of('ingest', 1))).toEqual(['scoring-1', 'scoring-3', 'store-md']);
  expect(namesOf(of('supervisor', 0))).toEqual(['scoring-0', 'scoring-1', 'scoring-2', 'scoring-3', 'store-md']);
  expect(expectedConsumers({ partitions: 2, ingestShards: 1, scoringShards: 1, store: false })).toHaveLength(2);
});

it('links a member with every peer that runs, whenever it boots', async () => {
  const { wiring, of } = members();
  const store = of('store', 0);
  const scoring = of('scoring', 0);
  const ingest = of('ingest', 0);
  await wiring.boot(store, init);
  await wiring.boot(ingest, init);
  expect([store.host.ends, ingest.host.ends]).toEqual([['consumer store-md'], ['writer store-md']]);
  await wiring.boot(scoring, init);
  expect(scoring.host.ends.toSorted()).toEqual(['consumer scoring-0', 'consumer scoring-2', 'writer store-result']);
  expect(ingest.host.ends.slice(1)).toEqual(['writer scoring-0', 'writer scoring-2']);
  await wiring.boot(scoring, init);
  expect(ingest.host.ends.slice(3)).toEqual(['writer scoring-0', 'writer scoring-2']);
  expect(store.host.ends.slice(1)).toEqual(['consumer store-result', 'consumer store-result']);
});

it('boots a member all the same where a peer dies meanwhile, which is linked when it boots again', async () => {
  const { wiring, of } = members();
  const store = of('store', 0);
  const ingest = of('ingest', 0);
  await wiring.boot(store, init);
  store.host.failNext = new ThreadDied('store-0', new Error('boom'));
  store.host.alive = false;
  await wiring.boot(ingest, init);
  store.host.alive = true;
  store.host.failNext = new PayloadUnsendable('store-0', new Error('the port is closed'));
  await wiring.boot(ingest, init);
  await wiring.boot(store, init);
  expect(store.host.ends).toEqual(['consumer store-md']);
});

it('fails where the member itself dies before it is linked', async () => {
  const { wiring, of } = members();
  await wiring.boot(of('store', 0), init);
  const ingest = of('ingest', 0);
  ingest.host.failNext = new ThreadDied('ingest-0', new Error('boom'));
  await expect(wiring.boot(ingest, init)).rejects.toMatchObject({ code: 'thread.died' });
});

it('gives analytics its part of the events, and its results to the store', async () => {
  const topology = { partitions: 4, ingestShards: 1, scoringShards: 1, analyticsShards: 2, store: true };
  const wiring = new Wiring({ topology, nats: null, window: { batches: 8, bytes: 1024 } });
  const analytics: FakeMember = { role: 'analytics', index: 1, host: new FakeHost() };
  const store: FakeMember = { role: 'store', index: 0, host: new FakeHost() };
  const ingest: FakeMember = { role: 'ingest', index: 0, host: new FakeHost() };
  for (const member of [store, analytics, ingest]) await wiring.boot(member, init);
  expect(analytics.host.ends).toEqual(['writer store-result', 'consumer analytics-1', 'consumer analytics-3']);
  expect(ingest.host.ends).toEqual(['writer store-md', 'writer analytics-1', 'writer analytics-3']);
  expect(expectedConsumers(topology)).toHaveLength(10);
});

it('lets a monitor look on at every writer, which does not expect it', async () => {
  const topology = { partitions: 2, ingestShards: 1, scoringShards: 1, store: false, monitor: true };
  const wiring = new Wiring({ topology, nats: null, window: { batches: 8, bytes: 1024 } });
  const monitor: FakeMember = { role: 'monitor', index: 0, host: new FakeHost() };
  const scoring: FakeMember = { role: 'scoring', index: 0, host: new FakeHost() };
  const ingest: FakeMember = { role: 'ingest', index: 0, host: new FakeHost() };
  for (const member of [monitor, scoring, ingest]) await wiring.boot(member, init);
  expect(monitor.host.ends).toEqual(['consumer monitor-result', 'consumer monitor-md']);
  expect(scoring.host.ends).toContain('writer monitor-result');
  expect(ingest.host.ends).toContain('writer monitor-md');
  expect(scoring.host.inits.at(-1)).toMatchObject({ expected: [], watched: true });
  expect(expectedConsumers(topology).map(({ name }) => name)).toEqual(['scoring-0', 'scoring-1']);
});
