import { describe, expect, it } from 'vitest';
import { answersOf, messagesOf } from '../../test/fixtures/wire-messages.ts';
import { binance } from './binance.ts';
import { wireConformance } from './conformance.ts';

const depth = (bids: string, asks: string, more = '"E":1785000000123,"s":"BTCUSDT","U":157,"u":160'): string =>
  `{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate",${more},"b":${bids},"a":${asks}}}`;
const trade = (more: string): string =>
  `{"stream":"btcusdt@trade","data":{"e":"trade","E":1785000000125,"s":"BTCUSDT","t":4123456789,"p":"64250.11",` +
  `"q":"0.01500000","T":1785000000124,${more}"M":true}}`;
const SNAPSHOT_URL = 'https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=5000';
const PAIR = { venueSymbol: 'BTCUSDT' };

wireConformance({
  wire: binance,
  subscription: { venueSymbols: ['BTCUSDT', 'ETHBTC'], bookDepth: 1000, audit: true },
  subscribe: [
    '{"method":"SUBSCRIBE","params":["btcusdt@depth@100ms","btcusdt@trade","btcusdt@bookTicker",' +
      '"ethbtc@depth@100ms","ethbtc@trade","ethbtc@bookTicker"],"id":1}',
  ],
  resubscribe: [],
  snapshot: {
    url: SNAPSHOT_URL,
    frame: '{"lastUpdateId":160,"bids":[["64250.10000000","0.75000000"]],"asks":[["64250.11000000","1.20000000"]]}',
    messages: [
      {
        kind: 'snapshot',
        venueSymbol: 'BTCUSDT',
        levels: ['bid 64250.10000000 x 0.75000000', 'ask 64250.11000000 x 1.20000000'],
        last: 160,
        first: NaN,
        depth: 5000,
        exchangeUs: NaN,
      },
    ],
  },
  delta: {
    frame: depth('[["64250.10000000","0.75000000"]]', '[["64250.11000000","1.20000000"]]'),
    messages: [
      {
        kind: 'delta',
        venueSymbol: 'BTCUSDT',
        levels: ['bid 64250.10000000 x 0.75000000', 'ask 64250.11000000 x 1.20000000'],
        first: 157,
        last: 160,
        exchangeUs: 1_785_000_000_123_000,
        checksum: NaN,
      },
    ],
  },
  removal: {
    frame: depth('[["64249.00000000","0.00000000"]]', '[]'),
    messages: [{ kind: 'delta', levels: ['bid 64249.00000000 x 0.00000000'] }],
  },
  repeatedPrice: {
    frame: depth('[["5","1"],["5","0"],["5","2",[]]]', '[]'),
    messages: [{ kind: 'delta', levels: ['bid 5 x 1', 'bid 5 x 0', 'bid 5 x 2'] }],
  },
  trades: [
    {
      frame: trade('"m":true,'),
      messages: [{ kind: 'trades', trades: ['sell 64250.11 x 0.01500000 #4123456789 @1785000000124000'] }],
    },
    {
      frame:
        '{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1785000000125,"s":"BTCUSDT","a":77,"p":"1.5",' +
        '"q":"2","f":1,"l":2,"T":1785000000124001,"m":false,"M":true}}',
      messages: [{ kind: 'trades', venueSymbol: 'BTCUSDT', trades: ['buy 1.5 x 2 #77 @1785000000124001'] }],
    },
    {
      frame:
        '{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1785000000125,"s":"BTCUSDT","a":78,"p":"1.5",' +
        '"q":"0.25","f":3,"l":4,"T":1785000000124,"m":true,"M":true}}',
      messages: [{ kind: 'trades', trades: ['sell 1.5 x 0.25 #78 @1785000000124000'], general: false }],
    },
  ],
  idle: [
    { frame: '{"result":null,"id":1}', messages: [{ kind: 'ignored' }] },
    { frame: '{"result":["btcusdt@depth"],"id":3}', messages: [{ kind: 'ignored' }] },
    {
      frame: '{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1785000000123,"s":"BTCUSDT","k":{}}}',
      messages: [{ kind: 'ignored', venueSymbol: 'BTCUSDT' }],
    },
  ],
  refusals: [
    {
      frame: '{"code":2,"msg":"Invalid request: x"}',
      messages: [{ kind: 'refused', detail: '2: Invalid request: x' }],
    },
    { frame: '{"error":{"code":3,"msg":"no JSON"},"id":null}', messages: [{ kind: 'refused', detail: '3: no JSON' }] },
  ],
  acknowledgements: [{ frame: '{"result":null,"id":7}', messages: [{ kind: 'ignored' }] }],
  status: [
    { frame: '{"e":"serverShutdown","E":1785000000000}', messages: [{ kind: 'closing' }] },
    {
      frame: '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1785000000000}}',
      messages: [{ kind: 'closing' }],
    },
  ],
  malformed: [
    { frame: depth('[]', '[]', '"s":"BTCUSDT","U":157,"u":160'), ...PAIR },
    { frame: depth('[]', '[]', '"E":1785000000,"s":"BTCUSDT","U":157,"u":160'), ...PAIR },
    { frame: depth('[]', '[]', '"E":1785000000123,"s":"BTCUSDT","U":161,"u":160'), ...PAIR },
    { frame: depth('[]', '[]', '"E":1785000000123,"s":"BTCUSDT","U":1.5,"u":160'), ...PAIR },
    { frame: depth('[]', '[]', '"E":1785000000123,"s":"BTCUSDT","U":157,"u":9007199254740993'), ...PAIR },
    { frame: depth('[]', '[]', '"E":1785000000123,"U":157,"u":160'), venueSymbol: '' },
    { frame: depth('[]', '{}'), ...PAIR },
    { frame: depth('[["1"]]', '[]'), ...PAIR },
    { frame: depth('[[1,2]]', '[]'), ...PAIR },
    { frame: trade(''), ...PAIR },
    { frame: trade('"m":1,'), ...PAIR },
    { frame: '{"stream":"btcusdt@depth","data":[]}', ...PAIR },
    { frame: '{"stream":"btcusdt@depth","data":{"lastUpdateId":1,"bids":[],"asks":[]}}', ...PAIR },
    { frame: '{"u":400,"s":"BTCUSDT","b":"25.3","B":"31","a":"25.4"}', ...PAIR },
  ],
  withLevel: (price, size) => depth(JSON.stringify([[price, size]]), '[]'),
  hostile: (json) => [
    json,
    `{"stream":"btcusdt@depth@100ms","data":${json}}`,
    `{"stream":${json},"data":{"e":${json}}}`,
    `{"e":${json}}`,
    `{"code":${json},"msg":${json}}`,
    `{"error":{"code":${json},"msg":${json}}}`,
    `{"error":${json}}`,
    depth(json, json),
    depth(`[${json}]`, `[[${json},${json}]]`),
    depth('[]', '[]', `"E":${json},"s":${json},"U":${json},"u":${json}`),
    `{"e":"trade","E":${json},"s":${json},"t":${json},"p":${json},"q":${json},"T":${json},"m":${json}}`,
    `{"u":${json},"s":${json},"b":${json},"B":${json},"a":${json},"A":${json}}`,
  ],
  hostileAnswers: (json) => [
    { url: SNAPSHOT_URL, body: json },
    { url: SNAPSHOT_URL, body: `{"lastUpdateId":${json},"bids":${json},"asks":${json},"msg":${json}}` },
    { url: '/api/v3/depth?symbol=%E0%A4%A', body: json },
    { url: '/api/v3/exchangeInfo', body: `{"symbols":${json}}` },
    { url: '/api/v3/exchangeInfo', body: `{"symbols":[${json},{"symbol":${json},"filters":[${json}]}]}` },
    {
      url: '/api/v3/exchangeInfo',
      body: `{"symbols":[{"symbol":"X","filters":[{"filterType":"LOT_SIZE","stepSize":${json}}]}]}`,
    },
  ],
  instruments: {
    url: 'https://api.binance.com/api/v3/exchangeInfo',
    frame: JSON.stringify({
      symbols: [
        {
          symbol: 'BTCUSDT',
          status: 'TRADING',
          baseAsset: 'BTC',
          quoteAsset: 'USDT',
          filters: [
            { filterType: 'PRICE_FILTER', tickSize: '0.01000000' },
            { filterType: 'LOT_SIZE', stepSize: '0.00001000' },
          ],
        },
        { symbol: 'OLDBTC', status: 'BREAK', baseAsset: 'OLD', quoteAsset: 'BTC', filters: [] },
        'no symbol',
      ],
    }),
    messages: [
      {
        kind: 'instruments',
        instruments: [
          {
            venueSymbol: 'BTCUSDT',
            base: 'BTC',
            quote: 'USDT',
            tickSize: '0.01000000',
            lotSize: '0.00001000',
            tradable: true,
          },
          { venueSymbol: 'OLDBTC', base: 'OLD', quote: 'BTC', tickSize: null, lotSize: null, tradable: false },
        ],
      },
    ],
  },
  symbols: [
    ['BTCUSDT', 'BTC-USDT'],
    ['ETHBTC', 'ETH-BTC'],
    ['RUNEEUR', 'RUNE-EUR'],
    ['BTCFDUSD', 'BTC-FDUSD'],
    ['USDT', null],
    ['WHATEVER', null],
    ['', null],
  ],
  captures: ['binance-4pairs', 'binance-3pairs', 'binance-650s'],
  foreignFrames: ['{"channel":"heartbeat"}', '{"event":"heartbeat"}', '[1,{},"book-10","XBT/USD"]'],
});

describe('binance', () => {
  it('asks for a snapshot as deep as wished, and knows its own URL again', () => {
    const request = binance.snapshotRequest('BTCUSDT', 5000);
    expect([100, 500, 1000].map((depth) => binance.snapshotRequest('X', depth).weight)).toEqual([5, 25, 50]);
    expect(request).toEqual({ path: '/api/v3/depth?symbol=BTCUSDT&limit=5000', weight: 250 });
    expect(binance.routeHttp(`https://api.binance.com${request.path}`)).toBe('BTCUSDT');
    expect(binance.routeHttp('https://api.binance.com/api/v3/exchangeInfo')).toBe('');
  });

  it('takes the depth of a snapshot from its URL, 100 levels where that names none', () => {
    const body = '{"lastUpdateId":1,"bids":[],"asks":[]}';
    expect(answersOf(binance, '/api/v1/depth?symbol=X&limit=1000', body)).toMatchObject([{ depth: 1000 }]);
    expect(answersOf(binance, '/api/v3/depth?symbol=X', body)).toMatchObject([{ depth: 100 }]);
  });

  it('says why a snapshot was refused', () => {
    expect(answersOf(binance, SNAPSHOT_URL, '{"code":-1121,"msg":"Invalid symbol."}')).toMatchObject([
      { kind: 'malformed', venueSymbol: 'BTCUSDT', detail: expect.stringContaining('Invalid symbol.') as string },
    ]);
  });

  it('reads a best price as a quote with its update number', () => {
    const frame = '{"u":400,"s":"BTCUSDT","b":"25.30","B":"31","a":"25.40","A":"4"}';
    expect(messagesOf(binance, frame)).toMatchObject([
      { kind: 'quote', venueSymbol: 'BTCUSDT', last: 400, levels: ['bid 25.30 x 31', 'ask 25.40 x 4'] },
    ]);
  });

  it('keeps streams of a subscription below the size of a frame', () => {
    const venueSymbols = Array.from({ length: 300 }, (_, i) => `P${i}USDT`);
    const frames = binance.subscribe({ venueSymbols, bookDepth: 1000, audit: true });
    const streams = frames.flatMap((frame) => (JSON.parse(frame) as { params: string[] }).params);
    expect(frames).toHaveLength(5);
    expect(new Set(streams).size).toBe(900);
    expect(streams.length).toBeLessThanOrEqual(1024);
  });
});
