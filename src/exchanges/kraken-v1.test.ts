import { describe, expect, it } from 'vitest';
import { answersOf, messagesOf } from '../../test/fixtures/wire-messages.ts';
import { wireConformance } from './conformance.ts';
import { KRAKEN_DEPTHS, krakenDepth } from './kraken-common.ts';
import { krakenV1 } from './kraken-v1.ts';

const ASSET_PAIRS = 'https://api.kraken.com/0/public/AssetPairs';
const bid = (price: string, size: string): string =>
  `[336,{"b":[[${JSON.stringify(price)},${JSON.stringify(size)},"1785000001.1"]],"c":"1"},"book-100","XBT/USD"]`;
const trade = (side: string): string =>
  `[337,[["64250.20000","0.01","1785000000.123456","${side}","l",""]],"trade","XBT/USD"]`;
const acknowledge = (more: string): string =>
  `{"channelID":336,"channelName":"book-100","event":"subscriptionStatus","pair":"XBT/USD",${more},` +
  '"subscription":{"depth":100,"name":"book"}}';
const PAIR = { venueSymbol: 'XBT/USD' };

wireConformance({
  wire: krakenV1,
  subscription: { venueSymbols: ['XBT/USD', 'ETH/XBT'], bookDepth: 100, audit: false },
  subscribe: [
    '{"event":"subscribe","pair":["XBT/USD","ETH/XBT"],"subscription":{"name":"book","depth":100}}',
    '{"event":"subscribe","pair":["XBT/USD","ETH/XBT"],"subscription":{"name":"trade"}}',
  ],
  resubscribe: [
    '{"event":"unsubscribe","pair":["XBT/USD"],"subscription":{"name":"book","depth":100}}',
    '{"event":"subscribe","pair":["XBT/USD"],"subscription":{"name":"book","depth":100}}',
  ],
  snapshot: {
    frame:
      '[336,{"as":[["64250.20000","1.20000000","1785000000.123456"]],' +
      '"bs":[["64250.10000","0.75000000","1785000000.120000"]]},"book-100","XBT/USD"]',
    messages: [
      {
        kind: 'snapshot',
        venueSymbol: 'XBT/USD',
        levels: ['ask 64250.20000 x 1.20000000', 'bid 64250.10000 x 0.75000000'],
        depth: 100,
        exchangeUs: 1_785_000_000_123_456,
        checksum: NaN,
      },
    ],
  },
  delta: {
    frame:
      '[336,{"a":[["64250.30000","1.0","1785000002.1","r"]]},' +
      '{"b":[["64250.00000","2.0","1785000001.1"]],"c":"4234567890"},"book-1000","XBT/USD"]',
    messages: [
      {
        kind: 'delta',
        venueSymbol: 'XBT/USD',
        levels: ['ask 64250.30000 x 1.0', 'bid 64250.00000 x 2.0'],
        depth: 1000,
        // The time of a republished level is that of its last change, before it left the window.
        exchangeUs: 1_785_000_001_100_000,
        checksum: 4_234_567_890,
      },
    ],
  },
  removal: {
    frame: bid('64250.20000', '0.00000000'),
    messages: [{ kind: 'delta', levels: ['bid 64250.20000 x 0.00000000'], checksum: 1 }],
  },
  repeatedPrice: {
    frame: '[336,{"b":[["5","1","1.1"],["5","0","1.2"],["5","2","1.3"]],"c":"1"},"book-10","XBT/USD"]',
    messages: [{ kind: 'delta', levels: ['bid 5 x 1', 'bid 5 x 0', 'bid 5 x 2'], exchangeUs: 1_300_000 }],
  },
  trades: [
    {
      frame: trade('b'),
      messages: [{ kind: 'trades', venueSymbol: 'XBT/USD', trades: ['buy 64250.20000 x 0.01 # @1785000000123456'] }],
    },
    {
      frame: '[337,[["5","1","1.1","s","l",""],["6","2","1.2","b","m",""]],"trade","XBT/USD"]',
      messages: [{ kind: 'trades', trades: ['sell 5 x 1 # @1100000', 'buy 6 x 2 # @1200000'] }],
    },
  ],
  idle: [
    { frame: '{"event":"heartbeat"}', messages: [{ kind: 'heartbeat' }] },
    { frame: '{"event":"pong","reqid":1}', messages: [{ kind: 'ignored' }] },
    {
      // Its keys look like those of a book.
      frame: '[340,{"a":["5",1,"1.0"],"b":["4",1,"1.0"],"c":["5","1.0"]},"ticker","XBT/USD"]',
      messages: [{ kind: 'ignored', venueSymbol: 'XBT/USD', general: true }],
    },
    {
      frame:
        '[340,{"a":["5",1,"1.0"],"b":["4",1,"1.0"],"c":["5","1.0"],"v":["1","2"],"p":["5","5"],"t":[3,4],' +
        '"l":["4","4"],"h":["6","6"],"o":["5","5"]},"ticker","XBT/USD"]',
      messages: [{ kind: 'ignored', venueSymbol: 'XBT/USD', general: false }],
    },
    {
      frame:
        '{"channelName":"trade","event":"subscriptionStatus","pair":"XBT/USD","status":"subscribed",' +
        '"subscription":{"name":"trade"}}',
      messages: [{ kind: 'ignored' }],
    },
  ],
  refusals: [
    {
      frame: acknowledge('"status":"error","errorMessage":"Currency pair not supported"'),
      messages: [{ kind: 'refused', venueSymbol: 'XBT/USD', detail: 'Currency pair not supported' }],
    },
  ],
  acknowledgements: [
    { frame: acknowledge('"status":"subscribed"'), messages: [{ kind: 'subscribed', ...PAIR, depth: 100 }] },
    { frame: acknowledge('"status":"unsubscribed"'), messages: [{ kind: 'unsubscribed', ...PAIR, depth: 100 }] },
    {
      frame: '{"event":"subscriptionStatus","pair":"XBT/USD","status":"subscribed","subscription":{"name":"book"}}',
      messages: [{ kind: 'subscribed', depth: 10 }],
    },
  ],
  status: [
    {
      frame: '{"connectionID":17843232920108168701,"event":"systemStatus","status":"online","version":"1.8.3"}',
      messages: [{ kind: 'status', venueSymbol: '', detail: 'online' }],
    },
    { frame: '{"event":"systemStatus","status":"maintenance"}', messages: [{ kind: 'status', detail: 'maintenance' }] },
  ],
  malformed: [
    { frame: '{"event":"surprise","pair":"XBT/USD"}', ...PAIR },
    { frame: '[336,{"b":[["5","1","1.1"]]},"book-10","XBT/USD"]', ...PAIR },
    { frame: '[336,{"b":[["5","1","1.1"]],"c":"x"},"book-10","XBT/USD"]', ...PAIR },
    { frame: '[336,{"b":[["5","1"]],"c":"1"},"book-10","XBT/USD"]', ...PAIR },
    { frame: '[336,{"b":[["5","1","now"]],"c":"1"},"book-10","XBT/USD"]', ...PAIR },
    { frame: '[336,{"b":[[5,1,1.1]],"c":"1"},"book-10","XBT/USD"]', ...PAIR },
    { frame: '[336,{"b":{},"c":"1"},"book-10","XBT/USD"]', ...PAIR },
    { frame: '[336,{"as":[["5","1","1.1"]],"bs":[]},"book--100","XBT/USD"]', ...PAIR },
    { frame: '[336,{"as":[["5","1","1.1"]],"bs":[]},"book-1e9","XBT/USD"]', ...PAIR },
    { frame: '[336,[],"book-10","XBT/USD"]', ...PAIR },
    { frame: '[337,[],"trade","XBT/USD"]', ...PAIR },
    { frame: trade('x'), ...PAIR },
    { frame: '[336,{},1,"XBT/USD"]', venueSymbol: '' },
    { frame: '{"event":"subscriptionStatus","status":"subscribed","subscription":{"name":"book"}}', venueSymbol: '' },
    { frame: '["XBT/USD"]', ...PAIR },
  ],
  withLevel: bid,
  hostile: (json) => [
    json,
    `[1,${json},"book-10","XBT/USD"]`,
    `[1,{"b":${json},"c":"1"},"book-10","XBT/USD"]`,
    `[1,{"as":${json}},"book-10","XBT/USD"]`,
    `[1,{"b":[[${json},${json},${json},${json}]],"c":${json}},"book-10","XBT/USD"]`,
    `[1,${json},"trade","XBT/USD"]`,
    `[1,[${json},[${json},${json},${json},"b"]],"trade","XBT/USD"]`,
    `[1,{},${json},${json}]`,
    `{"event":${json}}`,
    `{"event":"systemStatus","status":${json}}`,
    `{"event":"subscriptionStatus","pair":${json},"status":${json},"subscription":${json}}`,
    `{"event":"subscriptionStatus","pair":"X/Y","status":"subscribed","subscription":{"name":"book","depth":${json}}}`,
    `{"event":"subscriptionStatus","pair":"X/Y","status":"error","errorMessage":${json}}`,
  ],
  hostileAnswers: (json) => [
    { url: ASSET_PAIRS, body: json },
    { url: ASSET_PAIRS, body: `{"result":${json}}` },
    { url: ASSET_PAIRS, body: `{"result":{"A":${json}}}` },
    {
      url: ASSET_PAIRS,
      body: `{"result":{"A":{"wsname":"A/B","lot_decimals":${json},"pair_decimals":${json},"tick_size":${json}}}}`,
    },
    { url: '/0/public/Time', body: json },
  ],
  instruments: {
    url: ASSET_PAIRS,
    frame: JSON.stringify({
      error: [],
      result: {
        XXBTZUSD: { wsname: 'XBT/USD', pair_decimals: 1, lot_decimals: 8, tick_size: '0.1', status: 'online' },
        XDGUSD: { wsname: 'XDG/USD', pair_decimals: 7, lot_decimals: 0, status: 'post_only' },
        'XXBTZUSD.d': { wsname: 'XBT/USD', pair_decimals: 1, lot_decimals: 8 },
        NONAME: { pair_decimals: 1 },
      },
    }),
    messages: [
      {
        kind: 'instruments',
        instruments: [
          { venueSymbol: 'XBT/USD', base: 'BTC', quote: 'USD', tickSize: '0.1', lotSize: '0.00000001', tradable: true },
          { venueSymbol: 'XDG/USD', base: 'DOGE', quote: 'USD', tickSize: '0.0000001', lotSize: '1', tradable: false },
        ],
      },
    ],
  },
  symbols: [
    ['XBT/USD', 'BTC-USD'],
    ['BTC/USD', 'BTC-USD'],
    ['ETH/XBT', 'ETH-BTC'],
    ['XDG/EUR', 'DOGE-EUR'],
    ['KSM/XBT', 'KSM-BTC'],
    ['XBTUSD', null],
    ['A/B/C', null],
    ['/USD', null],
    ['XBT/', null],
  ],
  captures: ['kraken-v1'],
  foreignFrames: ['{"channel":"heartbeat"}', '{"method":"pong"}', '{"stream":"btcusdt@trade","data":{}}'],
});

describe('kraken-v1', () => {
  it('subscribes by the old names that it alone still knows', () => {
    expect(krakenV1.venueSymbol({ base: 'BTC', quote: 'USD' })).toBe('XBT/USD');
    expect(krakenV1.venueSymbol({ base: 'DOGE', quote: 'BTC' })).toBe('XDG/XBT');
  });

  it('asks for the smallest depth that holds what is wished for', () => {
    expect([1, 10, 11, 100, 101, 501, 1000, 5000].map(krakenDepth)).toEqual([10, 10, 25, 100, 500, 1000, 1000, 1000]);
    expect(KRAKEN_DEPTHS.map(krakenDepth)).toEqual(KRAKEN_DEPTHS);
  });

  it('reads a snapshot of an empty side', () => {
    expect(messagesOf(krakenV1, '[1,{"as":[],"bs":[["5","1","1.1"]]},"book-10","XBT/USD"]')).toMatchObject([
      { kind: 'snapshot', levels: ['bid 5 x 1'] },
    ]);
  });

  it('keeps microseconds of a time as a text of seconds', () => {
    for (const [text, us] of [
      ['1617666423.123373', 1_617_666_423_123_373],
      ['1617666423.1', 1_617_666_423_100_000],
      ['1617666423', 1_617_666_423_000_000],
      ['1617666423.1234569', 1_617_666_423_123_456],
    ] as const) {
      const frame = `[336,{"b":[["5","1","${text}"]],"c":"1"},"book-10","XBT/USD"]`;
      expect(messagesOf(krakenV1, frame)).toMatchObject([{ exchangeUs: us }]);
    }
  });

  it('passes by other REST answers', () => {
    expect(answersOf(krakenV1, 'https://api.kraken.com/0/public/Time', '{}')).toMatchObject([{ kind: 'ignored' }]);
  });
});
