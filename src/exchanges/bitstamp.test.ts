import { describe, expect, it } from 'vitest';
import { describeWithData } from '../../test/data.ts';
import { recordsAt } from '../../test/fixtures/captures.ts';
import { answersOf, messagesOf } from '../../test/fixtures/wire-messages.ts';
import { utf8Of } from '../lib/utf8.ts';
import { bitstamp } from './bitstamp.ts';
import { wireConformance } from './conformance.ts';

const AT = 1_785_000_000_377_013;
const TIMES = `"timestamp":"1785000000","microtimestamp":"${AT}"`;
const PAIR = { venueSymbol: 'btcusd' };

const diff = (bids: string, asks: string, times = TIMES): string =>
  `{"data":{${times},"bids":${bids},"asks":${asks}},"channel":"diff_order_book_btcusd","event":"data"}`;
const trade = (type: string, more: { readonly id?: string; readonly price?: string; readonly micros?: string } = {}) =>
  `{"data":{"id":${more.id ?? '542327128'},"timestamp":"1785000000","amount":0.014140160000000001,` +
  `"amount_str":"0.01414016","price":64250.22,"price_str":${more.price ?? '"64250.22"'},"type":${type},` +
  `"microtimestamp":${more.micros ?? `"${AT}"`},"buy_order_id":1982008431775746,"sell_order_id":1982008430600193},` +
  '"channel":"live_trades_btcusd","event":"trade"}';
const reply = (event: string, channel: string, data = '{}'): string =>
  `{"event":"bts:${event}","channel":"${channel}","data":${data}}`;
const order = (event: string): string =>
  `{"data":{"id":2043024875446273,"id_str":"2043024875446273","order_type":0,"microtimestamp":"${AT}",` +
  '"amount_str":"0.25000000","price_str":"79640.78"},"channel":"live_orders_btcusd",' +
  `"event":"${event}","event_id":"000659d4-cba2-b200-0000-000101000020","order_source":"orderbook"}`;
const SNAPSHOT_URL = 'https://www.bitstamp.net/api/v2/order_book/btcusd/?group=1';
const SNAPSHOT =
  `{"timestamp": "1785000000", "microtimestamp": "${AT}", "bids": [["64250", "0.75000000"], ["64249", "1"]], ` +
  '"asks": [["64251", "1.20000000"]]}';
const PAIRS_URL = 'https://www.bitstamp.net/api/v2/trading-pairs-info/';

wireConformance({
  wire: bitstamp,
  subscription: { venueSymbols: ['btcusd', 'usdcusd'], bookDepth: 1000, audit: true },
  subscribe: [
    '{"event":"bts:subscribe","data":{"channel":"diff_order_book_btcusd"}}',
    '{"event":"bts:subscribe","data":{"channel":"live_trades_btcusd"}}',
    '{"event":"bts:subscribe","data":{"channel":"diff_order_book_usdcusd"}}',
    '{"event":"bts:subscribe","data":{"channel":"live_trades_usdcusd"}}',
  ],
  resubscribe: [],
  snapshot: {
    url: SNAPSHOT_URL,
    frame: SNAPSHOT,
    messages: [
      {
        kind: 'snapshot',
        venueSymbol: 'btcusd',
        levels: ['bid 64250 x 0.75000000', 'bid 64249 x 1', 'ask 64251 x 1.20000000'],
        first: NaN,
        last: AT,
        depth: Infinity,
        exchangeUs: AT,
        general: false,
      },
    ],
  },
  delta: {
    frame: diff('[["64250","0.75000000"]]', '[["64251","1.20000000"]]'),
    messages: [
      {
        kind: 'delta',
        venueSymbol: 'btcusd',
        levels: ['bid 64250 x 0.75000000', 'ask 64251 x 1.20000000'],
        first: AT,
        last: AT,
        exchangeUs: AT,
        checksum: NaN,
        general: false,
      },
    ],
  },
  removal: {
    frame: diff('[["64249","0.00000"]]', '[]'),
    messages: [{ kind: 'delta', levels: ['bid 64249 x 0.00000'] }],
  },
  repeatedPrice: {
    frame: diff('[["5","1"],["5","0"],["5","2"]]', '[]'),
    messages: [{ kind: 'delta', levels: ['bid 5 x 1', 'bid 5 x 0', 'bid 5 x 2'] }],
  },
  trades: [
    {
      // The float is off in its last digits; the text beside it counts.
      frame: trade('0'),
      messages: [{ kind: 'trades', ...PAIR, trades: [`buy 64250.22 x 0.01414016 #542327128 @${AT}`] }],
    },
    {
      frame: trade('1').replace('0.014140160000000001', '0.01414016'),
      messages: [{ kind: 'trades', trades: [`sell 64250.22 x 0.01414016 #542327128 @${AT}`], general: false }],
    },
    ...['5e-7', '5.25e-05', '1e-10'].map((float) => ({
      frame: trade('1').replace('0.014140160000000001', float),
      messages: [{ kind: 'trades' as const, trades: [`sell 64250.22 x 0.01414016 #542327128 @${AT}`], general: false }],
    })),
    {
      frame: trade('1', { id: '98765432109876543210' }),
      messages: [{ trades: [`sell 64250.22 x 0.01414016 #98765432109876543210 @${AT}`] }],
    },
  ],
  idle: [
    { frame: reply('heartbeat', '', '{"status":"success"}'), messages: [{ kind: 'heartbeat' }] },
    { frame: order('order_created'), messages: [{ kind: 'ignored', ...PAIR }] },
    { frame: order('order_changed'), messages: [{ kind: 'ignored' }] },
    { frame: order('order_deleted'), messages: [{ kind: 'ignored' }] },
    { frame: reply('subscription_succeeded', 'live_trades_btcusd'), messages: [{ kind: 'ignored' }] },
    { frame: reply('unsubscription_succeeded', 'live_orders_btcusd'), messages: [{ kind: 'ignored' }] },
    // The best hundred levels again: nothing of it is a change.
    { frame: diff('[["1","2"]]', '[]').replace('diff_', ''), messages: [{ kind: 'ignored' }] },
    { frame: diff('[["1","2","3"]]', '[]').replace('diff_', 'detail_'), messages: [{ kind: 'ignored' }] },
  ],
  refusals: [
    {
      frame: reply('error', '', '{"code":null,"message":"Bad subscription string."}'),
      messages: [{ kind: 'refused', venueSymbol: '', detail: 'Bad subscription string.' }],
    },
    {
      frame: reply('error', 'diff_order_book_btcusd', '{"code":4009,"message":"Connection is unauthorized."}'),
      messages: [{ kind: 'refused', ...PAIR, detail: '4009: Connection is unauthorized.' }],
    },
    { frame: reply('error', '', '""'), messages: [{ kind: 'refused', detail: 'without a reason' }] },
  ],
  acknowledgements: [
    {
      frame: reply('subscription_succeeded', 'diff_order_book_btcusd-perp'),
      messages: [{ kind: 'subscribed', venueSymbol: 'btcusd-perp', detail: 'book', depth: Infinity }],
    },
    {
      frame: reply('unsubscription_succeeded', 'diff_order_book_btcusd'),
      messages: [{ kind: 'unsubscribed', ...PAIR, detail: 'book' }],
    },
  ],
  status: [{ frame: reply('request_reconnect', '', '""'), messages: [{ kind: 'closing', venueSymbol: '' }] }],
  malformed: [
    { frame: diff('[]', '[]', '"timestamp":"1785000000"'), ...PAIR },
    { frame: diff('[]', '[]', '"timestamp":"1785000000","microtimestamp":"1785000000"'), ...PAIR },
    { frame: diff('[]', '[]', '"timestamp":"1785000000","microtimestamp":"0785000000377013"'), ...PAIR },
    { frame: diff('[]', '[]', '"timestamp":"1785000000","microtimestamp":"9785000000377013"'), ...PAIR },
    { frame: diff('{}', '[]'), ...PAIR },
    { frame: diff('[["1"]]', '[]'), ...PAIR },
    // An order of a book by orders.
    { frame: diff('[["1","2","2043024875446273"]]', '[]'), ...PAIR },
    { frame: diff('[]', '[]').replace(/"asks":\[\]/, '"ask":[]'), ...PAIR },
    { frame: '{"data":[],"channel":"diff_order_book_btcusd","event":"data"}', ...PAIR },
    { frame: '{"data":{},"event":"data"}', venueSymbol: '' },
    { frame: '{"data":{},"channel":"diff_order_book_btcusd"}', ...PAIR },
    { frame: '{"channel":"diff_order_book_btcusd","event":"data"', ...PAIR },
    { frame: trade('2'), ...PAIR },
    { frame: trade('0', { id: '1.5' }), ...PAIR },
    { frame: trade('0', { price: '"0"' }), ...PAIR },
    { frame: trade('0', { price: 'null' }), ...PAIR },
    { frame: trade('0', { micros: '"1785000000"' }), ...PAIR },
    { frame: '{"data":null,"channel":"live_trades_btcusd","event":"trade"}', ...PAIR },
  ],
  withLevel: (price, size) => diff(JSON.stringify([[price, size]]), '[]'),
  hostile: (json) => [
    json,
    `{"data":${json},"channel":"diff_order_book_btcusd","event":"data"}`,
    `{"data":${json},"channel":"live_trades_btcusd","event":"trade"}`,
    `{"data":${json},"channel":${json},"event":${json}}`,
    `{"data":{},"channel":${json},"event":"data"}`,
    reply('error', '', json),
    reply('error', '', `{"code":${json},"message":${json}}`),
    reply('subscription_succeeded', '', json),
    diff(json, json),
    diff(`[${json}]`, `[[${json},${json}]]`),
    diff('[]', '[]', `"timestamp":${json},"microtimestamp":${json}`),
    trade(json),
    trade('0', { id: json, price: json, micros: json }),
  ],
  hostileAnswers: (json) => [
    { url: SNAPSHOT_URL, body: json },
    { url: SNAPSHOT_URL, body: `{"microtimestamp":${json},"bids":${json},"asks":${json},"reason":${json}}` },
    { url: '/api/v2/order_book/%E0%A4%A/', body: json },
    { url: PAIRS_URL, body: json },
    { url: PAIRS_URL, body: `[${json}]` },
    { url: PAIRS_URL, body: `[{"url_symbol":${json},"name":${json},"market_type":${json}}]` },
    { url: PAIRS_URL, body: `[{"url_symbol":"ab","name":"A/B","base_decimals":${json},"trading":${json}}]` },
  ],
  reference: {
    url: 'https://www.bitstamp.net/api/v2/order_book/btcusd/?group=1',
    frame: SNAPSHOT,
    messages: [{ levels: ['bid 64250 x 0.75000000', 'bid 64249 x 1', 'ask 64251 x 1.20000000'], exchangeUs: AT }],
  },
  instruments: {
    url: PAIRS_URL,
    frame: JSON.stringify([
      { trading: 'Enabled', base_decimals: 8, counter_decimals: 2, url_symbol: 'btcusd', name: 'BTC/USD' },
      { trading: 'Disabled', base_decimals: 0, counter_decimals: 5, url_symbol: '1incheur', name: '1INCH/EUR' },
      { trading: 'Enabled', base_decimals: 8, counter_decimals: 0, url_symbol: 'btcusd-perp', name: 'BTC/USD-PERP' },
      { trading: 'Enabled', base_decimals: 8, counter_decimals: 0, url_symbol: 'odd', name: 'no pair' },
      'no pair',
    ]),
    messages: [
      {
        kind: 'instruments',
        instruments: [
          { venueSymbol: 'btcusd', base: 'BTC', quote: 'USD', tickSize: '0.01', lotSize: '0.00000001', tradable: true },
          { venueSymbol: '1incheur', base: '1INCH', quote: 'EUR', tickSize: '0.00001', lotSize: '1', tradable: false },
        ],
      },
    ],
  },
  symbols: [
    ['btcusd', 'BTC-USD'],
    ['usdcusd', 'USDC-USD'],
    ['1incheur', '1INCH-EUR'],
    ['usdtusd', 'USDT-USD'],
    ['adaeur', 'ADA-EUR'],
    ['btcusdt', 'BTC-USDT'],
    ['dogeusd', 'DOGE-USD'],
    ['btcusd-perp', null],
    ['BTCUSD', null],
    ['usd', null],
    ['', null],
  ],
  captures: ['bitstamp-9pairs'],
  foreignFrames: ['{"channel":"heartbeat"}', '{"event":"heartbeat"}', '[1,{},"book-10","XBT/USD"]'],
});

describe('bitstamp', () => {
  it('reads a frame whatever the order of its fields, as the documentation has it', () => {
    const frame =
      `{"event":"data","channel":"diff_order_book_btcusd","data":{${TIMES},` +
      '"bids":[["64250","0.75000000"],["64249","0.00000000"]],"asks":[["64251","1.20000000"]]}}';
    expect(messagesOf(bitstamp, frame)).toMatchObject([
      { kind: 'delta', ...PAIR, last: AT, levels: { length: 3 }, general: true },
    ]);
    expect(bitstamp.route(utf8Of(frame))).toBe('btcusd');
  });

  it('routes a frame by its channel only', () => {
    expect(bitstamp.route(utf8Of(reply('error', '', '{"channel":"diff_order_book_btcusd"}')))).toBe('');
    expect(bitstamp.route(utf8Of(order('order_created')))).toBe('btcusd');
    expect(bitstamp.route(utf8Of(reply('heartbeat', '')))).toBe('');
    expect(bitstamp.route(utf8Of('{"channel":"private-my_orders_btcusd"}'))).toBe('');
  });

  it('asks for the book by levels, and knows its own URL again and old ones', () => {
    const { path } = bitstamp.snapshotRequest('btcusd');
    expect(path).toBe('/api/v2/order_book/btcusd/?group=1');
    const routes = ['', '/', '/?group=1', '/?group=0', '/?group=2'].map((end) =>
      bitstamp.routeHttp(`https://www.bitstamp.net/api/v2/order_book/btcusd${end}`),
    );
    // Prices that come several times, and single orders, are no levels.
    expect(routes).toEqual(['btcusd', 'btcusd', 'btcusd', '', '']);
  });

  it('takes no book by orders for one by levels', () => {
    const byOrder = SNAPSHOT.replace('"0.75000000"]', '"0.75000000", "1982008431775746"]');
    expect(answersOf(bitstamp, SNAPSHOT_URL, byOrder)).toMatchObject([{ kind: 'malformed', ...PAIR }]);
    expect(answersOf(bitstamp, SNAPSHOT_URL.replace('=1', '=2'), byOrder)).toMatchObject([{ kind: 'ignored' }]);
  });

  it('reads a book without spaces too', () => {
    const [spaced] = answersOf(bitstamp, SNAPSHOT_URL, SNAPSHOT);
    expect(answersOf(bitstamp, SNAPSHOT_URL, SNAPSHOT.replaceAll(' ', ''))).toEqual([{ ...spaced, general: true }]);
  });

  it('says why a book was refused', () => {
    const answer = '{"status": "error", "reason": "Invalid pair", "code": "404.002"}';
    expect(answersOf(bitstamp, SNAPSHOT_URL, answer)).toMatchObject([
      { kind: 'malformed', ...PAIR, detail: expect.stringContaining('Invalid pair') as string },
    ]);
  });

  it('reads the newer list of markets, without its perpetuals', () => {
    const market = { trading: 'Enabled', base_decimals: 8, counter_decimals: 2, name: 'BTC/USD' };
    const markets = [
      { ...market, market_symbol: 'btcusd', market_type: 'SPOT' },
      { ...market, market_symbol: 'btcusdx', market_type: 'PERPETUAL' },
    ];
    const url = 'https://www.bitstamp.net/api/v2/markets/';
    expect(answersOf(bitstamp, url, JSON.stringify(markets))).toMatchObject([
      { kind: 'instruments', instruments: [{ venueSymbol: 'btcusd', tickSize: '0.01' }] },
    ]);
  });
});

const ORDERS = ['captures', 'bitstamp-l3-live-orders-btcusd.capture.ndjson.gz'];

describeWithData('bitstamp with a recording of single orders', ORDERS, (path) => {
  it('passes by all of it, and finds nothing malformed', () => {
    const frames = recordsAt(path).flatMap(({ op, data }) => (op === 'recv' && data !== null ? [data] : []));
    const kinds = frames.flatMap((frame) => messagesOf(bitstamp, frame)).map(({ kind }) => kind);
    expect(kinds).toEqual(Array.from({ length: 12 }, () => 'ignored'));
  });
});
