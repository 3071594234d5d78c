import { describe, expect, it } from 'vitest';
import { IngestWorld } from '../../test/fixtures/ingest-world.ts';
import { messagesOf } from '../../test/fixtures/wire-messages.ts';
import { utf8Of } from '../lib/utf8.ts';
import { krakenOrders, krakenSignature } from './kraken-orders.ts';
import { wireConformance } from './conformance.ts';

const AT = 1_788_256_800_100_001;
const TIME = '2026-09-01T10:00:00.100001234Z';
const PAIR = { venueSymbol: 'BTC/USD' };

const row = (event: string, id: string, price: string, size: string): string =>
  `{${event === '' ? '' : `"event":"${event}",`}"order_id":"${id}","limit_price":${price},"order_qty":${size},"timestamp":"${TIME}"}`;
const book = (type: string, bids: string, asks: string, checksum: string | number = 1, time = `"${TIME}"`): string =>
  `{"channel":"level3","type":"${type}","data":[{"symbol":"BTC/USD","checksum":${checksum},"timestamp":${time},` +
  `"bids":${bids},"asks":${asks}}]}`;
const update = (bids: string, asks = '[]', checksum?: string | number): string => book('update', bids, asks, checksum);
const trade = (side: string): string =>
  `{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"${side}","price":64250.2,"qty":0.01,` +
  `"ord_type":"market","trade_id":4665906,"timestamp":"${TIME}"}]}`;
const reply = (method: string, symbol: string, depth: string | number = 100): string =>
  `{"method":"${method}","result":{"channel":"level3","depth":${depth},"snapshot":true,"symbol":"${symbol}"},` +
  '"success":true,"time_in":"2026-09-01T10:00:00Z","time_out":"2026-09-01T10:00:00Z"}';
const subscribe = (method: string, symbols: string): string =>
  `{"method":"${method}","params":{"channel":"level3","symbol":[${symbols}],"depth":100,"snapshot":true}}`;
/** A number where the text is one to JSON, else a string: the wire must refuse both alike. */
const jsonNumber = (text: string): string =>
  /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? text : JSON.stringify(text);

wireConformance({
  wire: krakenOrders,
  subscription: { venueSymbols: ['BTC/USD', 'ETH/USD'], bookDepth: 25, audit: false },
  subscribe: [
    subscribe('subscribe', '"BTC/USD","ETH/USD"'),
    '{"method":"subscribe","params":{"channel":"trade","symbol":["BTC/USD","ETH/USD"],"snapshot":false}}',
  ],
  resubscribe: [subscribe('unsubscribe', '"BTC/USD"'), subscribe('subscribe', '"BTC/USD"')],
  snapshot: {
    frame: book(
      'snapshot',
      `[${row('', 'OB1', '64250.1', '0.5000000')},${row('', 'OB2', '64250.1', '1')}]`,
      `[${row('', 'OA1', '64250.2', '2')}]`,
      281_817_320,
    ),
    messages: [
      {
        kind: 'snapshot',
        ...PAIR,
        orders: ['add OB1 bid 64250.1 x 0.5000000', 'add OB2 bid 64250.1 x 1', 'add OA1 ask 64250.2 x 2'],
        checksum: 281_817_320,
        exchangeUs: AT,
      },
    ],
  },
  delta: {
    frame: update(`[${row('add', 'OB3', '64249.0', '1.0')},${row('modify', 'OB1', '64250.1', '0.4')}]`),
    messages: [
      {
        kind: 'delta',
        ...PAIR,
        orders: ['add OB3 bid 64249.0 x 1.0', 'set OB1 bid 64250.1 x 0.4'],
        levels: [],
        checksum: 1,
        exchangeUs: AT,
      },
    ],
  },
  removal: {
    frame: update('[]', `[{"event":"delete","order_id":"OA1","limit_price":64250.2,"timestamp":"${TIME}"}]`),
    messages: [{ kind: 'delta', orders: ['gone OA1 ask x 0'] }],
  },
  repeatedPrice: {
    frame: update(`[${row('add', 'OX', '5', '1')},${row('delete', 'OX', '5', '0')},${row('add', 'OY', '5', '2')}]`),
    messages: [{ kind: 'delta', orders: ['add OX bid 5 x 1', 'gone OX bid x 0', 'add OY bid 5 x 2'] }],
  },
  trades: [
    { frame: trade('buy'), messages: [{ kind: 'trades', ...PAIR, trades: [`buy 64250.2 x 0.01 #4665906 @${AT}`] }] },
    { frame: trade('sell'), messages: [{ kind: 'trades', trades: [`sell 64250.2 x 0.01 #4665906 @${AT}`] }] },
  ],
  idle: [
    { frame: '{"channel":"heartbeat"}', messages: [{ kind: 'heartbeat' }] },
    {
      frame: '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[],"asks":[],"checksum":1}]}',
      messages: [{ kind: 'ignored' }],
    },
    { frame: '{"method":"pong"}', messages: [{ kind: 'ignored' }] },
  ],
  refusals: [
    {
      frame: '{"method":"subscribe","error":"EAccount:Invalid permissions","success":false,"symbol":"BTC/USD"}',
      messages: [{ kind: 'refused', ...PAIR, detail: 'EAccount:Invalid permissions' }],
    },
  ],
  acknowledgements: [
    { frame: reply('subscribe', 'BTC/USD'), messages: [{ kind: 'subscribed', ...PAIR, detail: 'book', depth: 100 }] },
    { frame: reply('unsubscribe', 'BTC/USD'), messages: [{ kind: 'unsubscribed', ...PAIR }] },
  ],
  status: [
    {
      frame: '{"channel":"status","type":"update","data":[{"system":"maintenance"}]}',
      messages: [{ kind: 'status', detail: 'maintenance' }],
    },
  ],
  malformed: [
    { frame: update(`[${row('praise', 'OB1', '1', '1')}]`), ...PAIR },
    { frame: update('[{"event":"add","limit_price":1,"order_qty":1}]'), ...PAIR },
    { frame: update('[5]'), ...PAIR },
    { frame: update('{}'), ...PAIR },
    { frame: update('[]', '[]', '""'), ...PAIR },
    { frame: book('update', '[]', '[]', 1, '"noon"'), ...PAIR },
    { frame: book('gossip', '[]', '[]'), ...PAIR },
    { frame: reply('subscribe', 'BTC/USD', 25), ...PAIR },
    { frame: '{"channel":"level3","type":"update","data":[]}', venueSymbol: '' },
  ],
  withLevel: (price, size) => update(`[${row('add', 'OB1', jsonNumber(price), jsonNumber(size))}]`),
  hostile: (json) => [
    json,
    `{"channel":"level3","type":${json},"data":${json}}`,
    `{"channel":"level3","type":"update","data":[${json}]}`,
    update(json, json),
    update(`[${json}]`),
    update(`[{"event":${json},"order_id":${json},"limit_price":${json},"order_qty":${json}}]`),
    update(`[{"event":"add","order_id":"O","limit_price":${json},"order_qty":${json}}]`),
    book('update', '[]', '[]', json, json),
    reply('subscribe', 'BTC/USD', json),
    `{"method":"subscribe","result":{"channel":"level3","symbol":${json}},"success":${json}}`,
  ],
  instruments: {
    url: 'https://api.kraken.com/0/public/AssetPairs',
    frame:
      '{"error":[],"result":{"XXBTZUSD":{"wsname":"XBT/USD","pair_decimals":1,"lot_decimals":8,"tick_size":"0.1","status":"online"}}}',
    messages: [
      {
        kind: 'instruments',
        instruments: [
          { venueSymbol: 'XBT/USD', base: 'BTC', quote: 'USD', tickSize: '0.1', lotSize: '0.00000001', tradable: true },
        ],
      },
    ],
  },
  symbols: [
    ['BTC/USD', 'BTC-USD'],
    ['', null],
  ],
  captures: [],
  foreignFrames: ['{"channel":"heartbeat"}', trade('buy'), '{"channel":"book","type":"update","data":[]}'],
});

describe('kraken-orders', () => {
  it('signs requests as the documentation shows it', () => {
    const nonce = '1616492376594';
    const body = `nonce=${nonce}&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25`;
    const secret = 'kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg==';
    expect(krakenSignature('/0/private/AddOrder', nonce, body, secret)).toBe(
      '4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ==',
    );
  });

  it('gives the token of the connection to what asks for orders, and to nothing else', () => {
    const { authentication } = krakenOrders;
    const credentials = { key: 'k', secret: 'c2VjcmV0', passphrase: '' };
    const request = authentication.tokenRequest(credentials, 5);
    expect(request).toMatchObject({
      path: '/0/private/GetWebSocketsToken',
      headers: { 'API-Key': 'k' },
      body: 'nonce=5',
    });
    expect(authentication.tokenOf(utf8Of('{"error":[],"result":{"token":"t","expires":900}}'))).toBe('t');
    expect(authentication.tokenOf(utf8Of('{"error":["EAPI:Invalid key"]}'))).toBe('');
    const sealed = authentication.seal(subscribe('subscribe', '"BTC/USD"'), credentials, 't', 5);
    expect(JSON.parse(sealed)).toMatchObject({ params: { channel: 'level3', token: 't' } });
    expect(authentication.seal('{"method":"ping"}', credentials, 't', 5)).toBe('{"method":"ping"}');
  });

  it('asks for no more pairs at once than its rate allows', () => {
    const venueSymbols = Array.from({ length: 20 }, (_, i) => `A${i}/USD`);
    const sizes = (bookDepth: number): number[] =>
      krakenOrders
        .subscribe({ venueSymbols, bookDepth, audit: false })
        .slice(0, -1)
        .map((frame) => (JSON.parse(frame) as { params: { symbol: string[] } }).params.symbol.length);
    expect([sizes(10), sizes(100), sizes(1000)]).toEqual([[20], [8, 8, 4], Array.from({ length: 10 }, () => 2)]);
  });

  function liveWorld(checksum: number): { world: IngestWorld; receive: (...frames: readonly string[]) => void } {
    const world = new IngestWorld();
    const receive = (...frames: readonly string[]): void => {
      for (const one of frames) world.happen('kraken', 'k', 'recv', one);
    };
    world.happen('kraken', 'k', 'open', null, 'wss://ws-l3.kraken.com/v2');
    const bids = `[${row('', 'OB1', '100.00', '0.25000000')},${row('', 'OB2', '99.90', '2.00000000')}]`;
    const asks = ['OA1 100.10 0.20000000', 'OA2 100.10 0.30000000', 'OA3 100.20 1.00000000'].map((order) => {
      const [id = '', price = '', size = ''] = order.split(' ');
      return row('', id, price, size);
    });
    receive(reply('subscribe', 'BTC/USD', 10), book('snapshot', bids, `[${asks.join(',')}]`, checksum));
    return { world, receive };
  }

  it('is proven by the checksum over every order in its place', () => {
    const { world, receive } = liveWorld(3_024_827_875);
    const actor = world.book('kraken:BTC-USD');
    expect(actor).toMatchObject({ trust: 'live', counters: { checksumOk: 1 } });
    receive(update('[]', `[${row('add', 'OA4', '100.10', '0.1')}]`, 7));
    expect(actor).toMatchObject({ trust: 'suspect', reason: 'checksum', counters: { checksumFailed: 1 } });
    expect(world.take().asked).toEqual(['resubscribe kraken BTC/USD']);
  });

  it('is in doubt where an order is modified that is not held', () => {
    const { world, receive } = liveWorld(3_024_827_875);
    receive(update('[]', `[${row('modify', 'OA9', '100.10', '0.1')}]`));
    expect(world.book('kraken:BTC-USD')).toMatchObject({ trust: 'suspect', reason: 'gap' });
  });

  it('passes by levels of the same pair', () => {
    const levels =
      '{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[],"asks":[],"checksum":0}]}';
    expect(messagesOf(krakenOrders, levels)).toMatchObject([{ kind: 'ignored' }]);
  });
});
