import { describe, expect, test } from 'vitest';
import { CLOSE_CODES, HEARTBEAT_MS, VIEWS_PER_CLIENT_MAX, viewKey } from '../api/keys.ts';
import type { ClientMessage, LiveView, ServerMessage } from '../api/live.ts';
import { serverMessage } from '../api/live.ts';
import type { MarketChange, MarketRow } from '../api/market.ts';
import { deltaOf, metricOf, NOON_US, scoreOf, statusOf } from '../state/events.fixture.ts';
import { MarketState } from '../state/market-state.ts';
import type { LiveClient } from './live-hub.ts';
import { LiveHub } from './live-hub.ts';
import { MarketsFeed } from './markets-feed.ts';
import { WhalesFeed } from './whales-feed.ts';

const LIMITS = { clientsMax: 3, bufferedBytesMax: 1000, slowMsMax: 5000 };
const START_MS = NOON_US / 1000;
const MARKETS: LiveView = { kind: 'markets' };
const WHALES: LiveView = { kind: 'whales', exchange: 'kraken', symbol: 'BTC-USD', minScore: 2 };

class Browser implements LiveClient {
  bufferedBytes = 0;
  readonly got: ServerMessage[] = [];
  readonly texts: Uint8Array[] = [];
  closed: { code: number; reason: string } | null = null;

  send(data: Uint8Array): void {
    this.texts.push(data);
    this.got.push(serverMessage.parse(JSON.parse(Buffer.from(data).toString())));
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }

  kinds(): string[] {
    return this.got.map((message) => ('seq' in message ? `${message.type} ${message.seq}` : message.type));
  }
}

/** A hub whose time passes when the test says so. */
function newWorld(): {
  hub: LiveHub;
  market: MarketState;
  come: (...views: LiveView[]) => Browser;
  say: (browser: Browser, message: ClientMessage) => void;
  pass: (ms: number) => void;
} {
  const market = new MarketState({ whaleScoreMin: 4, sinceUs: NOON_US, known: [] });
  market.step(statusOf({}, { state: 'live' }));
  market.step(deltaOf(100, 102));
  const open = (view: LiveView): MarketsFeed | WhalesFeed | null => {
    if (view.kind !== 'whales') return new MarketsFeed(market);
    const pair = market.find(view);
    return pair === null ? null : new WhalesFeed(market, pair, view);
  };
  const hub = new LiveHub({
    ...{ version: '1', limits: LIMITS, open },
    encode: (message) => Buffer.from(JSON.stringify(message)),
  });
  let nowMs = START_MS;
  const say = (browser: Browser, message: ClientMessage): void =>
    hub.receive(browser, Buffer.from(JSON.stringify(message)), nowMs);
  return {
    hub,
    market,
    say,
    come(...views) {
      const browser = new Browser();
      hub.connect(browser, nowMs);
      for (const view of views) say(browser, { type: 'subscribe', view });
      return browser;
    },
    pass(ms) {
      for (const end = nowMs + ms; nowMs < end;) {
        nowMs += 25;
        hub.tick(nowMs);
      }
    },
  };
}

describe('a view', () => {
  test('begins with a snapshot, and goes on with what has changed and nothing else', () => {
    const { market, come, pass } = newWorld();
    const browser = come(WHALES);
    pass(1000);
    expect(browser.kinds()).toEqual(['hello', 'snapshot 0', 'heartbeat']);
    market.step(scoreOf(1, 1));
    market.step(scoreOf(3, 2));
    market.step(metricOf('spread', 0, [1, 1.02, 0.02, 0.02]));
    pass(500);
    const update = browser.got.at(-1);
    expect(update).toMatchObject({ type: 'update', seq: 1, view: viewKey(WHALES) });
    expect(update).toMatchObject({ data: { orders: [{ score: 3 }], quotes: [{ bid: 1 }], largest: [{}, {}] } });
    expect(browser.kinds().filter((kind) => kind.startsWith('update'))).toHaveLength(1);
  });

  test('moves at a bounded rate however much happens, and leaves no order out', () => {
    const { market, come, pass } = newWorld();
    const browser = come(WHALES, MARKETS);
    pass(1000);
    const before = browser.got.length;
    for (let step = 0; step < 120; step++) {
      market.step(scoreOf(2, step + 1));
      pass(25);
    }
    const got = browser.got.slice(before).filter(({ type }) => type === 'update');
    const whales = got.filter((message) => message.type === 'update' && message.kind === 'whales');
    expect(whales).toHaveLength(15);
    expect(got).toHaveLength(18);
    const orders = whales.flatMap(
      (one) => (one.type === 'update' && one.kind === 'whales' ? one.data.orders : []) ?? [],
    );
    expect(orders.map(({ size }) => size)).toEqual(
      Array.from({ length: 119 }, (_, i) => i + 1).slice(0, orders.length),
    );
    expect(orders.length).toBeGreaterThan(110);
  });

  test('is one text for all who look', () => {
    const { hub, market, come, pass } = newWorld();
    const [first, second] = [come(WHALES), come(WHALES)];
    pass(1000);
    const { encoded } = hub.counters;
    market.step(scoreOf(6, 1));
    pass(200);
    expect(hub.counters.encoded).toBe(encoded + 1);
    expect(second.texts.at(-1)).toBe(first.texts.at(-1));
  });

  test('can be rebuilt from its snapshot and the changes: rows of markets', () => {
    const { market, come, pass } = newWorld();
    const early = come(MARKETS);
    pass(2000);
    for (let step = 0; step < 50; step++) {
      market.step(deltaOf(100 + step, 200 + step, { symbol: `A${step % 7}-USD`, receiveUs: NOON_US + step }));
      market.step(metricOf('spread', step * 5, [1 + step, 2 + step, 1, 1]));
      pass(150);
    }
    pass(2000);
    const late = come(MARKETS);
    pass(1100);
    const rows = new Map<string, MarketRow>();
    for (const message of early.got) {
      if (message.type === 'snapshot' && message.kind === 'markets') {
        for (const row of message.data.rows) rows.set(row.symbol, row);
      } else if (message.type === 'update' && message.kind === 'markets') {
        for (const change of message.data.rows) rows.set(change.symbol, merged(rows.get(change.symbol), change));
      }
    }
    const last = late.got.find(({ type }) => type === 'snapshot');
    expect(last?.type === 'snapshot' && last.kind === 'markets' ? last.data.rows : null).toEqual([...rows.values()]);
    expect(rows.get('BTC-USD')?.spark.length).toBe(50);
  });

  test('is closed with its last reader, and a pair that is not watched has none', () => {
    const { market, hub, say, come, pass } = newWorld();
    const browser = come(WHALES);
    pass(500);
    say(browser, { type: 'unsubscribe', view: WHALES });
    const { encoded } = hub.counters;
    market.step(scoreOf(6, 1));
    pass(1000);
    expect(hub.counters.encoded).toBe(encoded);
    say(browser, { type: 'subscribe', view: { ...WHALES, symbol: 'NO-SUCH' } });
    expect(browser.got.at(-1)).toMatchObject({ type: 'refused', code: 'unknown-pair' });
    expect(browser.closed).toBeNull();
  });
});

function merged(before: MarketRow | undefined, { spark, ...change }: MarketChange): MarketRow {
  const points = [...(before?.spark ?? []), ...(spark ?? [])].slice(-60);
  return { ...before, ...change, spark: points } as MarketRow;
}

describe('a client that reads slowly', () => {
  test('is passed over, gets the view anew once it has read, and holds up nobody', () => {
    const { hub, market, come, pass } = newWorld();
    const [quick, slow] = [come(WHALES), come(WHALES)];
    pass(500);
    slow.bufferedBytes = 5000;
    const before = slow.got.length;
    for (let seq = 1; seq <= 3; seq++) {
      market.step(scoreOf(5, seq));
      pass(200);
    }
    expect(slow.got).toHaveLength(before);
    expect(quick.kinds().slice(-3)).toEqual(['update 1', 'update 2', 'update 3']);
    expect(hub.counters.passedOver).toBe(1);
    slow.bufferedBytes = 0;
    pass(200);
    expect(slow.got.at(-1)).toMatchObject({ type: 'snapshot', seq: 3, data: { orders: [{}, {}, {}] } });
    market.step(scoreOf(5, 4));
    pass(200);
    expect(slow.kinds().at(-1)).toBe('update 4');
  });

  test('is closed with a reason when it stays so, and counted', () => {
    const { hub, come, pass } = newWorld();
    const [quick, slow] = [come(WHALES), come(WHALES)];
    slow.bufferedBytes = LIMITS.bufferedBytesMax + 1;
    pass(LIMITS.slowMsMax);
    expect(slow.closed).toBeNull();
    pass(100);
    expect(slow.closed).toEqual({ code: CLOSE_CODES.tooSlow, reason: expect.stringContaining('1000 bytes') });
    expect([quick.closed, hub.clients, hub.counters.dropped.tooSlow]).toEqual([null, 1, 1]);
  });
});

describe('a client is closed with a reason', () => {
  test.each([
    ['no JSON', Buffer.from('{'), CLOSE_CODES.malformed],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe), CLOSE_CODES.malformed],
    ['another message', Buffer.from('{"type":"publish"}'), CLOSE_CODES.malformed],
    ['a prototype', Buffer.from('{"__proto__":{"type":"subscribe"}}'), CLOSE_CODES.malformed],
    ['5 KiB', Buffer.from(JSON.stringify({ type: 'x'.repeat(5000) })), CLOSE_CODES.tooBig],
  ])('for %s', (_case, data, code) => {
    const { hub, come } = newWorld();
    const browser = come(MARKETS);
    hub.receive(browser, data, START_MS);
    expect(browser.closed?.code).toBe(code);
    expect(browser.closed?.reason.length).toBeLessThan(123);
    expect(hub.clients).toBe(0);
  });

  test('for more messages than a person sends', () => {
    const { hub, say, come, pass } = newWorld();
    const browser = come();
    for (let i = 0; i < 40; i++) say(browser, { type: 'unsubscribe', view: MARKETS });
    expect(browser.closed).toBeNull();
    pass(1000);
    for (let i = 0; i < 6; i++) say(browser, { type: 'unsubscribe', view: MARKETS });
    expect(browser.closed?.code).toBe(CLOSE_CODES.tooManyMessages);
    expect(hub.counters.dropped.tooManyMessages).toBe(1);
  });

  test('when there are too many clients, and for no other', () => {
    const { hub, come } = newWorld();
    const three = [come(), come(), come()];
    expect(come().closed?.code).toBe(CLOSE_CODES.tooManyClients);
    hub.disconnect(three[0] ?? new Browser());
    expect(come().closed).toBeNull();
  });

  test('when the server stops', () => {
    const { hub, come } = newWorld();
    const browser = come(WHALES, MARKETS);
    hub.close();
    expect([browser.closed?.code, hub.clients]).toEqual([CLOSE_CODES.goingAway, 0]);
  });
});

test('a client has a few views at a time', () => {
  const { say, come } = newWorld();
  const browser = come();
  for (let minScore = 0; minScore < 7; minScore++) say(browser, { type: 'subscribe', view: { ...WHALES, minScore } });
  for (const view of [MARKETS, { ...WHALES, minScore: null }] as const) say(browser, { type: 'subscribe', view });
  expect(VIEWS_PER_CLIENT_MAX).toBe(8);
  expect(browser.got.at(-1)).toMatchObject({ type: 'refused', code: 'too-many-views' });
});

test('who has lost a place asks again and gets the whole', () => {
  const { say, come, pass } = newWorld();
  const browser = come(WHALES);
  pass(500);
  say(browser, { type: 'subscribe', view: WHALES });
  pass(500);
  expect(browser.kinds().filter((kind) => kind === 'snapshot 0')).toHaveLength(2);
});

test('a heartbeat comes whether anything happens or not', () => {
  const { come, pass } = newWorld();
  const browser = come();
  pass(HEARTBEAT_MS * 3);
  expect(browser.kinds()).toEqual(['hello', 'heartbeat', 'heartbeat', 'heartbeat']);
});
