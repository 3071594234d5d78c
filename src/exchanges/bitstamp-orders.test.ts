import { describe, expect, it } from 'vitest';
import { answersOf, messagesOf } from '../../test/fixtures/wire-messages.ts';
import { utf8Of } from '../lib/utf8.ts';
import { bitstampOrders } from './bitstamp-orders.ts';
import { bitstamp } from './bitstamp.ts';
import { wireConformance } from './conformance.ts';
import { wireRegistry } from './registry.ts';

const AT = 1_787_620_344_704_000;
const PAIR = { venueSymbol: 'btcusd' };
const LINK = '000659d4-cba3-ac00-0002-000103000020';
const PREVIOUS = '000659d4-cba3-ac00-0001-000102000020';
const SNAPSHOT_URL = 'https://www.bitstamp.net/api/v2/order_book/btcusd/?group=2';
const PAIRS_URL = 'https://www.bitstamp.net/api/v2/trading-pairs-info/';

interface Fields {
  readonly id?: string;
  readonly type?: string;
  readonly price?: string;
  readonly amount?: string;
  readonly traded?: string;
  readonly micros?: string;
}

/** As the venue writes it; values are JSON. */
const order = (event: string, fields: Fields = {}, end = ''): string =>
  `{"data":{"id":2043024863952899,"id_str":${fields.id ?? '"2043024863952899"'},"order_type":${fields.type ?? '0'},` +
  `"order_subtype":5,"datetime":"1787620345","microtimestamp":${fields.micros ?? `"${AT}"`},"amount":0.25,` +
  `"amount_str":${fields.amount ?? '"0.25000000"'},"amount_traded":${fields.traded ?? '"0"'},` +
  `"amount_at_create":"0.25000000","price":79640.78,"price_str":${fields.price ?? '"79640.78"'},` +
  `"is_liquidation":false},"channel":"live_orders_btcusd","event":"${event}","event_id":"${LINK}",` +
  `"pre_event_id":"${PREVIOUS}","order_source":"orderbook"${end}}`;
const reply = (event: string, channel: string, data = '{}'): string =>
  `{"event":"bts:${event}","channel":"${channel}","data":${data}}`;
const trade = (type: number): string =>
  `{"data":{"id":542327128,"timestamp":"1785000000","amount":0.0141,"amount_str":"0.01410000","price":64250.22,` +
  `"price_str":"64250.22","type":${type},"microtimestamp":"${AT}","buy_order_id":1982008431775746,` +
  '"sell_order_id":1982008430600193},"channel":"live_trades_btcusd","event":"trade"}';
const SNAPSHOT =
  `{"timestamp": "1787620344", "microtimestamp": "${AT}", "bids": [["64250", "0.75000000", "11"], ` +
  '["64250", "1", "12"]], "asks": [["64251", "1.20000000", "21"]]}';

wireConformance({
  wire: bitstampOrders,
  subscription: { venueSymbols: ['btcusd', 'usdcusd'], bookDepth: Infinity, audit: false },
  subscribe: [
    '{"event":"bts:subscribe","data":{"channel":"live_orders_btcusd"}}',
    '{"event":"bts:subscribe","data":{"channel":"live_trades_btcusd"}}',
    '{"event":"bts:subscribe","data":{"channel":"live_orders_usdcusd"}}',
    '{"event":"bts:subscribe","data":{"channel":"live_trades_usdcusd"}}',
  ],
  resubscribe: [],
  snapshot: {
    url: SNAPSHOT_URL,
    frame: SNAPSHOT,
    messages: [
      {
        kind: 'snapshot',
        ...PAIR,
        orders: ['add 11 bid 64250 x 0.75000000', 'add 12 bid 64250 x 1', 'add 21 ask 64251 x 1.20000000'],
        levels: [],
        last: AT,
        depth: Infinity,
        exchangeUs: AT,
      },
    ],
  },
  delta: {
    frame: order('order_created'),
    messages: [
      {
        kind: 'delta',
        ...PAIR,
        orders: ['add 2043024863952899 bid 79640.78 x 0.25000000'],
        levels: [],
        link: `${PREVIOUS} ${LINK}`,
        first: AT,
        last: AT,
        exchangeUs: AT,
        checksum: NaN,
      },
    ],
  },
  removal: {
    frame: order('order_deleted', { type: '1' }),
    messages: [{ kind: 'delta', orders: ['cancel 2043024863952899 ask x 0.25000000'] }],
  },
  repeatedPrice: {
    frame: order('order_changed'),
    messages: [{ kind: 'delta', orders: ['amend 2043024863952899 bid 79640.78 x 0.25000000'] }],
  },
  trades: [
    {
      frame: trade(0),
      messages: [{ kind: 'trades', ...PAIR, trades: [`buy 64250.22 x 0.01410000 #542327128 @${AT}`] }],
    },
    { frame: trade(1), messages: [{ kind: 'trades', trades: [`sell 64250.22 x 0.01410000 #542327128 @${AT}`] }] },
  ],
  idle: [
    { frame: reply('heartbeat', '', '{"status":"success"}'), messages: [{ kind: 'heartbeat' }] },
    { frame: '{"data":{},"channel":"detail_order_book_btcusd","event":"data"}', messages: [{ kind: 'ignored' }] },
    { frame: '{"data":{},"channel":"live_orders_btcusd","event":"order_praised"}', messages: [{ kind: 'ignored' }] },
    {
      frame: `{"data":{"timestamp":"1787620344","microtimestamp":"${AT}","bids":[["1","1"]],"asks":[]},"channel":"diff_order_book_btcusd","event":"data"}`,
      messages: [{ kind: 'ignored' }],
    },
  ],
  refusals: [
    {
      frame: reply('error', '', '{"code":null,"message":"Bad subscription string."}'),
      messages: [{ kind: 'refused', venueSymbol: '', detail: 'Bad subscription string.' }],
    },
  ],
  acknowledgements: [
    { frame: reply('subscription_succeeded', 'live_orders_btcusd'), messages: [{ kind: 'subscribed', ...PAIR }] },
    { frame: reply('unsubscription_succeeded', 'live_orders_btcusd'), messages: [{ kind: 'unsubscribed', ...PAIR }] },
    { frame: reply('subscription_succeeded', 'live_trades_btcusd'), messages: [{ kind: 'ignored' }] },
  ],
  status: [{ frame: reply('request_reconnect', '', '""'), messages: [{ kind: 'closing' }] }],
  malformed: [
    { frame: order('order_created').slice(0, -1), ...PAIR },
    { frame: order('order_created', { id: '"a"' }), ...PAIR },
    { frame: order('order_created', { type: '2' }), ...PAIR },
    { frame: order('order_created', { micros: '"1787620344"' }), ...PAIR },
    { frame: order('order_changed', { traded: '"-1"' }), ...PAIR },
    { frame: order('order_deleted', { amount: 'null' }), ...PAIR },
    { frame: '{"data":null,"channel":"live_orders_btcusd","event":"order_created"}', ...PAIR },
  ],
  hasMarketOrders: true,
  withLevel: (price, size) => order('order_created', { price: JSON.stringify(price), amount: JSON.stringify(size) }),
  hostile: (json) => [
    json,
    `{"data":${json},"channel":"live_orders_btcusd","event":"order_created"}`,
    `{"data":${json},"channel":${json},"event":${json},"of":{"channel":"live_orders_x"}}`,
    ...['order_created', 'order_changed', 'order_deleted'].flatMap((event) => [
      order(event, { id: json, type: json, price: json, amount: json, traded: json, micros: json }),
      order(event, { amount: json }),
      order(event, { traded: json }),
      order(event, {}, `,"event_id":${json},"order_source":${json}`),
    ]),
    reply('error', 'live_orders_btcusd', json),
    reply('subscription_succeeded', 'live_orders_btcusd', json),
  ],
  hostileAnswers: (json) => [
    { url: SNAPSHOT_URL, body: json },
    { url: SNAPSHOT_URL, body: `{"microtimestamp":"${AT}","bids":${json},"asks":${json}}` },
    { url: SNAPSHOT_URL, body: `{"microtimestamp":"${AT}","bids":[[${json},${json},${json}]],"asks":[]}` },
    { url: PAIRS_URL, body: json },
  ],
  instruments: {
    url: PAIRS_URL,
    frame: JSON.stringify([
      { trading: 'Enabled', base_decimals: 8, counter_decimals: 2, url_symbol: 'btcusd', name: 'BTC/USD' },
    ]),
    messages: [{ kind: 'instruments', instruments: [{ venueSymbol: 'btcusd', tickSize: '0.01' }] as never }],
  },
  symbols: [
    ['btcusd', 'BTC-USD'],
    ['', null],
  ],
  captures: ['bitstamp-orders'],
  foreignFrames: [
    '{"channel":"heartbeat"}',
    trade(0),
    '{"data":{},"channel":"diff_order_book_btcusd","event":"data"}',
    reply('heartbeat', ''),
  ],
});

describe('bitstamp-orders', () => {
  it('tells what was traded of an order from what its owner did', () => {
    const part = order('order_changed', { amount: '"0.1"', traded: '"0.15"' });
    expect(messagesOf(bitstampOrders, part)).toMatchObject([{ orders: ['fill-to 2043024863952899 bid x 0.1'] }]);
    const whole = order('order_deleted', { amount: '"0.00000000"', traded: '"0.25"' });
    expect(messagesOf(bitstampOrders, whole)).toMatchObject([
      { orders: ['fill-all 2043024863952899 bid x 0.00000000'] },
    ]);
  });

  it('reads market orders, and orders that do not rest in the book, as links of the chain alone', () => {
    for (const frame of [
      order('order_created', { price: '"0.00"' }),
      order('order_created').replace('"orderbook"', '"stop"'),
      order('order_deleted').replace('"orderbook"', '"stop"'),
    ]) {
      expect(messagesOf(bitstampOrders, frame)).toMatchObject([
        { kind: 'delta', orders: [], link: `${PREVIOUS} ${LINK}` },
      ]);
    }
  });

  it('reads frames of the years before there were links', () => {
    const frame = order('order_created').replace(/,"event_id".*"order_source":"orderbook"/, '');
    expect(messagesOf(bitstampOrders, frame)).toMatchObject([{ kind: 'delta', link: '', orders: { length: 1 } }]);
  });

  it('reads the book by orders, and leaves that by levels to the other wire', () => {
    const byLevel = SNAPSHOT_URL.replace('=2', '=1');
    expect(wireRegistry.ofAnswer('bitstamp', SNAPSHOT_URL)).toBe(bitstampOrders);
    expect(wireRegistry.ofAnswer('bitstamp', byLevel)).toBe(bitstamp);
    expect(wireRegistry.ofAnswer('bitstamp', PAIRS_URL)).toBe(bitstamp);
    expect(answersOf(bitstampOrders, byLevel, SNAPSHOT)).toMatchObject([{ kind: 'ignored' }]);
    const levels = SNAPSHOT.replace(', "21"', '');
    expect(answersOf(bitstampOrders, SNAPSHOT_URL, levels)).toMatchObject([{ kind: 'malformed', ...PAIR }]);
  });

  it('is told from the wire of levels by what is subscribed', () => {
    const [levels = ''] = bitstamp.subscribe({ venueSymbols: ['btcusd'], bookDepth: 1, audit: false });
    expect(wireRegistry.ofOrders('bitstamp', utf8Of(levels))).toBeUndefined();
    expect(wireRegistry.ofOrders('bitstamp', utf8Of(trade(0)))).toBeUndefined();
  });
});
