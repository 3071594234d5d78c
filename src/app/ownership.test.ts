import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Unit } from '../actors/lease-table.ts';
import { createPrng, int, pick, type Prng } from '../lib/prng.ts';
import type { LeaseBook, LeaseEntry } from '../ports/lease-book.ts';
import { BusError } from '../transport/bus-error.ts';
import { stateOfFence } from '../transport/fence.ts';
import { Ownership } from './ownership.ts';

const LEASE_MS = 1000;
const LATENCY_MS_MAX = 150;
const START_MS_MAX = 1500;
const UNITS: readonly Unit[] = [0, 1, 2].map((index) => ({ role: 'ingest', name: `ingest-${index}` }));

/** What a server would keep, and those who listen to it. */
class Server {
  readonly entries = new Map<string, LeaseEntry>();
  readonly listeners = new Set<(key: string, entry: LeaseEntry) => void>();
  revision = 0;

  put(key: string, value: unknown, revision: number): number {
    if ((this.entries.get(key)?.revision ?? 0) !== revision) throw new BusError('bus.conflict', `${key} has changed`);
    const entry = { value, revision: ++this.revision };
    this.entries.set(key, entry);
    for (const listener of this.listeners) listener(key, entry);
    return entry.revision;
  }
}

/** A process's way there: everything takes its time, and nothing comes through while it is cut off. */
class Line implements LeaseBook {
  isCut = false;
  private readonly server: Server;
  private readonly prng: Prng;

  constructor(server: Server, prng: Prng) {
    this.server = server;
    this.prng = prng;
  }

  async put(key: string, value: unknown, revision: number): Promise<number> {
    await this.travel();
    const stored = this.server.put(key, value, revision);
    await this.travel();
    return stored;
  }

  async get(key: string): Promise<LeaseEntry | null> {
    await this.travel();
    return this.server.entries.get(key) ?? null;
  }

  async remove(key: string): Promise<void> {
    await this.travel();
    this.server.put(key, null, this.server.entries.get(key)?.revision ?? 0);
  }

  watch(onEntry: (key: string, entry: LeaseEntry) => void): void {
    const tell = (key: string, entry: LeaseEntry): void => {
      if (!this.isCut) setTimeout(() => onEntry(key, entry), int(this.prng, 0, LATENCY_MS_MAX));
    };
    for (const [key, entry] of this.server.entries) tell(key, entry);
    this.server.listeners.add(tell);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private async travel(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, int(this.prng, 0, LATENCY_MS_MAX));
    await promise;
    if (this.isCut) throw new BusError('bus.unreachable', 'the line is cut');
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'hrtime', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function join(server: Server, prng: Prng, self: string): { readonly line: Line; readonly ownership: Ownership } {
  const line = new Line(server, prng);
  const ownership = new Ownership({
    ...{ book: line, self, roles: ['ingest'], units: UNITS, plan: 'one', leaseMs: LEASE_MS },
    clock: { nowUs: () => Date.now() * 1000, setTimer: () => () => undefined },
    // As a thread that starts: it takes a while, and wants a term of its own.
    onTaken: async (unit) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      setTimeout(resolve, int(prng, 0, START_MS_MAX));
      await promise;
      await ownership.begin(unit).catch(() => undefined);
    },
    onLost: () => Promise.resolve(),
    onGivingBack: () => Promise.resolve(),
    onTrouble: () => undefined,
  });
  return { line, ownership };
}

function writersOf(unit: string, processes: readonly { readonly ownership: Ownership }[]): number {
  return processes.filter(({ ownership }) => {
    const fence = ownership.fenceOf(unit);
    return fence !== null && stateOfFence(fence) === 'open';
  }).length;
}

describe('ownership', () => {
  const seeds = Array.from({ length: 12 }, (_, index) => `ownership-${index}`);
  it.each(seeds)('lets one process at most write for a unit, and one in the end (seed %s)', async (seed) => {
    const prng = createPrng(seed);
    const server = new Server();
    const processes = ['a', 'b', 'c'].map((self) => join(server, prng, self));
    const starts = processes.map(({ ownership }) => ownership.start());
    const pass = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 25) {
        await vi.advanceTimersByTimeAsync(25);
        for (const { name } of UNITS) expect(writersOf(name, processes), name).toBeLessThanOrEqual(1);
      }
    };
    await pass(6000);
    await Promise.all(starts);
    for (let round = 0; round < 8; round++) {
      pick(prng, processes).line.isCut = true;
      await pass(int(prng, 0, 3000));
      pick(prng, processes).line.isCut = false;
    }
    for (const { line } of processes) line.isCut = false;
    await pass(15_000);
    for (const { name } of UNITS) expect(writersOf(name, processes), name).toBe(1);
    expect(processes.map(({ ownership }) => ownership.held.length)).toEqual([1, 1, 1]);
    const stops = processes.map(({ ownership }) => ownership.stop());
    await vi.advanceTimersByTimeAsync(5000);
    await Promise.all(stops);
  });

  it('refuses to share work that others have cut differently', async () => {
    const prng = createPrng('plan');
    const server = new Server();
    server.put('member.other', { roles: ['ingest'], plan: 'another' }, 0);
    const { ownership } = join(server, prng, 'a');
    const started = ownership.start();
    const refused = expect(started).rejects.toMatchObject({ code: 'hosts.plan' });
    await vi.advanceTimersByTimeAsync(LEASE_MS / 2);
    server.put('member.other', { roles: ['ingest'], plan: 'another' }, 1);
    await vi.advanceTimersByTimeAsync(LEASE_MS * 2);
    await refused;
  });
});
