/** Two processes that watch the same pairs at a NATS server of this test: one of them ends, or hangs and goes on. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { NatsServer } from '../../scripts/services/nats-server.ts';
import { startNatsAt } from '../../scripts/services/nats-server.ts';
import { onFreePort } from '../../scripts/services/server-process.ts';
import { findKillablePrograms } from '../../scripts/services/start-services.ts';
import type { ConfigOverrides } from '../../src/app/config.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { Member } from '../chaos/member.ts';
import { readStreamWriters } from '../fixtures/stream-writers.ts';
import { services } from '../services.ts';

const SEED = 'live-hosts';
const PAIRS = ['BTC-USD', 'ETH-USD', 'SOL-USDT', 'XRP-USDT'];
const UNITS = ['ingest-0', 'ingest-1'];
const LEASE_S = 1;
const PATIENCE = { timeout: 30_000, interval: 50 };

let folder = '';
let nats: NatsServer | null = null;
let simulator: Simulator | null = null;
let members: Member[] = [];

afterEach(async () => {
  for (const member of members) await member.kill();
  await simulator?.stop();
  await nats?.process.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(services().natsUrl === null)(`two processes with the same role (seed ${SEED})`, () => {
  it('have one writer per pair, whoever of them is killed, or hangs and goes on', async ({ skip }) => {
    const { nats: program } = await findKillablePrograms();
    const runnable = program ?? skip('no nats-server that can be started');
    folder = mkdtempSync(join(tmpdir(), 'whalewatch-hosts-'));
    nats = await onFreePort((port) => startNatsAt(runnable, { port, folder }));
    simulator = await startSimulator({ seed: SEED, venues: ['binance'], pairs: PAIRS, ratePerPair: 20 });
    const config = configOf(nats.url, simulator);

    const [first, second] = await Promise.all([another(config), another(config)]);
    // Where one was there earlier and had both, it gives one back.
    await vi.waitFor(async () => {
      for (const member of [first, second]) {
        expect(await share(member)).toEqual({ held: [expect.any(String)], standby: [expect.any(String)] });
      }
      expect((await holdings([first, second])).toSorted()).toEqual(UNITS);
    }, PATIENCE);
    await untilLive([first, second]);

    await first.kill();
    await vi.waitFor(async () => expect(await holdings([second])).toEqual(UNITS), PATIENCE);
    await untilLive([second]);

    // Who comes takes its part once nobody has come or gone for a while.
    const third = await another(config);
    await vi.waitFor(async () => expect(await holdings([third])).toHaveLength(1), PATIENCE);
    await untilLive([second, third]);

    second.pause();
    await vi.waitFor(async () => expect(await holdings([third])).toEqual(UNITS), PATIENCE);
    await untilLive([third]);
    second.goOn();
    await vi.waitFor(async () => expect((await holdings([second, third])).toSorted()).toEqual(UNITS), PATIENCE);
    await untilLive([second, third]);
    for (const member of [second, third]) await member.stop();

    const { faults, disorders, events, epochs, terms } = await readStreamWriters(nats.url);
    expect([faults, disorders]).toEqual([[], []]);
    expect(events).toBeGreaterThan(100);
    // Each pair began anew whenever its writer changed.
    expect(epochs).toBeGreaterThan(PAIRS.length * 2);
    expect(terms).toBeGreaterThan(4);
  }, 120_000);
});

async function another(config: ConfigOverrides): Promise<Member> {
  const member = new Member(join(folder, `member-${members.length}.log`));
  members.push(member);
  await member.ask({ type: 'start', roles: ['ingest'], config });
  return member;
}

async function share(
  member: Member,
): Promise<{ readonly held: readonly string[]; readonly standby: readonly string[] }> {
  return (await member.ask({ type: 'share' })) as Awaited<ReturnType<typeof share>>;
}

/** What they hold, in the order of the units for each of them. */
async function holdings(of: readonly Member[]): Promise<string[]> {
  const shares = await Promise.all(of.map((member) => share(member)));
  return shares.flatMap(({ held }) => held.toSorted());
}

async function untilLive(of: readonly Member[]): Promise<void> {
  await vi.waitFor(async () => {
    for (const member of of) expect(await member.ask({ type: 'missing' })).toEqual([]);
  }, PATIENCE);
}

function configOf(natsUrl: string, { urls }: Simulator): ConfigOverrides {
  const { ws = '', rest } = urls.binance ?? {};
  const { protocol, host } = new URL(ws);
  return {
    exchanges: [
      {
        ...{ exchange: 'binance', pairs: [...PAIRS], bookDepth: 100, silenceMs: 60_000 },
        ...{ wsUrl: `${protocol}//${host}`, restUrl: rest },
      },
    ],
    ingest: { shards: 2, partitions: 4 },
    bus: { kind: 'nats', servers: [natsUrl], leaseS: LEASE_S, stream: { storage: 'memory', maxGb: 0.25 } },
    store: { kind: 'none' },
    supervision: { backoffMinMs: 10, backoffMaxMs: 500 },
    log: { level: 'debug', pretty: false },
  };
}
