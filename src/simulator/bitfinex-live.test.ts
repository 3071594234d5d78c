/**
 * The product's ingest at the simulated Bitfinex: the frames that the venue really sends go into a shard, and the
 * shard's wishes go back to the venue, as a session would carry them. A live book is the venue's own, whatever happened.
 */

import { afterEach, describe, expect, it } from 'vitest';
import { feedRecord } from '../../test/fixtures/feed-records.ts';
import { IngestShard } from '../actors/ingest-shard.ts';
import { bitfinex } from '../exchanges/bitfinex.ts';
import { wireRegistry } from '../exchanges/registry.ts';
import { createPrng, int, pick } from '../lib/prng.ts';
import type { FeedOp } from '../model/feed-record.ts';
import type { FaultKind } from './fault-plan.ts';
import { startSimulator, type Simulator } from './simulator.ts';
import { SocketProbe } from './socket-probe.ts';

const PAIRS = new Map([
  ['tETHUSD', 'ETH-USD'],
  ['tXRPUST', 'XRP-USDT'],
]);
const SUBSCRIPTION = { venueSymbols: [...PAIRS.keys()], bookDepth: 25, audit: false };
const BULK_UPDATES = 536_870_912;
const STEP_US = 50_000;

type Levels = (readonly [price: string, size: string])[];

interface Line {
  readonly conn: string;
  readonly probe: SocketProbe;
  isOpen: boolean;
}

/** One shard, its connections to the venue, and the time of both. */
class Desk {
  readonly told: string[] = [];
  private readonly simulator: Simulator;
  private readonly flags: number;
  private readonly shard: IngestShard;
  /** Oldest first. */
  private lines: Line[] = [];
  private opened = 0;
  private frames = 0;
  private wishes: (() => Promise<void>)[] = [];

  /** @param flags are asked for beyond those of the product */
  constructor(simulator: Simulator, flags: number) {
    this.simulator = simulator;
    this.flags = flags;
    this.shard = new IngestShard({
      wires: wireRegistry,
      partitions: 1,
      owns: () => true,
      effects: {
        emit: () => undefined,
        requestSnapshot: (_, symbol) => expect.unreachable(`asks for ${symbol} by REST`),
        resubscribe: (_, symbol, channel) => {
          this.told.push('resubscribe');
          this.wishes.push(() => this.resubscribe(symbol, channel));
        },
        renew: (conn) => {
          this.told.push('renew');
          this.wishes.push(() => this.renew(conn));
        },
        malformed: () => this.told.push('malformed'),
        actorFailed: (book, _, error) => expect.unreachable(`${book}: ${String(error)}`),
        readGenerally: () => this.told.push('general'),
        refused: (_, symbol, detail) => expect.unreachable(`refused ${symbol} ${detail}`),
      },
    });
  }

  async open(): Promise<void> {
    const { ws = '' } = this.simulator.urls.bitfinex ?? {};
    const line = { conn: `line ${++this.opened}`, probe: await SocketProbe.open(ws), isOpen: true };
    void line.probe.closed().then(() => (line.isOpen = false));
    this.lines.push(line);
    this.happen(line.conn, 'open', null, ws);
    for (const request of bitfinex.subscribe(SUBSCRIPTION)) {
      line.probe.send(request.replace(/"flags":(\d+)/, (_, flags) => `"flags":${Number(flags) | this.flags}`));
    }
  }

  /** Lets time pass, takes what came of it, and lets the venue answer what the shard asks for. */
  async pass(us: number): Promise<void> {
    this.simulator.advance(us);
    await this.receive();
    for (let wishes = this.wishes.splice(0); wishes.length > 0; wishes = this.wishes.splice(0)) {
      for (const fulfil of wishes) await fulfil();
      await this.receive();
    }
  }

  trustOf(pair: string): string {
    return this.book(pair)?.trust ?? 'none';
  }

  countersOf(pair: string) {
    return this.book(pair)?.counters;
  }

  /** Levels of a book as the venue writes them, best first. */
  levelsOf(pair: string): { bids: Levels; asks: Levels } {
    const state = this.book(pair)?.book.state();
    const { priceScale = 0, sizeScale = 0, narrow } = state ?? {};
    const text = (units: number, scale: number): string => String(units / 10 ** scale);
    const side = (name: 'bids' | 'asks', sign: 1 | -1): Levels => {
      const { keys, sizes } = narrow?.[name] ?? { keys: [], sizes: [] };
      return Array.from(keys, (key, i) => [sign * key, sizes[i] ?? NaN] as const)
        .sort(([a], [b]) => sign * (b - a))
        .map(([price, size]) => [text(price, priceScale), text(size, sizeScale)]);
    };
    return { bids: side('bids', 1), asks: side('asks', -1) };
  }

  private book(pair: string) {
    return new Map(this.shard.books()).get(`bitfinex:${pair}`);
  }

  private async receive(): Promise<void> {
    for (const line of [...this.lines]) {
      if (line.isOpen) await Promise.race([line.probe.settle(), line.probe.closed()]);
      for (const text of line.probe.take()) this.happen(line.conn, 'recv', text);
      if (!line.isOpen) {
        this.end(line);
        if (this.lines.length === 0) this.wishes.push(() => this.open());
      }
    }
  }

  private async resubscribe(symbol: string, channel: string): Promise<void> {
    for (const request of bitfinex.resubscribe(symbol, SUBSCRIPTION, channel)) this.lines.at(-1)?.probe.send(request);
    return Promise.resolve();
  }

  /** A new connection takes over from one that lost a frame. */
  private async renew(conn: string): Promise<void> {
    const line = this.lines.find((one) => one.conn === conn);
    if (line === undefined) return;
    await this.open();
    await line.probe.close();
    this.end(line);
  }

  private end(line: Line): void {
    this.lines = this.lines.filter((one) => one !== line);
    this.happen(line.conn, 'close', null);
  }

  private happen(conn: string, op: FeedOp, data: string | null, url: string | null = null): void {
    const record = feedRecord({ tUs: this.simulator.nowUs + this.frames, exchange: 'bitfinex', conn, op, url, data });
    this.shard.process(record, this.frames++, true);
  }
}

let simulator: Simulator | undefined;

afterEach(async () => {
  await simulator?.stop();
  simulator = undefined;
});

async function startDesk(seed: string, flags: number): Promise<{ venue: Simulator; desk: Desk }> {
  const pairs = [...PAIRS.values()];
  const venue = await startSimulator({
    ...{ seed, venues: ['bitfinex'], pairs, driveManually: true },
    ...{ ratePerPair: 40, levelsPerSide: 60, whalesPerMinute: 30 },
  });
  simulator = venue;
  const desk = new Desk(venue, flags);
  await desk.open();
  return { venue, desk };
}

/** @returns how many of the books are live, each of which is the venue's own */
function countLive(venue: Simulator, desk: Desk): number {
  let live = 0;
  for (const pair of PAIRS.values()) {
    if (desk.trustOf(pair) !== 'live') continue;
    const { bids, asks } = venue.book('bitfinex', pair);
    expect(desk.levelsOf(pair), pair).toEqual({ bids: bids.slice(0, 25), asks: asks.slice(0, 25) });
    live++;
  }
  return live;
}

describe.each([
  ['a row a frame', 0],
  ['all rows in one frame', BULK_UPDATES],
])('ingest at the simulated Bitfinex, %s', (_, flags) => {
  it('holds the books of the venue', async () => {
    const { venue, desk } = await startDesk('calm', flags);
    await desk.pass(0);
    for (let step = 0; step < 300; step++) {
      await desk.pass(STEP_US);
      expect(countLive(venue, desk)).toBe(PAIRS.size);
    }
    for (const pair of PAIRS.values()) {
      const counters = desk.countersOf(pair);
      expect(counters).toMatchObject({
        ...{ snapshots: 1, resyncs: 0, gaps: 0, checksumFailed: 0, malformed: 0, unknownRemovals: 0, earlyUpdates: 0 },
      });
      expect(counters?.checksumOk).toBeGreaterThan(200);
      expect(counters?.trades).toBeGreaterThan(10);
    }
    expect(new Set(desk.told)).toEqual(new Set(flags === 0 ? [] : ['general']));
  });

  it.each(['fault-1', 'fault-2', 'fault-3'])('never holds a wrong one for live (seed %s)', async (seed) => {
    const KINDS: readonly FaultKind[] = ['drop', 'corrupt', 'truncate', 'duplicate', 'reorder', 'disconnect'];
    const { venue, desk } = await startDesk(seed, flags);
    const prng = createPrng(seed);
    await desk.pass(0);
    let live = 0;
    for (let step = 0; step < 400; step++) {
      if (step % 8 === 0) venue.faultNext('bitfinex', pick(prng, [...PAIRS.values()]), pick(prng, KINDS));
      await desk.pass(int(prng, 1, 2 * STEP_US));
      live += countLive(venue, desk);
    }
    await desk.pass(STEP_US);
    for (let step = 0; step < 40; step++) await desk.pass(STEP_US);
    expect(countLive(venue, desk)).toBe(PAIRS.size);
    const counts = venue.faultCounts('bitfinex');
    for (const kind of KINDS) expect(counts[kind], kind).toBeGreaterThan(0);
    // It was told of the faults, and lived all the same.
    expect(desk.told).toEqual(expect.arrayContaining(['renew', 'resubscribe', 'malformed']));
    expect(live).toBeGreaterThan(400);
  });
});
