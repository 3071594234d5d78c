/**
 * The product's ingest on what the simulated Bitstamp really sends over its sockets and by REST: whatever it tells as live
 * must be the venue's book of that very diff.
 *
 * The venue gives neither number nor checksum. So a diff that gets lost on the way, or whose digits are damaged, shows in
 * nothing: the book stays live with levels that are not the venue's, until they change again or the book is built anew.
 */

import { afterEach, describe, expect, it } from 'vitest';
import { exactLevels } from '../../test/fixtures/book-views.ts';
import { unitsOf } from '../../test/fixtures/exact.ts';
import { feedRecord } from '../../test/fixtures/feed-records.ts';
import { IngestWorld } from '../../test/fixtures/ingest-world.ts';
import { bitstamp as wire } from '../exchanges/bitstamp.ts';
import { createPrng, int } from '../lib/prng.ts';
import type { FeedOp } from '../model/feed-record.ts';
import type { BitstampLimits } from './bitstamp-server.ts';
import { bitstamp } from './bitstamp-server.ts';
import type { FaultKind } from './fault-plan.ts';
import { startSimulator, type Simulator } from './simulator.ts';
import { SocketProbe } from './socket-probe.ts';

const SEED = 'bitstamp-live';
const PAIRS = ['BTC-USD', 'SIM001-USDT'];
const SYMBOLS = ['btcusd', 'sim001usdt'];
const DIFF = /"microtimestamp":"(\d+)".*"channel":"diff_order_book_(\w+)"/;
const SLICE_US = 10_000;
const SLICES_PER_SECOND = 100;
/** A REST answer takes at most so long. */
const ANSWER_SLICES_MAX = 40;

interface Line {
  readonly conn: string;
  readonly probe: SocketProbe;
  readonly isClosed: () => boolean;
  readonly closed: Promise<unknown>;
}

/** Sockets to the venue, requests to it, and the product's shard behind both. */
class Feed {
  readonly simulator: Simulator;
  readonly world: IngestWorld;
  /** Live diffs that left the product's book equal to the venue's, and those that did not. */
  readonly told = { right: 0, wrong: 0 };
  /** What the shard has asked of its runtime, by its first word. */
  readonly asked = new Map<string, number>();
  private readonly prng = createPrng(SEED);
  private lines: Line[] = [];
  private opened = 0;
  /** By symbol: an answer on its way, with the slices until it is here. */
  private readonly answers = new Map<string, { readonly body: string; slices: number }>();
  /** The venue's book at the moment of each diff that a socket has brought, by pair and µs. */
  private readonly truths = new Map<string, string>();

  private constructor(simulator: Simulator) {
    this.simulator = simulator;
    this.world = new IngestWorld({
      emit: (view) => {
        if (view.kind !== 'book.delta' || view.header.state !== 'live') return;
        const { symbol } = view.header;
        this.told[this.held(symbol) === this.truths.get(`${symbol} ${view.venueSeq}`) ? 'right' : 'wrong'] += 1;
      },
    });
  }

  static async start(simulator: Simulator): Promise<Feed> {
    const feed = new Feed(simulator);
    await feed.answer(wire.instrumentsRequest().path);
    await feed.open();
    return feed;
  }

  /** Lets so much of the market's time pass. */
  async run(seconds: number): Promise<void> {
    for (let slice = 0; slice < seconds * SLICES_PER_SECOND; slice++) await this.step();
  }

  /** Whether every book is live, and the venue's at a moment of the next second. */
  async isRight(): Promise<boolean> {
    const { right, wrong } = this.told;
    await this.run(1);
    const isLive = PAIRS.every((pair) => this.world.book(`bitstamp:${pair}`).trust === 'live');
    return isLive && this.told.right > right && this.told.wrong === wrong;
  }

  get resyncs(): number {
    return [...this.world.shard.books()].reduce((sum, [, { counters }]) => sum + counters.resyncs, 0);
  }

  private async step(): Promise<void> {
    this.simulator.advance(SLICE_US);
    for (const line of this.lines) await this.read(line);
    for (const [symbol, answer] of this.answers) {
      answer.slices -= 1;
      if (answer.slices > 0) continue;
      this.answers.delete(symbol);
      this.happen('rest', 'http', answer.body, wire.endpoints.rest + wire.snapshotRequest(symbol).path);
    }
    await this.obey();
    if (this.lines.every(({ isClosed }) => isClosed())) await this.open();
  }

  private async open(): Promise<void> {
    const probe = await SocketProbe.open(this.simulator.urls.bitstamp?.ws ?? '');
    const conn = `line${this.opened++}`;
    let isClosed = false;
    const closed = probe.closed().then(() => (isClosed = true));
    this.lines.push({ conn, probe, closed, isClosed: () => isClosed });
    this.happen(conn, 'open', null, wire.endpoints.ws);
    for (const text of wire.subscribe({ venueSymbols: SYMBOLS, bookDepth: 1000, audit: false })) probe.send(text);
    await probe.settle();
  }

  private async read(line: Line): Promise<void> {
    await Promise.race([line.probe.settle(), line.closed]);
    for (const text of line.probe.take()) {
      this.remember(text);
      this.happen(line.conn, 'recv', text);
    }
    if (!line.isClosed()) return;
    this.happen(line.conn, 'close', null);
    this.lines = this.lines.filter((other) => other !== line);
  }

  /** Does what the shard asks of its runtime: one request per pair at a time, and a second line where one will end. */
  private async obey(): Promise<void> {
    for (const wish of this.world.take().asked) {
      const [what = '', , symbol = ''] = wish.split(' ');
      this.asked.set(what, (this.asked.get(what) ?? 0) + 1);
      if (what === 'renew') await this.open();
      if (what !== 'request' || this.answers.has(symbol)) continue;
      const body = await this.get(wire.snapshotRequest(symbol).path);
      this.answers.set(symbol, { body, slices: int(this.prng, 0, ANSWER_SLICES_MAX) });
    }
  }

  private async get(path: string): Promise<string> {
    return (await fetch(`${this.simulator.urls.bitstamp?.rest}${path}`)).text();
  }

  private async answer(path: string): Promise<void> {
    this.happen('rest', 'http', await this.get(path), wire.endpoints.rest + path);
  }

  private happen(conn: string, op: FeedOp, data: string | null, url: string | null = null): void {
    this.world.process(feedRecord({ tUs: this.simulator.nowUs, exchange: 'bitstamp', conn, op, url, data }));
  }

  /** A diff goes out as soon as the venue has made it, so the book of this moment is the one that it leads to. */
  private remember(text: string): void {
    const [, us = '', symbol = ''] = DIFF.exec(text) ?? [];
    const pair = PAIRS[SYMBOLS.indexOf(symbol)];
    if (pair === undefined) return;
    const { bids, asks } = this.simulator.book('bitstamp', pair);
    const exact = ([price, size]: readonly [string, string]): string => `${unitsOf(price)} ${unitsOf(size)}`;
    this.truths.set(`${pair} ${us}`, [...bids.map(exact), '', ...asks.map(exact)].join('\n'));
  }

  /** The product's book, in the words of `remember`. */
  private held(pair: string): string {
    const { book } = this.world.book(`bitstamp:${pair}`);
    const exact = ([price, size]: readonly [bigint, bigint]): string => `${price} ${size}`;
    return [...exactLevels(book, 'bid').map(exact), '', ...exactLevels(book, 'ask').map(exact)].join('\n');
  }
}

let simulator: Simulator | undefined;

async function start(
  rates: Partial<Record<FaultKind, number>> = {},
  limits: Partial<BitstampLimits> = {},
): Promise<Feed> {
  simulator = await startSimulator({
    seed: SEED,
    venues: ['bitstamp'],
    pairs: PAIRS,
    ratePerPair: 40,
    levelsPerSide: 60,
    driveManually: true,
    faults: { rates },
    definitions: { bitstamp: bitstamp(limits) },
  });
  return Feed.start(simulator);
}

afterEach(async () => {
  await simulator?.stop();
});

describe(`the product on the simulated Bitstamp (seed ${SEED})`, () => {
  it('has the book of the venue after every diff, and takes its trades', async () => {
    const feed = await start();
    await feed.run(22);
    expect(feed.told.wrong).toBe(0);
    expect(feed.told.right).toBeGreaterThan(200);
    const { shard } = feed.world;
    expect([shard.counters.malformed, feed.resyncs]).toEqual([0, 0]);
    const counters = [...shard.books()].map(([, book]) => book.counters);
    expect(counters).toMatchObject([
      { snapshots: 1, gaps: 0, crossed: 0, unknownRemovals: 0 },
      { snapshots: 1, gaps: 0, crossed: 0, unknownRemovals: 0 },
    ]);
    const trades = counters.map((one) => one.trades);
    expect(Math.min(...trades)).toBeGreaterThan(20);
    // Only trades whose inexact floats have more digits than the scanner takes are read the general way.
    expect(shard.counters.general).toBeLessThan(Math.max(...trades) / 4);
    expect(await feed.isRight()).toBe(true);
  });

  it('is never wrong while live where connections break, frames end early or come twice, and snapshots are old', async () => {
    const feed = await start({ disconnect: 0.005, truncate: 0.005, duplicate: 0.01, 'stale-snapshot': 0.3 });
    await feed.run(60);
    expect(feed.told.wrong).toBe(0);
    expect(feed.told.right).toBeGreaterThan(300);
    const counts = simulator?.faultCounts('bitstamp');
    expect(counts?.disconnect).toBeGreaterThan(2);
    expect(counts?.truncate).toBeGreaterThan(2);
    expect(counts?.duplicate).toBeGreaterThan(2);
    expect(counts?.['stale-snapshot']).toBeGreaterThan(2);
    expect(feed.resyncs).toBeGreaterThan(5);
  });

  it('goes over to a new connection without a gap where the venue asks for one', async () => {
    const feed = await start({}, { connectionLifeUs: 5_000_000, reconnectWithinUs: 1_000_000 });
    await feed.run(30);
    expect(feed.told.wrong).toBe(0);
    expect(feed.asked.get('renew')).toBeGreaterThan(3);
    expect(feed.resyncs).toBe(0);
    expect(await feed.isRight()).toBe(true);
  });

  it('cannot tell that a diff is lost, and is right again after the next resync', async () => {
    const feed = await start();
    await feed.run(3);
    simulator?.dropNext('bitstamp', 'BTC-USD');
    await feed.run(1);
    expect(feed.told.wrong).toBeGreaterThan(0);
    expect(feed.world.book('bitstamp:BTC-USD').trust).toBe('live');
    expect(feed.resyncs).toBe(0);
    simulator?.disconnect('bitstamp');
    await feed.run(3);
    expect(await feed.isRight()).toBe(true);
  });

  it('sees a damaged digit where the book crosses, else not, and is right again after the next resync', async () => {
    const feed = await start();
    await feed.run(3);
    for (let i = 0; i < 40; i++) {
      simulator?.faultNext('bitstamp', PAIRS[i % 2] ?? '', 'corrupt');
      await feed.run(0.5);
    }
    expect(simulator?.faultCounts('bitstamp').corrupt).toBe(40);
    expect(feed.told.wrong).toBeGreaterThan(0);
    const crossed = [...feed.world.shard.books()].reduce((sum, [, { counters }]) => sum + counters.crossed, 0);
    expect(crossed).toBeGreaterThan(0);
    expect(crossed).toBeLessThan(40);
    expect(feed.resyncs).toBe(crossed);
    simulator?.disconnect('bitstamp');
    await feed.run(3);
    expect(await feed.isRight()).toBe(true);
  });
});
