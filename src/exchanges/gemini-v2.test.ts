import { describe, expect, it } from 'vitest';
import { messagesOf } from '../../test/fixtures/wire-messages.ts';
import { wireConformance } from './conformance.ts';
import { geminiV2 } from './gemini-v2.ts';

const book = (changes: string, more = ''): string =>
  `{"type":"l2_updates","symbol":"BTCUSD","changes":${changes}${more}}`;
const trade = (side: string, more = ''): string =>
  '{"type":"trade","symbol":"BTCUSD","event_id":3575573053,"timestamp":1785000000123,"price":"64250.11",' +
  `"quantity":"0.01","side":"${side}"${more}}`;
/** As `trade`, with its fields in the order of the alphabet. */
const sortedTrade = (side: string): string =>
  `{"event_id":1764551741926942,"price":"65206.29","quantity":"0.00007667","side":"${side}","symbol":"BTCUSD",` +
  '"tid":2840141017904555,"timestamp":1786313194672,"type":"trade"}';
const PAIR = { venueSymbol: 'BTCUSD' };
const DETAILS = '/v1/symbols/details/btcusd';

wireConformance({
  wire: geminiV2,
  subscription: { venueSymbols: ['BTCUSD', 'ethbtc'], bookDepth: 1000, audit: true },
  subscribe: ['{"type":"subscribe","subscriptions":[{"name":"l2","symbols":["BTCUSD","ETHBTC"]}]}'],
  resubscribe: [
    '{"type":"unsubscribe","subscriptions":[{"name":"l2","symbols":["BTCUSD"]}]}',
    '{"type":"subscribe","subscriptions":[{"name":"l2","symbols":["BTCUSD"]}]}',
  ],
  snapshot: {
    frame: book(
      '[["buy","64250.10","0.75"],["sell","64250.11","1.2"]]',
      `,"trades":[${trade('buy')},${trade('sell', ',"tid":2840140956529623')}],"auction_events":[]`,
    ),
    messages: [
      {
        kind: 'snapshot',
        ...PAIR,
        levels: ['bid 64250.10 x 0.75', 'ask 64250.11 x 1.2'],
        trades: [],
        exchangeUs: NaN,
        depth: Infinity,
        general: false,
      },
    ],
  },
  delta: {
    frame: book('[["sell","64250.11","0.5"],["buy","64250.10","1.25"]]'),
    messages: [
      {
        kind: 'delta',
        ...PAIR,
        levels: ['ask 64250.11 x 0.5', 'bid 64250.10 x 1.25'],
        exchangeUs: NaN,
        first: NaN,
        last: NaN,
        general: false,
      },
    ],
  },
  removal: {
    frame: '{"changes":[["buy","65205.5","0.0"],["sell","65206","0"]],"symbol":"BTCUSD","type":"l2_updates"}',
    messages: [{ kind: 'delta', ...PAIR, levels: ['bid 65205.5 x 0.0', 'ask 65206 x 0'], general: false }],
  },
  repeatedPrice: {
    frame: book('[["buy","5","1"],["buy","5","0"],["buy","5","2"]]'),
    messages: [{ kind: 'delta', levels: ['bid 5 x 1', 'bid 5 x 0', 'bid 5 x 2'] }],
  },
  trades: [
    {
      frame: trade('buy'),
      messages: [
        {
          kind: 'trades',
          ...PAIR,
          trades: ['buy 64250.11 x 0.01 #3575573053 @1785000000123000'],
          exchangeUs: 1_785_000_000_123_000,
          general: false,
        },
      ],
    },
    {
      frame: sortedTrade('sell'),
      messages: [
        { trades: ['sell 65206.29 x 0.00007667 #2840141017904555 @1786313194672000'], ...PAIR, general: false },
      ],
    },
    // Several fills may share an event.
    {
      frame: trade('sell', ',"tid":28401409565296230001'),
      messages: [{ trades: ['sell 64250.11 x 0.01 #28401409565296230001 @1785000000123000'] }],
    },
  ],
  idle: [
    { frame: '{"type":"heartbeat","timestamp":1785000005000}', messages: [{ kind: 'heartbeat', venueSymbol: '' }] },
    { frame: '{"timestamp":1786313195331,"type":"heartbeat"}', messages: [{ kind: 'heartbeat' }] },
    { frame: trade('block'), messages: [{ kind: 'ignored' }] },
    { frame: trade('auction'), messages: [{ kind: 'ignored' }] },
    { frame: '{"type":"auction_open","symbol":"BTCUSD"}', messages: [{ kind: 'ignored' }] },
    { frame: '{"type":"candles_1m_updates","symbol":"BTCUSD","changes":[]}', messages: [{ kind: 'ignored' }] },
  ],
  refusals: [
    {
      frame: '{"reason":"NoValidTradingPairs","result":"error"}',
      messages: [{ kind: 'refused', venueSymbol: '', detail: 'NoValidTradingPairs' }],
    },
    {
      frame: '{"result":"error","reason":"MalformedJson","message":"no JSON"}',
      messages: [{ kind: 'refused', detail: 'MalformedJson: no JSON' }],
    },
    { frame: '{"result":"error"}', messages: [{ kind: 'refused', detail: 'error' }] },
  ],
  // A subscription is answered by the book.
  acknowledgements: [
    { frame: book('[]', ',"trades":[],"auction_events":[]'), messages: [{ kind: 'snapshot', ...PAIR }] },
  ],
  // The venue tells of its state elsewhere.
  status: [{ frame: '{"type":"heartbeat","timestamp":1785000005000}', messages: [{ kind: 'heartbeat' }] }],
  malformed: [
    { frame: '{"type":"l2_updates","changes":[]}', venueSymbol: '' },
    { frame: '{"type":"l2_updates","symbol":"BTCUSD"}', ...PAIR },
    { frame: book('{}'), ...PAIR },
    { frame: book('[["bid","1","2"]]'), ...PAIR },
    { frame: book('[["buy","1"]]'), ...PAIR },
    { frame: trade('both'), ...PAIR },
    { frame: trade('buy').replace('1785000000123', '1785000000'), ...PAIR },
    { frame: trade('buy').replace('1785000000123', '4102444800000'), ...PAIR },
    { frame: trade('buy').replace('"event_id":3575573053,', ''), ...PAIR },
    { frame: trade('buy').replace('3575573053', '-1'), ...PAIR },
    { frame: trade('buy').replace('0.01', '0'), ...PAIR },
    { frame: '{"symbol":"BTCUSD"}', ...PAIR },
    { frame: '{"type":true}', venueSymbol: '' },
  ],
  withLevel: (price, size) => book(JSON.stringify([['buy', price, size]])),
  hostile: (json) => [
    json,
    `{"type":${json}}`,
    `{"result":"error","reason":${json},"message":${json}}`,
    `{"type":"l2_updates","symbol":${json},"changes":${json}}`,
    book(json),
    book(`[${json},[${json},${json},${json}]]`),
    book(`[["buy",${json},${json}]]`, `,"trades":${json},"auction_events":${json}`),
    `{"type":"trade","symbol":${json},"event_id":${json},"timestamp":${json},"price":"1","quantity":"1","side":"buy"}`,
    `{"type":"trade","symbol":"X","event_id":1,"timestamp":1785000000123,"price":${json},"quantity":${json},"side":"buy"}`,
    trade('buy', `,"tid":${json}`),
  ],
  reference: {
    url: 'https://api.gemini.com/v1/book/btcusd?limit_bids=0&limit_asks=0',
    frame:
      '{"bids":[{"price":"64250.10","amount":"0.75","timestamp":"1785000000"}],' +
      '"asks":[{"price":"64250.11","amount":"1.2","timestamp":"1785000000"}]}',
    messages: [{ levels: ['bid 64250.10 x 0.75', 'ask 64250.11 x 1.2'], exchangeUs: NaN }],
  },
  instruments: {
    url: DETAILS,
    frame:
      '{"symbol":"BTCUSD","quote_currency":"USD","tick_size":0.00000001,"quote_increment":0.01,"status":"open",' +
      '"product_type":"spot","base_currency":"BTC"}',
    messages: [
      {
        kind: 'instruments',
        instruments: [
          { venueSymbol: 'btcusd', base: 'BTC', quote: 'USD', tickSize: '0.01', lotSize: '0.00000001', tradable: true },
          { venueSymbol: 'BTCUSD', base: 'BTC', quote: 'USD', tickSize: '0.01', lotSize: '0.00000001', tradable: true },
        ],
      },
    ],
  },
  symbols: [
    ['BTCUSD', 'BTC-USD'],
    ['ZECBTC', 'ZEC-BTC'],
    ['ETHUSDT', 'ETH-USDT'],
    ['BATUSD', 'BAT-USD'],
    ['USDGUSD', 'USDG-USD'],
    ['BTCUSDCPERP', null],
    ['', null],
  ],
  captures: ['gemini-v2', 'gemini-v2-2021'],
  foreignFrames: [
    '{"e":"depthUpdate","E":1785000000659505382,"s":"btcusd","U":1,"u":2,"b":[],"a":[]}',
    '{"E":1785000000659505382,"s":"btcusd","t":1,"p":"1","q":"1","m":true}',
    '{"u":1,"E":1785000000600117161,"s":"btcusd"}',
    '{"id":"1","status":200}',
  ],
});

describe('gemini-v2', () => {
  it('takes either of the two fields of a first book for its sign', () => {
    for (const sign of ['"trades":[]', '"auction_events":[]', '"auction_events":[{}],"trades":[7]']) {
      expect(messagesOf(geminiV2, book('[["buy","1","2"]]', `,${sign}`))).toMatchObject([
        { kind: 'snapshot', levels: ['bid 1 x 2'], trades: [] },
      ]);
    }
  });

  it('reads a first book with its fields in the order of the alphabet', () => {
    const frame =
      '{"auction_events":[],"changes":[["buy","77.34","14.3"],["sell","78.15","14.5"]],"symbol":"BTCUSD",' +
      `"trades":[${sortedTrade('buy')},${sortedTrade('sell')}],"type":"l2_updates"}`;
    expect(messagesOf(geminiV2, frame)).toMatchObject([
      { kind: 'snapshot', ...PAIR, levels: ['bid 77.34 x 14.3', 'ask 78.15 x 14.5'], trades: [], general: false },
    ]);
  });
});
