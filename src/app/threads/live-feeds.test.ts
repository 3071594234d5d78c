/** Two copies of a feed: what a book asks for comes by the one that is open. */

import { expect, it } from 'vitest';

import { IngestShard } from '../../actors/ingest-shard.ts';
import { wireRegistry } from '../../exchanges/registry.ts';
import { FakeClock, FakeSocket } from '../../exchanges/session-test-world.ts';
import { utf8Of } from '../../lib/utf8.ts';
import { Events } from '../../telemetry/events.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { NO_METRICS } from '../../telemetry/no-metrics.ts';
import type { LiveVenue } from './ingest.protocol.ts';
import { LiveFeeds } from './live-feeds.ts';

const PAIR = { symbol: 'BTC-USDT', venueSymbol: 'BTCUSDT', base: 'BTC', quote: 'USDT', tickSize: null, lotSize: null };
const VENUE: LiveVenue = {
  ...{ exchange: 'binance', channel: 'levels', credentials: null },
  ...{ wsUrls: ['ws://first.test', 'ws://second.test'], restUrl: 'http://rest.test' },
  ...{ bookDepth: 1000, audit: false, silenceMs: 30_000, compareEveryMs: 0, restShare: 1, pairs: [PAIR] },
};
const STEP_MS = 100;

/** One shard on two connections of a venue whose updates count up by one. */
class World {
  readonly clock = new FakeClock();
  private readonly sockets: FakeSocket[] = [];
  private readonly shard: IngestShard;
  private readonly feeds: LiveFeeds;
  private readonly log = createLogger({ level: 'silent', pretty: false });
  private update = 100;
  /** The first copy cannot be reached. */
  isFirstDown = false;

  constructor() {
    const { log } = this;
    const fail = (...words: readonly unknown[]): never => expect.unreachable(JSON.stringify(words));
    this.shard = new IngestShard({
      ...{ wires: wireRegistry, partitions: 1, owns: () => true },
      effects: {
        requestSnapshot: (exchange, symbol) => this.feeds.requestSnapshot(exchange, symbol),
        renew: (conn) => this.feeds.renew(conn),
        emit() {},
        readGenerally() {},
        ...{ resubscribe: fail, malformed: fail, actorFailed: fail, refused: fail },
      },
    });
    const events = new Events(log, NO_METRICS);
    const telemetry = { log, metrics: NO_METRICS, events, snapshot: () => Promise.resolve([]), stop() {} };
    this.feeds = new LiveFeeds({
      init: { archive: null, spool: null, venues: [VENUE] },
      ...{ shard: 0, telemetry, inFlight: () => 0, onTurnEnd: () => undefined },
      process: (record, frame) => this.shard.process(record, frame, true),
      learn: (exchange, rows) => this.shard.directory(exchange).learn(rows),
      nudge: (beforeUs, nowUs) => this.shard.nudge(beforeUs, nowUs),
      hasBook: (exchange, symbol) => this.shard.hasBook(exchange, symbol),
      world: {
        ...{ clock: this.clock, random: { next: () => 0.5 }, wires: wireRegistry },
        get: () =>
          Promise.resolve({
            ...{ status: 200, header: () => null },
            body: utf8Of(`{"lastUpdateId":${this.update},"bids":[["100","1"]],"asks":[["101","1"]]}`),
          }),
        openSocket: (url, handlers) => {
          const socket = new FakeSocket(url, handlers);
          this.sockets.push(socket);
          return socket;
        },
      },
    });
    this.feeds.start();
  }

  get trust(): string {
    return [...this.shard.books()].map(([, { trust }]) => trust).join();
  }

  loseFirst(): void {
    this.isFirstDown = true;
    for (const socket of this.sockets) if (isFirst(socket)) socket.end('gone');
  }

  /** Lets so many updates come, the first of which no connection brings where it is lost. */
  async live(updates: number, isFirstLost = false): Promise<void> {
    for (let step = 0; step < updates; step++) {
      for (const socket of this.sockets) {
        if (socket.state !== 'connecting') continue;
        if (this.isFirstDown && isFirst(socket)) socket.end('refused');
        else socket.open();
      }
      const frame =
        `{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":${Math.floor(this.clock.nowUs() / 1000)},` +
        `"s":"BTCUSDT","U":${this.update + 1},"u":${++this.update},"b":[["99","${step + 1}"]],"a":[]}}`;
      if (step > 0 || !isFirstLost) {
        for (const socket of this.sockets) if (socket.state === 'open') socket.receive(frame);
      }
      await this.clock.advance(STEP_MS);
    }
  }

  stop(): Promise<void> {
    return this.feeds.stop();
  }
}

function isFirst({ url }: FakeSocket): boolean {
  return url.startsWith('ws://first.test');
}

it('a book begins while the first copy cannot be reached', async () => {
  const world = new World();
  world.isFirstDown = true;
  await world.live(100);
  expect(world.trust).toBe('live');
  await world.stop();
});

it('a book begins again while the first copy is away', async () => {
  const world = new World();
  await world.live(100);
  expect(world.trust).toBe('live');
  world.loseFirst();
  await world.live(100);
  await world.live(1, true);
  await world.live(100);
  expect(world.trust).toBe('live');
  await world.stop();
});
