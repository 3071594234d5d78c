/**
 * The product's ingest at the simulated Gemini, over its real sockets: what is told as live is the book of that very
 * update, whatever is lost on the way, and after the resync the books are the venue's again.
 */

import { afterEach, describe, expect, it } from 'vitest';
import { digitsOf, unitsAt, unitsOf } from '../../test/fixtures/exact.ts';
import { feedRecord } from '../../test/fixtures/feed-records.ts';
import { IngestWorld } from '../../test/fixtures/ingest-world.ts';
import type { BookKeeper } from '../actors/book-keeper.ts';
import { gemini } from '../exchanges/gemini.ts';
import type { EventView } from '../model/event.ts';
import type { FeedOp } from '../model/feed-record.ts';
import type { FaultPlan } from './fault-plan.ts';
import { GeminiReferenceBook, readGeminiDepth } from './gemini-reference-book.ts';
import { startSimulator, type Simulator, type TrueBook } from './simulator.ts';
import { SocketProbe } from './socket-probe.ts';

/** By symbol, in the order of the market. */
const PAIRS = new Map([
  ['btcusd', 'BTC-USD'],
  ['ethbtc', 'ETH-BTC'],
]);
const SYMBOLS = [...PAIRS.keys()];
const STEP_US = 100_000;
const SLICE_US = 10_000;
/** A book that waits for so long asks again. */
const PATIENCE_US = 1_000_000;
const SUBSCRIPTION = { venueSymbols: SYMBOLS, bookDepth: 1000, audit: true };

const running: Simulator[] = [];

async function startVenue(seed: string, faults?: FaultPlan): Promise<Simulator> {
  const simulator = await startSimulator({
    seed,
    venues: ['gemini'],
    pairs: [...PAIRS.values()],
    ratePerPair: 40,
    whalesPerMinute: 20,
    driveManually: true,
    ...(faults === undefined ? {} : { faults }),
  });
  running.push(simulator);
  return simulator;
}

function openAt(simulator: Simulator): Promise<SocketProbe> {
  return SocketProbe.open(`${simulator.urls.gemini?.ws}${gemini.connectPath()}`);
}

/** A book as text: levels in units of 10^-22, best first. */
function textOfTruth({ bids, asks }: TrueBook): string {
  return [...bids, [], ...asks].map((level) => level.map((text) => String(unitsOf(text))).join('x')).join(' ');
}

function textOfBook({ book }: BookKeeper): string {
  const { narrow, priceScale, sizeScale } = book.state();
  const { bids, asks } = narrow ?? {};
  const text = (side: typeof bids): string[] =>
    Array.from(
      side?.keys ?? [],
      (key, i) => `${unitsAt(Math.abs(key), priceScale)}x${unitsAt(side?.sizes[i] ?? NaN, sizeScale)}`,
    ).toReversed();
  return [...text(bids), '', ...text(asks)].join(' ');
}

/** Every state that the venue of this seed ever tells of, by symbol and update number: it is the same with all faults. */
async function historyOf(seed: string, durationUs: number): Promise<Map<string, string>> {
  const simulator = await startVenue(seed);
  const probe = await openAt(simulator);
  const books = new Map(SYMBOLS.map((symbol) => [symbol, new GeminiReferenceBook()]));
  const history = new Map<string, string>();
  const params = SYMBOLS.map((symbol) => `${symbol}@depth@100ms`);
  probe.send({ id: 1, method: 'SUBSCRIBE', params });
  await probe.settle();
  for (let us = 0; us < durationUs; us += STEP_US) {
    simulator.advance(STEP_US);
    await probe.settle();
    for (const frame of probe.take().flatMap((text) => readGeminiDepth(text) ?? [])) {
      const book = books.get(frame.s);
      book?.apply(frame);
      if (book !== undefined) history.set(`${PAIRS.get(frame.s)} ${frame.u}`, textOfTruth(book.levels()));
    }
  }
  await probe.close();
  return history;
}

/** The product's shard at the end of a socket, with the little that its session would do for it. */
class Client {
  readonly told = { live: 0, connections: 0, resubscriptions: 0 };
  /** Live events whose book was not that of their update. */
  readonly wrong: string[] = [];
  readonly world: IngestWorld;
  private readonly simulator: Simulator;
  private readonly history: ReadonlyMap<string, string>;
  private probe: SocketProbe | null = null;

  constructor(simulator: Simulator, history: ReadonlyMap<string, string>) {
    this.simulator = simulator;
    this.history = history;
    this.world = new IngestWorld({ emit: (view) => this.look(view) });
  }

  async learnInstruments(): Promise<void> {
    const url = `${this.simulator.urls.gemini?.rest}${gemini.instrumentsRequest().path}`;
    this.record('http', await (await fetch(url)).text(), url);
  }

  /** Lets the market go on, and takes what it says. */
  async step(us: number): Promise<void> {
    const { simulator, world } = this;
    if (this.probe === null) await this.connect();
    simulator.advance(us);
    await this.receive();
    world.shard.nudge(simulator.nowUs - PATIENCE_US, simulator.nowUs);
    for (const wish of world.asked.filter((one) => one.startsWith('resubscribe'))) {
      this.told.resubscriptions++;
      this.send(gemini.resubscribe(wish.split(' ')[2] ?? ''));
    }
    world.take();
    await this.receive();
  }

  /** What the shard asked for in a step by which everything went well. */
  async quietStep(us: number): Promise<readonly string[]> {
    this.simulator.advance(us);
    await this.receive();
    return this.world.take().asked;
  }

  book(symbol: string): BookKeeper {
    return this.world.book(`gemini:${PAIRS.get(symbol)}`);
  }

  async close(): Promise<void> {
    await this.probe?.close();
  }

  async connect(): Promise<void> {
    this.told.connections++;
    this.probe = await openAt(this.simulator);
    this.record('open', null, `${this.simulator.urls.gemini?.ws}${gemini.connectPath()}`);
    this.send(gemini.subscribe(SUBSCRIPTION));
    await this.receive();
  }

  private send(frames: readonly string[]): void {
    for (const frame of frames) {
      this.record('send', frame);
      this.probe?.send(frame);
    }
  }

  private async receive(): Promise<void> {
    const { probe } = this;
    if (probe === null) return;
    const ended = await Promise.race([probe.settle().then(() => false), probe.closed().then(() => true)]);
    for (const frame of probe.take()) this.record('recv', frame);
    if (!ended) return;
    this.record('close', null);
    this.probe = null;
  }

  private record(op: FeedOp, data: string | null, url: string | null = null): void {
    const conn = op === 'http' ? 'rest' : `ws${this.told.connections}`;
    this.world.process(feedRecord({ tUs: this.simulator.nowUs, exchange: 'gemini', conn, op, url, data }));
  }

  private look({ kind, header, ...view }: EventView): void {
    if (header.state !== 'live' || (kind !== 'book.delta' && kind !== 'book.snapshot')) return;
    if (!('venueSeq' in view)) return;
    this.told.live++;
    const event = `${header.symbol} ${view.venueSeq}`;
    if (textOfBook(this.world.book(`gemini:${header.symbol}`)) !== this.history.get(event)) this.wrong.push(event);
  }
}

/** Brings every book to the moment at which the venue has told of it, and compares it with the venue's own. */
async function eachTold(
  client: Client,
  simulator: Simulator,
  compare: (symbol: string, is: string, should: string) => void,
): Promise<void> {
  await client.step(STEP_US - (simulator.nowUs % STEP_US));
  for (const [symbol, pair] of PAIRS) {
    const book = client.book(symbol);
    compare(symbol, `${book.trust} ${textOfBook(book)}`, `live ${textOfTruth(simulator.book('gemini', pair))}`);
    await client.step(SLICE_US);
  }
}

async function expectEqual(client: Client, simulator: Simulator): Promise<void> {
  await eachTold(client, simulator, (_symbol, is, should) => expect(is).toBe(should));
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
});

describe('books of the simulated Gemini', () => {
  const SEED = 'gemini-live';

  it(`are the venue's own after every frame, and its best prices agree (seed ${SEED})`, async () => {
    const simulator = await startVenue(SEED);
    const client = new Client(simulator, await historyOf(SEED, 31_000_000));
    await client.learnInstruments();
    await client.connect();
    for (let i = 0; i < 300; i++) expect(await client.quietStep(STEP_US)).toEqual([]);
    await expectEqual(client, simulator);
    expect(client.wrong).toEqual([]);
    expect(client.told).toMatchObject({ connections: 1, resubscriptions: 0 });
    for (const symbol of SYMBOLS) {
      const { counters, instrument } = client.book(symbol);
      expect(counters).toMatchObject({ snapshots: 1, gaps: 0, resyncs: 0, auditFailed: 0, earlyUpdates: 0 });
      expect(Math.min(counters.updates, counters.auditOk)).toBeGreaterThan(200);
      expect(counters.trades).toBeGreaterThan(20);
      expect([instrument.priceScale, instrument.sizeScale]).toEqual([
        digitsOf(simulator.book('gemini', instrument.symbol).bids[0]?.[0] ?? '').decimals,
        digitsOf(simulator.book('gemini', instrument.symbol).bids[0]?.[1] ?? '').decimals,
      ]);
    }
    // No frame was refused, and none was of a shape that the scanner does not know.
    expect(client.world.shard.counters).toMatchObject({ malformed: 0, general: 0 });
    await client.close();
  });

  it.each(['storm-1', 'storm-2', 'storm-3'])('are never wrong while live in a storm (seed %s)', async (seed) => {
    const rates = {
      ...{ drop: 0.015, duplicate: 0.015, reorder: 0.015, truncate: 0.015, delay: 0.003, disconnect: 0.003 },
      'stale-snapshot': 0.2,
    };
    const simulator = await startVenue(seed, { rates, delayUsMax: 700_000 });
    const client = new Client(simulator, await historyOf(seed, 40_000_000));
    await client.learnInstruments();
    for (let i = 0; i < 300; i++) await client.step(STEP_US);
    expect(client.wrong).toEqual([]);
    const counts = simulator.faultCounts('gemini');
    expect(Math.min(counts.drop, counts.reorder, counts.truncate, counts['stale-snapshot'])).toBeGreaterThan(3);
    expect(counts.disconnect).toBeGreaterThan(0);
    // A connection may be struck again before its end is noticed.
    expect(client.told.connections).toBeGreaterThan(1);
    expect(client.told.connections).toBeLessThanOrEqual(counts.disconnect + 1);
    expect(client.told.resubscriptions).toBeGreaterThan(10);
    // Most of the time the books were there, and they come back even while the storm goes on.
    expect(client.told.live).toBeGreaterThan(250);
    const missing = new Set(SYMBOLS);
    for (let round = 0; round < 40 && missing.size > 0; round++) {
      await eachTold(client, simulator, (symbol, is, should) => {
        if (is === should) missing.delete(symbol);
      });
    }
    expect([...missing]).toEqual([]);
    expect(client.wrong).toEqual([]);
    await client.close();
  });

  it.each(['drop', 'truncate', 'stale-snapshot'] as const)(
    'are right again after the resync that one fault costs: %s',
    async (kind) => {
      const simulator = await startVenue(SEED);
      const client = new Client(simulator, await historyOf(SEED, 11_000_000));
      await client.learnInstruments();
      simulator.faultNext('gemini', 'BTC-USD', kind);
      for (let i = 0; i < 50; i++) await client.step(STEP_US);
      await expectEqual(client, simulator);
      expect(client.wrong).toEqual([]);
      expect(simulator.faultCounts('gemini')[kind]).toBe(1);
      expect(client.told).toMatchObject({ connections: 1, resubscriptions: 1 });
      expect(client.book('btcusd').counters.resyncs).toBe(1);
      expect(client.book('ethbtc').counters.resyncs).toBe(0);
      await client.close();
    },
  );

  it('are right again after a disconnect', async () => {
    const simulator = await startVenue(SEED);
    const client = new Client(simulator, await historyOf(SEED, 11_000_000));
    await client.learnInstruments();
    for (let i = 0; i < 20; i++) await client.step(STEP_US);
    simulator.disconnect('gemini');
    await client.step(0);
    expect(SYMBOLS.map((symbol) => client.book(symbol).trust)).toEqual(['stale', 'stale']);
    for (let i = 0; i < 20; i++) await client.step(STEP_US);
    await expectEqual(client, simulator);
    expect(client.wrong).toEqual([]);
    expect(client.told).toMatchObject({ connections: 2, resubscriptions: 0 });
    await client.close();
  });

  it('are right again after a silence, from which no frame comes back', async () => {
    const simulator = await startVenue(SEED);
    const client = new Client(simulator, await historyOf(SEED, 11_000_000));
    await client.learnInstruments();
    for (let i = 0; i < 20; i++) await client.step(STEP_US);
    simulator.freeze('gemini', 1_000_000);
    // In one step: a silent venue answers nothing that could be waited for.
    await client.step(2_000_000);
    await expectEqual(client, simulator);
    expect(client.wrong).toEqual([]);
    expect(client.told).toMatchObject({ connections: 1, resubscriptions: 2 });
    expect(SYMBOLS.map((symbol) => client.book(symbol).counters.gaps)).toEqual([1, 1]);
    await client.close();
  });

  it('take a corrupt digit for what the venue said until its best prices disagree, and are right with the next whole book', async () => {
    const simulator = await startVenue(SEED);
    const client = new Client(simulator, await historyOf(SEED, 31_000_000));
    await client.learnInstruments();
    for (let i = 0; i < 200; i++) {
      if (i % 10 === 5) simulator.faultNext('gemini', 'BTC-USD', 'corrupt');
      await client.step(STEP_US);
    }
    // The wire has no checksum: this is the limit of what can be known.
    expect(client.wrong.length).toBeGreaterThan(10);
    expect(client.wrong.every((event) => event.startsWith('BTC-USD'))).toBe(true);
    expect(client.book('btcusd').counters.auditFailed).toBeGreaterThan(0);
    expect(client.book('ethbtc').counters.auditFailed).toBe(0);
    simulator.disconnect('gemini');
    await client.step(0);
    client.wrong.length = 0;
    for (let i = 0; i < 20; i++) await client.step(STEP_US);
    await expectEqual(client, simulator);
    expect(client.wrong).toEqual([]);
    await client.close();
  });
});
