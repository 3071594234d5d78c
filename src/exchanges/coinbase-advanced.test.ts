import { describe, expect, it } from 'vitest';
import { describeWithData } from '../../test/data.ts';
import { captureParts, recordsAt } from '../../test/fixtures/captures.ts';
import { IngestWorld } from '../../test/fixtures/ingest-world.ts';
import type { PlainMessage } from '../../test/fixtures/wire-messages.ts';
import { answersOf, messagesOf } from '../../test/fixtures/wire-messages.ts';
import { utf8Of } from '../lib/utf8.ts';
import type { ExchangeWire } from '../ports/exchange-wire.ts';
import { coinbaseAdvanced } from './coinbase-advanced.ts';
import { wireConformance } from './conformance.ts';
import { wireRegistry } from './registry.ts';

const AT = Date.UTC(2026, 8, 1, 10) * 1000;
const PAIR = { venueSymbol: 'BTC-USD' };

const frame = (channel: string, events: string, number: number | string = 7): string =>
  `{"channel":"${channel}","timestamp":"2026-09-01T10:00:00.123456789Z","sequence_num":${number},"events":${events}}`;
const row = (side: string, price: string, size: string, time = '"2026-09-01T10:00:00.050001Z"'): string =>
  `{"side":"${side}","event_time":${time},"price_level":"${price}","new_quantity":"${size}"}`;
const book = (type: string, rows: readonly string[], number: number | string = 7): string =>
  frame('l2_data', `[{"type":"${type}","product_id":"BTC-USD","updates":[${rows.join(',')}]}]`, number);
const trade = (side: string, fields: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    product_id: 'BTC-USD',
    trade_id: '1068572091',
    price: '65083.67',
    size: '0.01034361',
    time: '2026-09-01T10:00:00.5Z',
    side,
    ...fields,
  });
const trades = (...rows: readonly string[]): string =>
  frame('market_trades', `[{"type":"update","trades":[${rows.join(',')}]}]`);
const TRADE = `65083.67 x 0.01034361 #1068572091 @${AT + 500_000}`;
const PRODUCTS = 'https://api.coinbase.com/api/v3/brokerage/market/products';

wireConformance({
  wire: coinbaseAdvanced,
  subscription: { venueSymbols: ['BTC-USD', 'ETH-BTC'], bookDepth: 100, audit: false },
  subscribe: [
    '{"type":"subscribe","product_ids":["BTC-USD","ETH-BTC"],"channel":"level2"}',
    '{"type":"subscribe","product_ids":["BTC-USD","ETH-BTC"],"channel":"market_trades"}',
    '{"type":"subscribe","channel":"heartbeats"}',
  ],
  resubscribe: [
    '{"type":"unsubscribe","product_ids":["BTC-USD"],"channel":"level2"}',
    '{"type":"subscribe","product_ids":["BTC-USD"],"channel":"level2"}',
  ],
  snapshot: {
    frame: book('snapshot', [row('bid', '64250.10', '0.75'), row('offer', '64250.11', '1.2')]),
    messages: [
      {
        kind: 'snapshot',
        ...PAIR,
        levels: ['bid 64250.10 x 0.75', 'ask 64250.11 x 1.2'],
        exchangeUs: AT + 50_001,
        // Numbers of the connection are none of the book.
        last: NaN,
        depth: Number.POSITIVE_INFINITY,
        general: false,
      },
    ],
  },
  delta: {
    frame: book('update', [row('offer', '64250.11', '0.06'), row('bid', '64250.1', '0.50000000')]),
    messages: [
      {
        kind: 'delta',
        ...PAIR,
        levels: ['ask 64250.11 x 0.06', 'bid 64250.1 x 0.50000000'],
        exchangeUs: AT + 50_001,
        general: false,
      },
    ],
  },
  removal: {
    frame: book('update', [row('bid', '1', '0'), row('offer', '2', '0.00')]),
    messages: [{ kind: 'delta', levels: ['bid 1 x 0', 'ask 2 x 0.00'] }],
  },
  repeatedPrice: {
    frame: book('update', [row('bid', '5', '1'), row('bid', '5', '0'), row('bid', '5', '2')]),
    messages: [{ kind: 'delta', levels: ['bid 5 x 1', 'bid 5 x 0', 'bid 5 x 2'] }],
  },
  trades: [
    { frame: trades(trade('SELL')), messages: [{ kind: 'trades', ...PAIR, trades: [`buy ${TRADE}`], general: false }] },
    {
      // The newest comes first in the frame.
      frame: trades(
        trade('BUY', { trade_id: '3', time: '2026-09-01T10:00:00.9Z', price: '3', size: '0.3' }),
        trade('SELL', { trade_id: '2', time: '2026-09-01T10:00:00.8Z', price: '2.0' }),
        trade('BUY'),
      ),
      messages: [
        {
          kind: 'trades',
          trades: [`sell ${TRADE}`, `buy 2.0 x 0.01034361 #2 @${AT + 800_000}`, `sell 3 x 0.3 #3 @${AT + 900_000}`],
          exchangeUs: AT + 900_000,
          general: false,
        },
      ],
    },
    {
      frame: trades(
        trade('BUY', { trade_id: '98765432109876543210' }),
        trade('SELL', { trade_id: 'x-1' }),
        trade('SELL', { product_id: 'ETH-USD' }),
      ),
      messages: [
        { kind: 'trades', venueSymbol: 'ETH-USD', trades: [`buy ${TRADE}`], general: true },
        {
          ...PAIR,
          trades: [
            `buy 65083.67 x 0.01034361 #x-1 @${AT + 500_000}`,
            `sell 65083.67 x 0.01034361 #98765432109876543210 @${AT + 500_000}`,
          ],
        },
      ],
    },
  ],
  idle: [
    {
      frame: frame(
        'heartbeats',
        '[{"current_time":"2026-09-01 10:00:00.854840045 +0000 UTC m=+41691.260485341","heartbeat_counter":41691}]',
      ),
      messages: [{ kind: 'heartbeat' }],
    },
    { frame: frame('ticker', '[{"type":"update","tickers":[]}]'), messages: [{ kind: 'ignored' }] },
    { frame: frame('candles', '[{"type":"update","candles":[]}]'), messages: [{ kind: 'ignored' }] },
    { frame: frame('subscriptions', '[{"subscriptions":{}}]'), messages: [{ kind: 'ignored' }] },
    {
      frame: frame('subscriptions', '[{"subscriptions":{"heartbeats":["heartbeats"],"ticker":["BTC-USD"]}}]'),
      messages: [{ kind: 'ignored' }],
    },
    // Trades that happened before the subscription.
    {
      frame: trades(trade('SELL')).replace('"update"', '"snapshot"'),
      messages: [{ kind: 'ignored', trades: [] }],
    },
    { frame: trades(), messages: [{ kind: 'ignored' }] },
  ],
  refusals: [
    {
      frame: '{"type":"error","message":"failure to subscribe"}',
      messages: [{ kind: 'refused', venueSymbol: '', detail: 'failure to subscribe' }],
    },
    { frame: '{"type":"error"}', messages: [{ kind: 'refused', detail: 'the venue gave no reason' }] },
  ],
  acknowledgements: [
    {
      frame: frame(
        'subscriptions',
        '[{"subscriptions":{"level2":["ETH-BTC","BTC-USD"],"market_trades":["BTC-USD"],"heartbeats":["heartbeats"]}}]',
      ),
      messages: [
        { kind: 'subscribed', venueSymbol: 'ETH-BTC', detail: 'book' },
        { kind: 'subscribed', ...PAIR, detail: 'book' },
      ],
    },
  ],
  // What it says there of its products comes by REST too.
  status: [{ frame: frame('status', '[{"type":"snapshot","products":[]}]'), messages: [{ kind: 'ignored' }] }],
  malformed: [
    { frame: book('change', [row('bid', '1', '2')]), ...PAIR },
    { frame: book('update', [row('ask', '1', '2')]), ...PAIR },
    { frame: book('update', [row('bid', '1', '-2')]), ...PAIR },
    { frame: book('update', ['["bid","1","2"]']), ...PAIR },
    { frame: book('update', [row('bid', '1', '2', '"soon"')]), ...PAIR },
    { frame: book('update', [row('bid', '1', '2', '7')]), ...PAIR },
    { frame: book('update', []).replace('2026-09-01T10', '2026-19-01T10'), ...PAIR },
    { frame: book('update', []).replace('"updates"', '"rows"'), ...PAIR },
    { frame: book('update', []).replace('"product_id"', '"product"'), venueSymbol: '' },
    { frame: book('update', [], '"7"'), venueSymbol: '' },
    { frame: book('update', [], '-1'), venueSymbol: '' },
    { frame: frame('l2_data', '[]'), venueSymbol: '' },
    { frame: frame('l2_data', '{}'), venueSymbol: '' },
    { frame: frame('l2_data', '[7]'), venueSymbol: '' },
    { frame: trades(trade('buy')), ...PAIR },
    { frame: trades(trade('BUY', { trade_id: 7 })), ...PAIR },
    { frame: trades(trade('BUY', { size: '0' })), ...PAIR },
    { frame: trades(trade('BUY', { time: '2026-19-01T10:00:00Z' })), ...PAIR },
    { frame: trades(trade('BUY', { product_id: '' })), venueSymbol: '' },
    { frame: trades('7'), venueSymbol: '' },
    { frame: trades(trade('BUY')).replace('"update"', '"more"'), venueSymbol: '' },
    { frame: frame('subscriptions', '[{}]'), venueSymbol: '' },
    { frame: frame('subscriptions', '[{"subscriptions":{"level2":"BTC-USD"}}]'), venueSymbol: '' },
    { frame: '{"timestamp":"2026-09-01T10:00:00Z","sequence_num":7,"events":[]}', venueSymbol: '' },
  ],
  withLevel: (price, size) =>
    book('update', [row('bid', '@', '#').replace('"@"', JSON.stringify(price)).replace('"#"', JSON.stringify(size))]),
  hostile: (json) => [
    json,
    `{"channel":${json},"timestamp":${json},"sequence_num":1,"events":${json}}`,
    frame('l2_data', '[]', json),
    frame('l2_data', json),
    frame('l2_data', `[${json}]`),
    frame('l2_data', `[{"type":${json},"product_id":${json},"updates":${json}}]`),
    frame('l2_data', `[{"type":"update","product_id":"X-Y","updates":${json}}]`),
    frame('market_trades', json),
    frame('market_trades', `[{"type":"update","trades":${json}}]`),
    frame('market_trades', `[{"type":${json},"trades":[]}]`),
    frame('subscriptions', json),
    frame('subscriptions', `[{"subscriptions":${json}}]`),
    frame('subscriptions', `[{"subscriptions":{"level2":${json}}}]`),
    frame('subscriptions', `[{"subscriptions":{"level2":[${json}]}}]`),
    frame('heartbeats', json),
    book('update', [json]),
    book('update', [`{"side":"bid","event_time":${json},"price_level":${json},"new_quantity":${json}}`]),
    trades(json),
    trades(`{"product_id":"X-Y","side":"BUY","trade_id":${json},"price":${json},"size":${json},"time":${json}}`),
    `{"type":"error","message":${json}}`,
  ],
  hostileAnswers: (json) => [
    { url: PRODUCTS, body: json },
    { url: PRODUCTS, body: `{"products":${json}}` },
    { url: PRODUCTS, body: `{"products":[${json},{"product_id":${json},"base_currency_id":${json}}]}` },
    { url: 'https://api.coinbase.com/v2/time', body: json },
  ],
  instruments: {
    url: `${PRODUCTS}?limit=1000`,
    frame: JSON.stringify({
      products: [
        {
          product_id: 'BTC-USD',
          base_currency_id: 'BTC',
          quote_currency_id: 'USD',
          base_increment: '0.00000001',
          quote_increment: '0.001',
          price_increment: '0.01',
          status: 'online',
          is_disabled: false,
          view_only: false,
          limit_only: true,
          product_type: 'SPOT',
          alias_to: ['BTC-USDC'],
        },
        { product_id: 'A-B', base_currency_id: 'A', quote_currency_id: 'B', status: 'online', view_only: true },
        { product_id: 'C-D', base_currency_id: 'C', quote_currency_id: 'D', status: 'online', is_disabled: true },
        { product_id: 'E-F', base_currency_id: 'E', quote_currency_id: 'F', status: 'delisted' },
        { product_id: 'BTC-PERP-INTX', base_currency_id: 'BTC', quote_currency_id: 'USDC', product_type: 'FUTURE' },
      ],
    }),
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
          { venueSymbol: 'A-B', base: 'A', quote: 'B', tickSize: null, lotSize: null, tradable: false },
          { venueSymbol: 'C-D', base: 'C', quote: 'D', tickSize: null, lotSize: null, tradable: false },
          { venueSymbol: 'E-F', base: 'E', quote: 'F', tickSize: null, lotSize: null, tradable: false },
        ],
      },
    ],
  },
  symbols: [
    ['BTC-USD', 'BTC-USD'],
    ['USDT-USDC', 'USDT-USDC'],
    ['BTC-PERP-INTX', null],
    ['', null],
  ],
  captures: ['coinbase-advanced'],
  foreignFrames: [
    '{"type":"l2update","product_id":"BTC-USD","changes":[["buy","1","2"]],"time":"2026-09-01T10:00:00Z"}',
    '{"type":"subscriptions","channels":[]}',
  ],
});

describe('coinbase-advanced', () => {
  const delta = (number: number): string => book('update', [row('bid', '5', '1')], number);
  const kindsOf = (messages: readonly PlainMessage[]): string[] => messages.map(({ kind }) => kind);

  it('is spoken at its own host only', () => {
    expect(wireRegistry.at('coinbase', 'wss://advanced-trade-ws.coinbase.com')).toBe(coinbaseAdvanced);
    expect(wireRegistry.live('coinbase')).not.toBe(coinbaseAdvanced);
  });

  it('routes no frame: each one counts for all products of its connection', () => {
    const wire: ExchangeWire = coinbaseAdvanced;
    expect(wire.route(utf8Of(delta(1)))).toBe('');
  });

  it('takes the first number for the base, and tells each hole once, before the frame behind it', () => {
    const reader = coinbaseAdvanced.reader();
    expect(kindsOf(messagesOf(reader, delta(41)))).toEqual(['delta']);
    expect(kindsOf(messagesOf(reader, frame('heartbeats', '[]', 42)))).toEqual(['heartbeat']);
    expect(messagesOf(reader, delta(45))).toMatchObject([
      { kind: 'gap', venueSymbol: '', levels: [], detail: 'expected sequence_num 43, got 45' },
      { kind: 'delta', ...PAIR, levels: ['bid 5 x 1'] },
    ]);
    expect(kindsOf(messagesOf(reader, delta(46)))).toEqual(['delta']);
  });

  it('tells of a hole in front of frames of every kind, however they are read', () => {
    for (const behind of [
      delta(9),
      delta(9).replace('{', '{ '),
      frame('candles', '[]', 9),
      frame('subscriptions', '[{"subscriptions":{"level2":["BTC-USD"]}}]', 9),
      frame('heartbeats', '[]', 9),
    ]) {
      const reader = coinbaseAdvanced.reader();
      messagesOf(reader, delta(7));
      const kinds = kindsOf(messagesOf(reader, behind));
      expect([kinds[0], kinds.length], behind).toEqual(['gap', 2]);
    }
  });

  it('ignores a frame that is repeated', () => {
    const reader = coinbaseAdvanced.reader();
    messagesOf(reader, delta(7));
    messagesOf(reader, delta(8));
    for (const again of [delta(8), delta(8), delta(8).replace('{', '{ ')]) {
      expect(messagesOf(reader, again)).toMatchObject([{ kind: 'ignored', levels: [] }]);
    }
    expect(kindsOf(messagesOf(reader, delta(9)))).toEqual(['delta']);
  });

  it('tells of a number below the last one as of a hole, and goes on from there', () => {
    const reader = coinbaseAdvanced.reader();
    for (const number of [7, 8]) messagesOf(reader, delta(number));
    // The counter begins anew.
    expect(messagesOf(reader, delta(0))).toMatchObject([
      { kind: 'gap', venueSymbol: '', levels: [], detail: 'expected sequence_num 9, got 0' },
      { kind: 'delta', ...PAIR, levels: ['bid 5 x 1'] },
    ]);
    expect(kindsOf(messagesOf(reader, delta(1)))).toEqual(['delta']);
    // Two frames have changed places: neither step fits.
    expect(kindsOf(messagesOf(reader, delta(3)))).toEqual(['gap', 'delta']);
    expect(kindsOf(messagesOf(reader, frame('heartbeats', '[]', 2)))).toEqual(['gap', 'heartbeat']);
    expect(kindsOf(messagesOf(reader, delta(4)))).toEqual(['gap', 'delta']);
    expect(kindsOf(messagesOf(reader, delta(5)))).toEqual(['delta']);
  });

  it('shows a hole behind a frame whose product nobody can tell', () => {
    for (const lost of [
      delta(8).slice(0, -5),
      delta(8).replace('"product_id"', '"product"'),
      frame('l2_data', '[]', 8),
      trades(trade('BUY', { product_id: '' })).replace('"sequence_num":7', '"sequence_num":8'),
    ]) {
      const reader = coinbaseAdvanced.reader();
      messagesOf(reader, delta(7));
      expect(kindsOf(messagesOf(reader, lost)), lost).toEqual(['malformed']);
      expect(messagesOf(reader, delta(9)), lost).toMatchObject([
        { kind: 'gap', detail: 'expected sequence_num 8, got 9' },
        { kind: 'delta' },
      ]);
    }
  });

  it('shows none behind a frame that is bad for one product: its book is told', () => {
    const reader = coinbaseAdvanced.reader();
    messagesOf(reader, delta(7));
    expect(messagesOf(reader, book('update', [row('bid', 'x', '1')], 8))).toMatchObject([
      { kind: 'malformed', ...PAIR },
    ]);
    expect(kindsOf(messagesOf(reader, delta(9)))).toEqual(['delta']);
  });

  it('goes on from its state, which later frames do not change', () => {
    const first = coinbaseAdvanced.reader();
    expect(structuredClone(first.state())).toBeNull();
    messagesOf(first, delta(7));
    const state = structuredClone(first.state());
    messagesOf(first, delta(8));
    const second = coinbaseAdvanced.reader();
    second.restore(state);
    expect(kindsOf(messagesOf(second, delta(8)))).toEqual(['delta']);
    expect(kindsOf(messagesOf(second, delta(10)))).toEqual(['gap', 'delta']);
    second.restore(null);
    expect(kindsOf(messagesOf(second, delta(3)))).toEqual(['delta']);
  });

  it('takes its time from the first row, and from the frame where the row has none', () => {
    const at = (time: string, more: readonly string[] = []): unknown =>
      messagesOf(coinbaseAdvanced, book('update', [row('bid', '5', '1', time), ...more]))[0]?.exchangeUs;
    // Nanoseconds are cut.
    expect(at('"2026-09-01T10:00:00.0500019Z"')).toBe(AT + 50_001);
    expect(at('"2026-09-01T10:00:00.050001999Z"')).toBe(AT + 50_001);
    expect(at('"2026-09-01T10:00:00.05Z"', [row('bid', '4', '1', '"2026-09-01T11:00:00Z"')])).toBe(AT + 50_000);
    for (const none of ['"0001-01-01T00:00:00Z"', '"1970-01-01T00:00:00Z"']) expect(at(none)).toBe(AT + 123_456);
    expect(messagesOf(coinbaseAdvanced, book('snapshot', []))).toMatchObject([
      { kind: 'snapshot', levels: [], exchangeUs: AT + 123_456 },
    ]);
  });

  it('reads every event of a frame, in any order of the fields, beside bad ones', () => {
    const event = (product: string, price: string): string =>
      `{"updates":[{"new_quantity":"1","price_level":"${price}","side":"offer"}],"product_id":"${product}","type":"update"}`;
    const events = `[${event('A-B', '1')},${event('C-D', '-1')},${event('E-F', '3')}]`;
    expect(
      messagesOf(coinbaseAdvanced, `{"client_id":"","channel":"l2_data","events":${events},"sequence_num":0}`),
    ).toMatchObject([
      { kind: 'delta', venueSymbol: 'A-B', levels: ['ask 1 x 1'], exchangeUs: NaN },
      { kind: 'malformed', venueSymbol: 'C-D' },
      { kind: 'delta', venueSymbol: 'E-F', levels: ['ask 3 x 1'] },
    ]);
  });
});

describe('books of coinbase-advanced', () => {
  it('are all suspect behind a hole, until another connection begins them anew', () => {
    const world = new IngestWorld();
    const says = (conn: string, text: string): void => world.happen('coinbase', conn, 'recv', text);
    const start = (product: string, number: number): string =>
      book('snapshot', [row('bid', '5', '1'), row('offer', '6', '1')], number).replace('BTC-USD', product);
    const trust = (): string[] =>
      [...world.shard.books()].map(([key, { trust, reason }]) => `${key} ${trust}/${reason}`);
    world.happen('coinbase', 'a', 'open', null, 'wss://advanced-trade-ws.coinbase.com');
    says('a', start('BTC-USD', 0));
    says('a', start('ETH-USD', 1));
    says('a', frame('subscriptions', '[{"subscriptions":{"level2":["BTC-USD","ETH-USD"]}}]', 2));
    expect(trust()).toEqual(['coinbase:BTC-USD live/none', 'coinbase:ETH-USD live/none']);
    // The heartbeat with number 3 is missing: for all that is known, it was an update.
    says('a', book('update', [row('bid', '5', '2')], 4));
    expect(trust()).toEqual(['coinbase:BTC-USD suspect/gap', 'coinbase:ETH-USD suspect/gap']);
    expect(world.take().asked).toEqual(['renew a']);
    world.happen('coinbase', 'b', 'open', null, 'wss://advanced-trade-ws.coinbase.com');
    says('b', start('ETH-USD', 0));
    says('b', start('BTC-USD', 1));
    world.happen('coinbase', 'a', 'close', null);
    expect(trust()).toEqual(['coinbase:BTC-USD live/none', 'coinbase:ETH-USD live/none']);
    expect(world.take().asked).toEqual([]);
  });
});

describeWithData('the recording of coinbase-advanced', captureParts('coinbase-advanced'), (path) => {
  it('is numbered without a hole, and has what was counted in it', () => {
    const reader = coinbaseAdvanced.reader();
    const counts: Partial<Record<string, number>> = {};
    let [frames, snapshotLevels, removals] = [0, 0, 0];
    for (const { op, data } of recordsAt(path)) {
      if (op !== 'recv' || data === null) continue;
      frames++;
      for (const { kind, levels } of messagesOf(reader, data)) {
        counts[kind] = (counts[kind] ?? 0) + 1;
        if (kind === 'snapshot') snapshotLevels += levels.length;
        if (kind === 'delta') removals += levels.filter((level) => / x 0(?:\.0+)?$/.test(level)).length;
      }
    }
    expect({ frames, snapshotLevels, removals, last: reader.state() }).toEqual({
      frames: 1_030,
      snapshotLevels: 69_334,
      removals: 1_188,
      last: 1_029,
    });
    // Each of five acknowledgements names what the connection carries so far: two have the books in them.
    expect(counts).toEqual({ snapshot: 2, delta: 773, trades: 57, heartbeat: 25, subscribed: 4, ignored: 171 });
  });

  it('tells a hole wherever a frame of it is missing, and nowhere else', () => {
    const frames = recordsAt(path).flatMap(({ op, data }) => (op === 'recv' && data !== null ? [data] : []));
    const reader = coinbaseAdvanced.reader();
    const gaps: string[] = [];
    for (const [index, data] of frames.entries()) {
      if (index % 100 === 50) continue;
      for (const { kind, detail } of messagesOf(reader, data)) if (kind === 'gap') gaps.push(detail);
    }
    expect(gaps).toEqual(
      Array.from({ length: 10 }, (_, i) => `expected sequence_num ${i * 100 + 50}, got ${i * 100 + 51}`),
    );
  });

  it('has its products in the list by REST, which the wire for live use reads too', () => {
    const answers = recordsAt(path).filter(({ op }) => op === 'http');
    expect(answers.length).toBe(1);
    for (const { url, data } of answers) {
      const [message] = answersOf(coinbaseAdvanced, url ?? '', data ?? '');
      expect(message?.instruments.length).toBe(920);
      expect(message?.instruments.filter(({ tradable }) => !tradable).length).toBe(8);
      expect(message?.instruments[0]).toMatchObject({ venueSymbol: 'BTC-USD', tickSize: '0.01', tradable: true });
      const live = wireRegistry.live('coinbase');
      expect(live === undefined ? [] : answersOf(live, url ?? '', data ?? '')).toEqual([message]);
    }
  });
});
