import { describe, expect, it } from 'vitest';
import { IngestWorld } from '../../test/fixtures/ingest-world.ts';
import { answersOf, messagesOf } from '../../test/fixtures/wire-messages.ts';
import { createPrng, int, pick } from '../lib/prng.ts';
import { utf8Of } from '../lib/utf8.ts';
import { coinbaseExchange } from './coinbase-exchange.ts';
import { wireConformance } from './conformance.ts';
import { wireRegistry } from './registry.ts';

const AT = Date.UTC(2026, 8, 1, 10) * 1000;
const PAIR = { venueSymbol: 'BTC-USD' };

const snapshot = (bids: string, asks: string, more = ',"time":"2026-09-01T10:00:00.000001Z"'): string =>
  `{"type":"snapshot","product_id":"BTC-USD","asks":${asks},"bids":${bids}${more}}`;
const update = (changes: string, time = '"2026-09-01T10:00:00.050001Z"'): string =>
  `{"type":"l2update","product_id":"BTC-USD","changes":${changes},"time":${time}}`;
const match = (side: string, fields: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    type: 'match',
    trade_id: 700_002,
    maker_order_id: '8c978f41-c35b-4af8-9465-2ef1e5a6b643',
    taker_order_id: '493dc98a-7b86-42d2-b5a6-43dbf4c2b7b6',
    side,
    size: '0.01000000',
    price: '64250.11',
    product_id: 'BTC-USD',
    sequence: 90_000_125,
    time: '2026-09-01T10:00:00.5Z',
    ...fields,
  });
const TRADE = `64250.11 x 0.01000000 #700002 @${AT + 500_000}`;
const PRODUCTS = 'https://api.exchange.coinbase.com/products';

wireConformance({
  wire: coinbaseExchange,
  subscription: { venueSymbols: ['BTC-USD', 'ETH-BTC'], bookDepth: 100, audit: false },
  subscribe: [
    '{"type":"subscribe","product_ids":["BTC-USD","ETH-BTC"],"channels":["level2_batch","matches","heartbeat"]}',
  ],
  resubscribe: [
    '{"type":"unsubscribe","product_ids":["BTC-USD"],"channels":["level2_batch"]}',
    '{"type":"subscribe","product_ids":["BTC-USD"],"channels":["level2_batch"]}',
  ],
  snapshot: {
    frame: snapshot('[["64250.10","0.75"]]', '[["64250.11","1.2"],["64252.00","3.00000000"]]'),
    messages: [
      {
        kind: 'snapshot',
        ...PAIR,
        levels: ['ask 64250.11 x 1.2', 'ask 64252.00 x 3.00000000', 'bid 64250.10 x 0.75'],
        exchangeUs: AT + 1,
        depth: Number.POSITIVE_INFINITY,
        general: false,
      },
    ],
  },
  delta: {
    frame: update('[["buy","64250.10","0.50"],["sell","64252.00","0.25000000"]]'),
    messages: [
      {
        kind: 'delta',
        ...PAIR,
        levels: ['bid 64250.10 x 0.50', 'ask 64252.00 x 0.25000000'],
        exchangeUs: AT + 50_001,
        general: false,
      },
    ],
  },
  removal: {
    frame: update('[["sell","3","0.00000000"],["sell","2","0.00"],["buy","1","0"]]'),
    messages: [{ kind: 'delta', levels: ['ask 3 x 0.00000000', 'ask 2 x 0.00', 'bid 1 x 0'] }],
  },
  repeatedPrice: {
    frame: update('[["buy","5","1"],["buy","5","0"],["buy","5","2"]]'),
    messages: [{ kind: 'delta', levels: ['bid 5 x 1', 'bid 5 x 0', 'bid 5 x 2'] }],
  },
  trades: [
    { frame: match('sell'), messages: [{ kind: 'trades', ...PAIR, trades: [`buy ${TRADE}`], general: false }] },
    { frame: match('buy'), messages: [{ kind: 'trades', ...PAIR, trades: [`sell ${TRADE}`], general: false }] },
    {
      // The order of the documentation.
      frame:
        '{"type":"match","trade_id":700002,"sequence":90000125,"maker_order_id":"a","taker_order_id":"b",' +
        '"time":"2026-09-01T10:00:00.5Z","product_id":"BTC-USD","size":"0.01000000","price":"64250.11","side":"sell"}',
      messages: [{ kind: 'trades', ...PAIR, trades: [`buy ${TRADE}`], general: true }],
    },
  ],
  idle: [
    {
      frame:
        '{"type":"heartbeat","last_trade_id":700001,"product_id":"BTC-USD","sequence":90000123,' +
        '"time":"2026-09-01T10:00:01.000000Z"}',
      messages: [{ kind: 'heartbeat', ...PAIR }],
    },
    // The trade before the subscription.
    { frame: match('sell', { type: 'last_match' }), messages: [{ kind: 'ignored', trades: [] }] },
    {
      frame:
        '{"type":"ticker","sequence":90000125,"product_id":"BTC-USD","price":"64250.11","best_bid":"64250.10",' +
        '"best_ask":"64250.11","side":"buy","time":"2026-09-01T10:00:00.5Z","trade_id":700002,"last_size":"0.01"}',
      messages: [{ kind: 'ignored', ...PAIR }],
    },
    {
      frame: '{"type":"done","order_id":"a","reason":"filled","product_id":"BTC-USD","side":"sell","sequence":10}',
      messages: [{ kind: 'ignored' }],
    },
    { frame: '{"type":"subscriptions","channels":[]}', messages: [{ kind: 'ignored' }] },
    {
      frame: '{"type":"subscriptions","channels":[{"name":"matches","product_ids":["BTC-USD"]}]}',
      messages: [{ kind: 'ignored' }],
    },
  ],
  refusals: [
    {
      frame: '{"type":"error","message":"Failed to subscribe","reason":"FOO-USD is not a valid product"}',
      messages: [{ kind: 'refused', venueSymbol: '', detail: 'Failed to subscribe: FOO-USD is not a valid product' }],
    },
    {
      frame: '{"type":"error","message":"ErrSlowConsume"}',
      messages: [{ kind: 'refused', detail: 'ErrSlowConsume' }],
    },
    { frame: '{"type":"error"}', messages: [{ kind: 'refused', detail: 'the venue gave no reason' }] },
  ],
  acknowledgements: [
    {
      frame:
        '{"type":"subscriptions","channels":[{"name":"matches","product_ids":["BTC-USD"]},' +
        '{"name":"level2_batch","product_ids":["ETH-BTC","BTC-USD"],"account_ids":null}]}',
      messages: [
        { kind: 'subscribed', venueSymbol: 'ETH-BTC', detail: 'book', channel: '' },
        { kind: 'subscribed', ...PAIR, detail: 'book' },
      ],
    },
    {
      frame: '{"type":"subscriptions","channels":[{"name":"level2_50","product_ids":["BTC-USD"]}]}',
      messages: [{ kind: 'subscribed', ...PAIR }],
    },
    {
      frame: '{"type":"subscriptions","channels":[{"name":"level2","product_ids":["BTC-USD"]}]}',
      messages: [{ kind: 'subscribed', ...PAIR }],
    },
  ],
  // What it says there of its products comes by REST too.
  status: [{ frame: '{"type":"status","products":[],"currencies":[]}', messages: [{ kind: 'ignored' }] }],
  malformed: [
    { frame: update('{}'), ...PAIR },
    { frame: update('[["bid","1","2"]]'), ...PAIR },
    { frame: update('[["buy","1"]]'), ...PAIR },
    { frame: update('[["buy",1,2]]'), ...PAIR },
    { frame: update('[{"side":"buy"}]'), ...PAIR },
    { frame: update('[]', '"soon"'), ...PAIR },
    { frame: update('[]', '1788256800'), ...PAIR },
    { frame: update('[]').replace('"product_id":"BTC-USD",', ''), venueSymbol: '' },
    { frame: snapshot('[["1","x"]]', '[]'), ...PAIR },
    { frame: snapshot('[["-1","2"]]', '[]'), ...PAIR },
    { frame: snapshot('[["1","-"]]', '[]'), ...PAIR },
    { frame: snapshot('null', '[]'), ...PAIR },
    { frame: snapshot('[1]', '[]'), ...PAIR },
    { frame: '{"type":"snapshot","product_id":"BTC-USD","bids":[["1","2"]]}', ...PAIR },
    { frame: match('both'), ...PAIR },
    { frame: match('buy', { trade_id: '700002' }), ...PAIR },
    { frame: match('buy', { size: '0' }), ...PAIR },
    { frame: match('buy', { price: null }), ...PAIR },
    { frame: match('buy', { time: '2026-19-01T10:00:00Z' }), ...PAIR },
    { frame: match('buy', { product_id: '' }), venueSymbol: '' },
    { frame: '{"product_id":"BTC-USD"}', ...PAIR },
    { frame: '{"type":"subscriptions"}', venueSymbol: '' },
  ],
  withLevel: (price, size) => update(JSON.stringify([['buy', price, size]])),
  hostile: (json) => [
    json,
    `{"type":${json},"product_id":${json}}`,
    `{"type":"l2update","product_id":${json},"changes":[],"time":${json}}`,
    update(json),
    update(`[${json}]`),
    update(`[["buy",${json},${json}]]`),
    update('[]', json),
    snapshot(json, json),
    snapshot(`[${json}]`, `[[${json},${json}]]`),
    `{"type":"match","product_id":"BTC-USD","side":"buy","trade_id":1,"price":${json},"size":${json},"time":${json}}`,
    `{"type":"match","product_id":"BTC-USD","side":${json},"trade_id":${json}}`,
    `{"type":"heartbeat","product_id":${json}}`,
    `{"type":"subscriptions","channels":${json}}`,
    `{"type":"subscriptions","channels":[${json},{"name":${json},"product_ids":${json}}]}`,
    `{"type":"subscriptions","channels":[{"name":"level2","product_ids":[${json}]}]}`,
    `{"type":"error","message":${json},"reason":${json}}`,
  ],
  hostileAnswers: (json) => [
    { url: PRODUCTS, body: json },
    { url: PRODUCTS, body: `[${json},{"id":${json},"base_currency":${json},"quote_currency":${json}}]` },
    { url: PRODUCTS, body: `[{"id":"A-B","base_currency":"A","quote_currency":"B","quote_increment":${json}}]` },
    { url: `${PRODUCTS}?x=1`, body: `{"products":${json}}` },
    { url: PRODUCTS, body: `{"message":${json}}` },
    { url: 'https://api.exchange.coinbase.com/currencies', body: json },
  ],
  reference: {
    url: 'https://api.exchange.coinbase.com/products/BTC-USD/book?level=2',
    frame:
      '{"sequence":90000125,"bids":[["64250.10","0.75",3]],"asks":[["64250.11","1.2",1]],"auction_mode":false,' +
      '"auction":null,"time":"2026-09-01T10:00:00.061000Z"}',
    messages: [
      {
        levels: ['bid 64250.10 x 0.75', 'ask 64250.11 x 1.2'],
        exchangeUs: Date.UTC(2026, 8, 1, 10) * 1000 + 61_000,
      },
    ],
  },
  instruments: {
    url: PRODUCTS,
    frame: JSON.stringify([
      {
        id: 'BTC-USD',
        base_currency: 'BTC',
        quote_currency: 'USD',
        quote_increment: '0.01',
        base_increment: '0.00000001',
        status: 'online',
        post_only: true,
        limit_only: true,
        cancel_only: false,
        trading_disabled: false,
      },
      { id: 'OLD-USD', base_currency: 'OLD', quote_currency: 'USD', quote_increment: '0', status: 'delisted' },
      { id: 'A-B', base_currency: 'A', quote_currency: 'B', status: 'online', cancel_only: true },
      { id: 'C-D', base_currency: 'C', quote_currency: 'D', status: 'online', trading_disabled: true },
      { id: 'no pair' },
    ]),
    messages: [
      {
        kind: 'instruments',
        instruments: [
          {
            venueSymbol: 'BTC-USD',
            base: 'BTC',
            quote: 'USD',
            tickSize: '0.01',
            lotSize: '0.00000001',
            tradable: true,
          },
          { venueSymbol: 'OLD-USD', base: 'OLD', quote: 'USD', tickSize: null, lotSize: null, tradable: false },
          { venueSymbol: 'A-B', base: 'A', quote: 'B', tickSize: null, lotSize: null, tradable: false },
          { venueSymbol: 'C-D', base: 'C', quote: 'D', tickSize: null, lotSize: null, tradable: false },
        ],
      },
    ],
  },
  symbols: [
    ['BTC-USD', 'BTC-USD'],
    ['00-USD', '00-USD'],
    ['BTC-PERP-INTX', null],
    ['BTCUSD', null],
    ['-USD', null],
    ['', null],
  ],
  captures: [],
  foreignFrames: [
    '{"channel":"heartbeats","timestamp":"2026-08-09T21:05:48.8Z","sequence_num":35,"events":[]}',
    '{"stream":"btcusdt@trade","data":{}}',
    '[1,"te",[]]',
  ],
});

describe('coinbase-exchange', () => {
  it('is the wire for live use, at every URL but those of the other wire', () => {
    expect(wireRegistry.live('coinbase')).toBe(coinbaseExchange);
    for (const url of [
      'wss://ws-feed.exchange.coinbase.com',
      'wss://ws-direct.exchange.coinbase.com',
      'wss://ws-feed-public.sandbox.exchange.coinbase.com',
      'wss://ws-feed.pro.coinbase.com',
      'wss://proxy.example/advanced-trade-ws',
      'ws://127.0.0.1:8080/feed?of=coinbase',
    ]) {
      expect(wireRegistry.at('coinbase', url), url).toBe(coinbaseExchange);
    }
    expect(wireRegistry.at('coinbase', '')).toBeUndefined();
    for (const host of ['advanced-trade-ws.coinbase.com', 'advanced-trade-ws-user.coinbase.com']) {
      expect(wireRegistry.at('coinbase', `wss://${host}`), host).not.toBe(coinbaseExchange);
    }
  });

  it('reads a snapshot in any order of its fields, with a time or, as in 2021, without one', () => {
    const [bids, asks] = ['"bids":[["2","1"]]', '"asks":[["3","1"]]'];
    const time = '"time":"2026-09-01T10:00:00.000001Z"';
    const head = '"type":"snapshot","product_id":"BTC-USD"';
    for (const [fields, general] of [
      [[head, bids, asks], false],
      [[head, asks, bids], false],
      [[head, bids, asks, time], false],
      [[head, asks, bids, time], false],
      [[head, time, bids, asks], true],
      [[time, asks, head, bids], true],
    ] as const) {
      const [message, ...more] = messagesOf(coinbaseExchange, `{${fields.join(',')}}`);
      expect(more).toEqual([]);
      expect(message).toMatchObject({ kind: 'snapshot', ...PAIR, general });
      expect(message?.exchangeUs).toBe(fields.some((field) => field === time) ? AT + 1 : NaN);
      expect([...(message?.levels ?? [])].sort()).toEqual(['ask 3 x 1', 'bid 2 x 1']);
    }
  });

  it('reads an update with its time before its changes or behind them', () => {
    const changes = '"changes":[["buy","2","1"],["sell","3","0.0"]]';
    const time = '"time":"2026-09-01T10:00:00.050001Z"';
    const head = '"type":"l2update","product_id":"BTC-USD"';
    for (const [fields, general] of [
      [[head, changes, time], false],
      [[head, time, changes], false],
      [[changes, head, time], true],
    ] as const) {
      expect(messagesOf(coinbaseExchange, `{${fields.join(',')}}`)).toMatchObject([
        { kind: 'delta', ...PAIR, levels: ['bid 2 x 1', 'ask 3 x 0.0'], exchangeUs: AT + 50_001, general },
      ]);
    }
  });

  it('keeps an update whose time was never set', () => {
    for (const time of ['"0001-01-01T00:00:00.000000Z"', '"0001-01-01T00:00:00Z"', '"1970-01-01T00:00:00Z"']) {
      expect(messagesOf(coinbaseExchange, update('[["buy","2","1"]]', time))).toMatchObject([
        { kind: 'delta', levels: ['bid 2 x 1'], exchangeUs: NaN },
      ]);
    }
    expect(messagesOf(coinbaseExchange, match('sell', { time: undefined }))).toMatchObject([
      { kind: 'trades', trades: ['buy 64250.11 x 0.01000000 #700002 @NaN'] },
    ]);
  });

  it('leaves out the sizes that a snapshot has by mistake, and nothing else', () => {
    const frame = snapshot('[["4","-1.5"],["3","1"],["2","NaN"]]', '[["5","2"],["6","-0.00"],["7","-2e-8"]]');
    expect(messagesOf(coinbaseExchange, frame)).toMatchObject([
      { kind: 'snapshot', levels: ['ask 5 x 2', 'bid 3 x 1'] },
    ]);
    expect(messagesOf(coinbaseExchange, update('[["buy","4","-1.5"]]'))).toMatchObject([{ kind: 'malformed' }]);
  });

  it('routes each frame to the product that it is about', () => {
    const far = snapshot(`[${Array.from({ length: 100 }, (_, i) => `["${i + 1}","1"]`).join(',')}]`, '[]');
    for (const frame of [
      match('buy'),
      update('[]'),
      far,
      far.replace(/(.*?)"product_id":"BTC-USD",(.*)}$/, '$1$2,"product_id":"BTC-USD"}'),
    ]) {
      expect(messagesOf(coinbaseExchange, frame)).toMatchObject([PAIR]);
      expect(coinbaseExchange.route(utf8Of(frame))).toBe('BTC-USD');
    }
    expect(coinbaseExchange.route(utf8Of('{"type":"subscriptions","channels":[]}'))).toBe('');
  });

  it('says what the venue said instead of its products', () => {
    expect(answersOf(coinbaseExchange, PRODUCTS, '{"message":"rate limit exceeded"}')).toMatchObject([
      { kind: 'malformed', detail: 'products: no list; the venue said rate limit exceeded' },
    ]);
  });

  it('has a book that is live from its snapshot on, before any acknowledgement, and asked for again when crossed', () => {
    const world = new IngestWorld();
    const says = (frame: string): void => world.happen('coinbase', 'a', 'recv', frame);
    world.happen('coinbase', 'a', 'open', null, 'wss://ws-feed.exchange.coinbase.com');
    says(snapshot('[["4","1"],["3","1"]]', '[["5","2"]]'));
    says('{"type":"subscriptions","channels":[{"name":"level2_50","product_ids":["BTC-USD"]}]}');
    says(update('[["buy","4","0.00"],["sell","6","1.5"]]'));
    says(match('sell'));
    const book = world.book('coinbase:BTC-USD');
    expect([book.trust, book.book.bidLevels, book.book.askLevels]).toEqual(['live', 1, 2]);
    expect(book.counters).toMatchObject({ snapshots: 1, updates: 1, trades: 1, resyncs: 0, unknownRemovals: 0 });
    expect(world.take().asked).toEqual([]);
    says(update('[["buy","5","1"]]'));
    expect([book.trust, book.reason]).toEqual(['suspect', 'crossed']);
    expect(world.take().asked).toEqual(['resubscribe coinbase BTC-USD']);
    says(update('[["buy","4","1"]]'));
    says(snapshot('[["4","1"]]', '[["5","2"]]'));
    expect(book.trust).toBe('live');
    expect(book.counters).toMatchObject({ snapshots: 2, updates: 1, earlyUpdates: 1 });
  });

  const seed = 'coinbase-exchange-1';
  it(`reads damaged frames fast only where they mean the same in general (seed ${seed})`, () => {
    const prng = createPrng(seed);
    const bytes = '0123456789012345678901234567890123456789..,,""[]{}:-eE\\ \n\0/:;@'.split('');
    const frames = [
      snapshot('[["64250.10","0.75"],["64250","0.5"]]', '[["64250.11","1.2"]]'),
      snapshot('[["64250.10","0.75"]]', '[]', ''),
      update('[["buy","64250.10","0.50"],["sell","64252.00","0.00000000"]]'),
      '{"type":"l2update","product_id":"BTC-USD","time":"2026-09-01T10:00:00.05Z","changes":[["sell","3","0.0"]]}',
      match('sell'),
      match('buy'),
    ];
    let fast = 0;
    for (let round = 0; round < 20_000; round++) {
      const frame = pick(prng, frames);
      const at = int(prng, 0, frame.length);
      const put = pick(prng, ['', pick(prng, bytes), frame.slice(at, at + int(prng, 1, 8))]);
      const damaged = frame.slice(0, at) + put + frame.slice(at + int(prng, 0, 1));
      const read = messagesOf(coinbaseExchange, damaged);
      if (read.some(({ general }) => general)) continue;
      fast++;
      const spaced = damaged.replace('{', '{ ');
      const generally = messagesOf(coinbaseExchange, spaced).map((message) => ({ ...message, general: false }));
      expect(read, damaged).toEqual(generally);
    }
    expect(fast).toBeGreaterThan(1_000);
  });
});
