import { describe, expect, it } from 'vitest';
import { messagesOf } from '../../test/fixtures/wire-messages.ts';
import { utf8Of } from '../lib/utf8.ts';
import { wireConformance } from './conformance.ts';
import { krakenV2 } from './kraken-v2.ts';

const book = (type: string, bids: string, asks: string, more = '"checksum":4201790596'): string =>
  `{"channel":"book","type":"${type}","data":[{"symbol":"BTC/USD","bids":${bids},"asks":${asks},${more},` +
  '"timestamp":"2026-09-01T10:00:00.100001Z"}]}';
const trade = (side: string, symbol = 'BTC/USD', id = '4665906'): string =>
  `{"symbol":"${symbol}","side":"${side}","price":64250.2,"qty":0.01000000,"ord_type":"market","trade_id":${id},` +
  '"timestamp":"2026-09-01T10:00:00.5Z"}';
const trades = (...rows: readonly string[]): string => `{"channel":"trade","type":"update","data":[${rows.join(',')}]}`;
const PAIR = { venueSymbol: 'BTC/USD' };
const AT = Date.UTC(2026, 8, 1, 10) * 1000;

/** A number where the text is one to JSON, else a string: the wire must refuse both alike. */
function jsonNumber(text: string): string {
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? text : JSON.stringify(text);
}

wireConformance({
  wire: krakenV2,
  subscription: { venueSymbols: ['BTC/USD', 'ETH/BTC'], bookDepth: 100, audit: false },
  subscribe: [
    '{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD","ETH/BTC"],"depth":100,"snapshot":true}}',
    '{"method":"subscribe","params":{"channel":"trade","symbol":["BTC/USD","ETH/BTC"],"snapshot":false}}',
    '{"method":"subscribe","params":{"channel":"instrument","snapshot":true}}',
  ],
  resubscribe: [
    '{"method":"unsubscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":100}}',
    '{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":100}}',
  ],
  snapshot: {
    frame: book(
      'snapshot',
      '[{"price":64250.1,"qty":0.75000000}]',
      '[{"price":64250.2,"qty":1.20000000}]',
      '"checksum":3962538090',
    ),
    messages: [
      {
        kind: 'snapshot',
        venueSymbol: 'BTC/USD',
        levels: ['bid 64250.1 x 0.75000000', 'ask 64250.2 x 1.20000000'],
        checksum: 3_962_538_090,
        exchangeUs: AT + 100_001,
      },
    ],
  },
  delta: {
    frame: book('update', '[{"price":64250.1,"qty":0.50000000}]', '[]'),
    messages: [
      {
        kind: 'delta',
        venueSymbol: 'BTC/USD',
        levels: ['bid 64250.1 x 0.50000000'],
        checksum: 4_201_790_596,
        exchangeUs: AT + 100_001,
      },
    ],
  },
  removal: {
    frame: book('update', '[{"price":64250.1,"qty":0.00000000}]', '[]'),
    messages: [{ kind: 'delta', levels: ['bid 64250.1 x 0.00000000'] }],
  },
  repeatedPrice: {
    frame: book('update', '[{"price":5,"qty":1},{"price":5,"qty":0},{"price":5,"qty":2}]', '[]'),
    messages: [{ kind: 'delta', levels: ['bid 5 x 1', 'bid 5 x 0', 'bid 5 x 2'] }],
  },
  trades: [
    {
      frame: trades(trade('buy')),
      messages: [
        {
          kind: 'trades',
          venueSymbol: 'BTC/USD',
          trades: [`buy 64250.2 x 0.01000000 #4665906 @${AT + 500_000}`],
        },
      ],
    },
    {
      frame: trades(trade('sell'), trade('buy', 'ETH/USD', '98765432109876543210'), trade('sell', 'ETH/USD')),
      messages: [
        { venueSymbol: 'BTC/USD', trades: [`sell 64250.2 x 0.01000000 #4665906 @${AT + 500_000}`] },
        {
          venueSymbol: 'ETH/USD',
          trades: [
            `buy 64250.2 x 0.01000000 #98765432109876543210 @${AT + 500_000}`,
            `sell 64250.2 x 0.01000000 #4665906 @${AT + 500_000}`,
          ],
        },
      ],
    },
  ],
  idle: [
    { frame: '{"channel":"heartbeat"}', messages: [{ kind: 'heartbeat' }] },
    { frame: '{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD"}]}', messages: [{ kind: 'ignored' }] },
    { frame: '{"method":"pong","time_in":"x","time_out":"y"}', messages: [{ kind: 'ignored' }] },
    // Trades that happened before the subscription.
    { frame: `{"channel":"trade","type":"snapshot","data":[${trade('buy')}]}`, messages: [{ kind: 'ignored' }] },
    {
      frame: '{"method":"subscribe","result":{"channel":"trade","symbol":"BTC/USD"},"success":true}',
      messages: [{ kind: 'ignored' }],
    },
  ],
  refusals: [
    {
      frame: '{"method":"subscribe","error":"Currency pair not supported FOO/USD","success":false,"symbol":"FOO/USD"}',
      messages: [{ kind: 'refused', venueSymbol: 'FOO/USD', detail: 'Currency pair not supported FOO/USD' }],
    },
    {
      frame: '{"error":"Malformed request","method":"subscribe","success":false}',
      messages: [{ kind: 'refused', venueSymbol: '', detail: 'Malformed request' }],
    },
  ],
  acknowledgements: [
    {
      frame: '{"method":"subscribe","result":{"channel":"book","depth":25,"symbol":"BTC/USD"},"success":true}',
      messages: [{ kind: 'subscribed', ...PAIR, depth: 25 }],
    },
    {
      frame: '{"method":"unsubscribe","result":{"channel":"book","depth":25,"symbol":"BTC/USD"},"success":true}',
      messages: [{ kind: 'unsubscribed', ...PAIR }],
    },
    {
      frame: '{"method":"subscribe","result":{"channel":"book","symbol":"BTC/USD"},"success":true}',
      messages: [{ kind: 'subscribed', ...PAIR, depth: 10 }],
    },
  ],
  status: [
    {
      frame:
        '{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2",' +
        '"connection_id":12393906104898154338}]}',
      messages: [{ kind: 'status', venueSymbol: '', detail: 'online' }],
    },
    {
      frame: '{"channel":"status","type":"update","data":[{"system":"maintenance"}]}',
      messages: [{ kind: 'status', detail: 'maintenance' }],
    },
  ],
  malformed: [
    { frame: book('update', '[]', '[]', '"x":1'), ...PAIR },
    { frame: book('update', '[]', '[]', '"checksum":"soon"'), ...PAIR },
    { frame: book('update', '{}', '[]'), ...PAIR },
    { frame: book('update', '[{"price":1}]', '[]'), ...PAIR },
    { frame: book('update', '[["1","2"]]', '[]'), ...PAIR },
    { frame: book('change', '[]', '[]'), ...PAIR },
    { frame: '{"channel":"book","type":"update","data":[]}', venueSymbol: '' },
    { frame: '{"channel":"book","type":"update","data":[{"bids":[]}]}', venueSymbol: '' },
    {
      frame: '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","checksum":1,"timestamp":"now"}]}',
      ...PAIR,
    },
    { frame: trades(trade('both')), ...PAIR },
    { frame: trades(trade('buy').replace('"trade_id"', '"id"')), ...PAIR },
    { frame: trades(trade('buy').replace('0.01000000', '0')), ...PAIR },
    { frame: trades(trade('buy').replace('2026-09-01T', '2026-19-01T')), ...PAIR },
    { frame: '{"data":[{"symbol":"BTC/USD"}]}', ...PAIR },
    {
      frame: '{"method":"subscribe","result":{"channel":"book","depth":-5,"symbol":"BTC/USD"},"success":true}',
      ...PAIR,
    },
    { frame: '{"channel":"instrument","type":"snapshot","data":[]}', venueSymbol: '' },
    { frame: '{"method":"subscribe","result":{"channel":"book"},"success":true}', venueSymbol: '' },
  ],
  withLevel: (price, size) => book('update', `[{"price":${jsonNumber(price)},"qty":${jsonNumber(size)}}]`, '[]'),
  hostile: (json) => [
    json,
    `{"channel":${json},"type":${json},"data":${json}}`,
    `{"channel":"book","type":"update","data":${json}}`,
    `{"channel":"book","type":"update","data":[${json}]}`,
    `{"channel":"book","type":"update","data":[{"symbol":"X/Y","checksum":${json},"timestamp":${json}}]}`,
    book('update', json, json),
    book('update', `[${json}]`, `[{"price":${json},"qty":${json}}]`),
    book('update', '[]', '[]', `"checksum":${json}`),
    trades(json),
    trades(`{"symbol":"X/Y","side":"buy","price":${json},"qty":${json},"trade_id":${json},"timestamp":${json}}`),
    `{"channel":"status","data":[{"system":${json}}]}`,
    `{"channel":"status","data":${json}}`,
    `{"channel":"instrument","type":"snapshot","data":{"pairs":${json}}}`,
    `{"channel":"instrument","type":"snapshot","data":{"pairs":[${json},{"symbol":"A/B","price_increment":${json}}]}}`,
    `{"method":${json},"result":${json},"success":${json}}`,
    `{"method":"subscribe","result":{"channel":"book","symbol":${json},"depth":${json}}}`,
    `{"method":"subscribe","success":false,"error":${json},"symbol":${json}}`,
  ],
  instruments: {
    frame: JSON.stringify({
      channel: 'instrument',
      type: 'snapshot',
      data: {
        assets: [],
        pairs: [
          { symbol: 'BTC/USD', status: 'online', price_increment: 0.1, qty_increment: 1e-8 },
          { symbol: 'OLD/USD', status: 'delisted', price_increment: 0.5, qty_increment: 1 },
          { symbol: 'no pair' },
        ],
      },
    }),
    messages: [
      {
        kind: 'instruments',
        instruments: [
          { venueSymbol: 'BTC/USD', base: 'BTC', quote: 'USD', tickSize: '0.1', lotSize: '1e-8', tradable: true },
          { venueSymbol: 'OLD/USD', base: 'OLD', quote: 'USD', tickSize: '0.5', lotSize: '1', tradable: false },
        ],
      },
    ],
  },
  symbols: [
    ['BTC/USD', 'BTC-USD'],
    ['DOGE/BTC', 'DOGE-BTC'],
    ['MINA/GBP', 'MINA-GBP'],
    ['XBT/USD', 'BTC-USD'],
    ['BTCUSD', null],
    ['', null],
  ],
  captures: ['kraken-v2-btc', 'kraken-v2-mina'],
  foreignFrames: ['{"event":"heartbeat"}', '[1,{},"book-10","XBT/USD"]', '{"stream":"btcusdt@trade","data":{}}'],
});

describe('kraken-v2', () => {
  it('names pairs as they are', () => {
    expect(krakenV2.venueSymbol({ base: 'BTC', quote: 'USD' })).toBe('BTC/USD');
  });

  it('hands on each book of a frame that carries several, and routes it to none alone', () => {
    const frame =
      '{"channel":"book","type":"update","data":[{"symbol":"A/B","bids":[{"price":1,"qty":2}],"checksum":1},' +
      '{"symbol":"C/D","bids":[{"price":x,"qty":2}],"checksum":2}]}'.replace('x', '3');
    expect(messagesOf(krakenV2, frame)).toMatchObject([
      { kind: 'delta', venueSymbol: 'A/B', checksum: 1, exchangeUs: NaN },
      { kind: 'delta', venueSymbol: 'C/D', checksum: 2, levels: ['bid 3 x 2'] },
    ]);
    expect(krakenV2.route(utf8Of(frame))).toBe('');
  });

  it('still hands on the good book beside a bad one', () => {
    const frame =
      '{"channel":"book","type":"update","data":[{"symbol":"A/B","bids":[{"price":-1,"qty":2}],"checksum":1},' +
      '{"symbol":"C/D","bids":[],"checksum":2}]}';
    expect(messagesOf(krakenV2, frame)).toMatchObject([
      { kind: 'malformed', venueSymbol: 'A/B' },
      { kind: 'delta', venueSymbol: 'C/D' },
    ]);
  });

  it('takes a snapshot without a time, as old ones are', () => {
    const frame = '{"channel":"book","type":"snapshot","data":[{"symbol":"A/B","bids":[],"asks":[],"checksum":0}]}';
    expect(messagesOf(krakenV2, frame)).toMatchObject([{ kind: 'snapshot', exchangeUs: NaN, checksum: 0 }]);
  });
});
