import { describe, expect, it } from 'vitest';
import { IngestWorld } from '../../test/fixtures/ingest-world.ts';
import { answersOf, messagesOf } from '../../test/fixtures/wire-messages.ts';
import { createPrng, int, pick } from '../lib/prng.ts';
import { utf8Of } from '../lib/utf8.ts';
import type { FeedOp, FeedRecord } from '../model/feed-record.ts';
import { wireConformance } from './conformance.ts';
import { gemini } from './gemini.ts';

const SEED = 'gemini-1';
const NUMBERS = '"U":1764527605192323,"u":1764527605192686';
const depth = (bids: string, asks: string, numbers = NUMBERS, head = '"E":1785000000659505382,"s":"btcusd"'): string =>
  `{"e":"depthUpdate",${head},${numbers},"b":${bids},"a":${asks}}`;
/** The whole book as of an update number. */
const whole = (number: number, bids: string, asks: string): string => depth(bids, asks, `"U":${number},"u":${number}`);
const change = (first: number, last: number, bids: string, asks = '[]'): string =>
  depth(bids, asks, `"U":${first},"u":${last}`);
const trade = (more: string): string => `{"E":1785000000659505382,"s":"btcusd",${more}}`;
const FILL = '"t":2840140956529623,"p":"64250.11","q":"0.01"';
const quote = (sides: string): string => `{"u":1764527605192686,"E":1785000000600117161,"s":"btcusd",${sides}}`;
const PAIR = { venueSymbol: 'btcusd' };
const AT = 1_785_000_000_659_505;
const DETAILS = 'https://api.gemini.com/v1/symbols/details/all';

wireConformance({
  wire: gemini,
  subscription: { venueSymbols: ['btcusd', 'ethbtc'], bookDepth: 1000, audit: true },
  subscribe: [
    '{"id":"SUBSCRIBE btcusd","method":"SUBSCRIBE","params":["btcusd@depth@100ms","btcusd@trade","btcusd@bookTicker"]}',
    '{"id":"SUBSCRIBE ethbtc","method":"SUBSCRIBE","params":["ethbtc@depth@100ms","ethbtc@trade","ethbtc@bookTicker"]}',
  ],
  resubscribe: [
    '{"id":"UNSUBSCRIBE btcusd","method":"UNSUBSCRIBE","params":["btcusd@depth@100ms"]}',
    '{"id":"SUBSCRIBE btcusd","method":"SUBSCRIBE","params":["btcusd@depth@100ms"]}',
  ],
  snapshot: {
    frame: whole(1_764_527_605_191_349, '[["64250.10","0.75"]]', '[["64250.11","1.20000"]]'),
    messages: [
      {
        kind: 'snapshot',
        ...PAIR,
        levels: ['bid 64250.10 x 0.75', 'ask 64250.11 x 1.20000'],
        first: NaN,
        last: 1_764_527_605_191_349,
        exchangeUs: AT,
        depth: Infinity,
        general: false,
      },
    ],
  },
  delta: {
    frame: depth('[["64250.10","1.25"]]', '[["64250.11","0.75"]]'),
    messages: [
      {
        kind: 'delta',
        ...PAIR,
        levels: ['bid 64250.10 x 1.25', 'ask 64250.11 x 0.75'],
        // The number that its U repeats is of the frame before.
        first: 1_764_527_605_192_324,
        last: 1_764_527_605_192_686,
        exchangeUs: AT,
        general: false,
      },
    ],
  },
  removal: {
    frame: depth('[["64249.00","0.00000000"]]', '[]'),
    messages: [{ kind: 'delta', levels: ['bid 64249.00 x 0.00000000'] }],
  },
  repeatedPrice: {
    frame: depth('[["5","1"],["5","0"],["5","2"]]', '[]'),
    messages: [{ kind: 'delta', levels: ['bid 5 x 1', 'bid 5 x 0', 'bid 5 x 2'] }],
  },
  trades: [
    {
      frame: trade(`${FILL},"m":true`),
      messages: [
        {
          kind: 'trades',
          ...PAIR,
          trades: [`sell 64250.11 x 0.01 #2840140956529623 @${AT}`],
          exchangeUs: AT,
          general: false,
        },
      ],
    },
    {
      frame: trade('"t":28401409565296230001,"p":"64250.11","q":"0.01","m":false'),
      messages: [{ kind: 'trades', trades: [`buy 64250.11 x 0.01 #28401409565296230001 @${AT}`], general: true }],
    },
  ],
  idle: [
    { frame: '{"id":"ping","status":200}', messages: [{ kind: 'ignored', venueSymbol: '' }] },
    { frame: '{"lastUpdateId":12345678,"bids":[["1","2"]],"asks":[]}', messages: [{ kind: 'ignored' }] },
    { frame: '{"e":"markPrice","E":1785000000659505382,"s":"btcusd","p":"1"}', messages: [{ kind: 'ignored' }] },
    // One side without an order.
    { frame: quote('"b":"64250.10","B":"0.75","a":"0","A":"0"'), messages: [{ kind: 'ignored' }] },
    { frame: quote('"a":"64250.11","A":"1.2"'), messages: [{ kind: 'ignored' }] },
  ],
  refusals: [
    {
      frame: '{"id":"SUBSCRIBE nosuch","status":400,"error":{"code":-1013,"msg":"Invalid stream name: nosuch@depth"}}',
      messages: [{ kind: 'refused', venueSymbol: 'nosuch', detail: '-1013: Invalid stream name: nosuch@depth' }],
    },
    {
      frame: '{"id":7,"status":429,"error":{"code":-1003,"msg":"Too many requests"}}',
      messages: [{ kind: 'refused', venueSymbol: '', detail: '-1003: Too many requests' }],
    },
    { frame: '{"id":"1","status":500}', messages: [{ kind: 'refused', detail: 'status 500' }] },
    { frame: '{"result":"error"}', messages: [{ kind: 'refused', detail: 'status unknown' }] },
  ],
  acknowledgements: [
    { frame: '{"id":"SUBSCRIBE btcusd","status":200}', messages: [{ kind: 'ignored' }] },
    { frame: '{"id":"UNSUBSCRIBE btcusd","status":200}', messages: [{ kind: 'unsubscribed', ...PAIR }] },
  ],
  // The venue tells of its state elsewhere; what it says of a connection is not used.
  status: [{ frame: '{"id":"7","status":200,"rateLimits":[]}', messages: [{ kind: 'ignored' }] }],
  malformed: [
    { frame: depth('[]', '[]', NUMBERS, '"s":"btcusd"'), ...PAIR },
    { frame: depth('[]', '[]', NUMBERS, '"E":1785000000123,"s":"btcusd"'), ...PAIR },
    { frame: depth('[]', '[]', NUMBERS, '"E":4102444800000000000,"s":"btcusd"'), ...PAIR },
    { frame: depth('[]', '[]', NUMBERS, '"E":1785000000659505382'), venueSymbol: '' },
    { frame: depth('[]', '[]', '"U":161,"u":160'), ...PAIR },
    { frame: depth('[]', '[]', '"U":1.5,"u":160'), ...PAIR },
    { frame: depth('[]', '[]', '"U":157,"u":9007199254740993'), ...PAIR },
    { frame: depth('[]', '{}'), ...PAIR },
    { frame: depth('[["1"]]', '[]'), ...PAIR },
    { frame: trade(FILL), ...PAIR },
    { frame: trade(`${FILL},"m":1`), ...PAIR },
    { frame: trade('"t":-1,"p":"1","q":"1","m":true'), ...PAIR },
    { frame: trade('"t":1,"p":"1","q":"0","m":true'), ...PAIR },
    { frame: quote('"b":"x","B":"0.75","a":"64250.11","A":"1.2"'), ...PAIR },
    { frame: '{"s":"btcusd"}', ...PAIR },
  ],
  withLevel: (price, size) => depth(JSON.stringify([[price, size]]), '[]'),
  hostile: (json) => [
    json,
    `{"e":${json}}`,
    `{"id":${json},"status":${json},"error":${json}}`,
    `{"id":"1","error":{"code":${json},"msg":${json}}}`,
    `{"result":${json}}`,
    depth(json, json),
    depth(`[${json}]`, `[[${json},${json}]]`),
    depth('[]', '[]', `"U":${json},"u":${json}`, `"E":${json},"s":${json}`),
    trade(`"t":${json},"p":${json},"q":${json},"m":${json}`),
    `{"E":${json},"s":${json},"t":1,"p":"1","q":"1","m":true}`,
    `{"u":${json},"E":${json},"s":${json},"b":${json},"B":${json},"a":${json},"A":${json}}`,
  ],
  hostileAnswers: (json) => [
    { url: DETAILS, body: json },
    { url: DETAILS, body: `[${json},{"symbol":${json},"product_type":"spot","base_currency":${json}}]` },
    {
      url: DETAILS,
      body:
        `{"symbol":"A","product_type":"spot","base_currency":"A","quote_currency":"B","tick_size":${json},` +
        `"quote_increment":${json},"status":${json}}`,
    },
    { url: DETAILS, body: `{"result":"error","reason":${json}}` },
    { url: '/v1/book/btcusd', body: json },
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
      '[{"symbol":"BTCUSD","base_currency":"BTC","quote_currency":"USD","tick_size":1E-8,"quote_increment":0.01,' +
      '"min_order_size":"0.00001","status":"open","product_type":"spot"},' +
      '{"symbol":"EFILFIL","base_currency":"EFIL","quote_currency":"FIL","tick_size":0.000001,' +
      '"quote_increment":0.0001,"status":"closed","product_type":"spot"},' +
      '{"symbol":"BTCUSDCPERP","base_currency":"BTC","quote_currency":"USDC","tick_size":0.0001,' +
      '"quote_increment":0.5,"status":"open","product_type":"swap"}]',
    messages: [
      {
        kind: 'instruments',
        instruments: [
          { venueSymbol: 'btcusd', base: 'BTC', quote: 'USD', tickSize: '0.01', lotSize: '1E-8', tradable: true },
          { venueSymbol: 'BTCUSD', base: 'BTC', quote: 'USD', tickSize: '0.01', lotSize: '1E-8', tradable: true },
          {
            venueSymbol: 'efilfil',
            base: 'EFIL',
            quote: 'FIL',
            tickSize: '0.0001',
            lotSize: '0.000001',
            tradable: false,
          },
          {
            venueSymbol: 'EFILFIL',
            base: 'EFIL',
            quote: 'FIL',
            tickSize: '0.0001',
            lotSize: '0.000001',
            tradable: false,
          },
        ],
      },
    ],
  },
  symbols: [
    ['btcusd', 'BTC-USD'],
    ['ethbtc', 'ETH-BTC'],
    ['batusd', 'BAT-USD'],
    ['usdtusd', 'USDT-USD'],
    ['paxgusd', 'PAXG-USD'],
    ['aavegusd', 'AAVE-GUSD'],
    ['wifrlusd', 'WIF-RLUSD'],
    ['btcgusdperp', null],
    ['usd', null],
    ['', null],
  ],
  captures: [],
  foreignFrames: [
    '{"type":"l2_updates","symbol":"BTCUSD","changes":[]}',
    '{"changes":[["buy","1","2"]],"symbol":"BTCUSD","type":"l2_updates"}',
    '{"timestamp":1786313195331,"type":"heartbeat"}',
  ],
});

describe('the books of gemini', () => {
  const read = (frames: readonly string[]): string[] => {
    const reader = gemini.reader();
    return frames.flatMap((frame) => messagesOf(reader, frame)).map(({ kind }) => kind);
  };

  it('begin with the first frame of a pair, where that has one number, and with no other', () => {
    expect(read([whole(5, '[]', '[]'), change(5, 9, '[]'), whole(9, '[]', '[]')])).toEqual([
      'snapshot',
      'delta',
      'delta',
    ]);
    // A recording that was begun in the middle of a connection.
    expect(read([change(5, 9, '[]'), change(9, 12, '[]')])).toEqual(['delta', 'delta']);
    expect(read([whole(5, '[]', '[]'), whole(6, '[]', '[]').replace('btcusd', 'ethusd')])).toEqual([
      'snapshot',
      'snapshot',
    ]);
  });

  it('begin again after the answer to UNSUBSCRIBE', () => {
    const frames = [
      whole(5, '[]', '[]'),
      '{"id":"UNSUBSCRIBE btcusd","status":200}',
      // Still on its way.
      change(5, 9, '[]'),
      '{"id":"SUBSCRIBE btcusd","status":200}',
      whole(9, '[]', '[]'),
    ];
    expect(read(frames)).toEqual(['snapshot', 'unsubscribed', 'delta', 'ignored', 'snapshot']);
  });

  it('are remembered by a state that later frames do not change', () => {
    const reader = gemini.reader();
    messagesOf(reader, whole(5, '[]', '[]'));
    const state = structuredClone(reader.state());
    const kept = reader.state();
    messagesOf(reader, whole(6, '[]', '[]').replace('btcusd', 'ethusd'));
    expect(kept).toEqual(state);
    const other = gemini.reader();
    other.restore(state);
    expect(messagesOf(other, whole(6, '[]', '[]'))).toMatchObject([{ kind: 'delta' }]);
    for (const nonsense of [null, 'btcusd', [1, null]]) {
      other.restore(nonsense);
      expect(other.state()).toEqual([]);
    }
  });

  const URL = 'wss://ws.gemini.com/?snapshot=-1';
  const record = (op: FeedOp, frame: string | null): FeedRecord => ({
    tUs: AT,
    exchange: 'gemini',
    conn: 'ws',
    op,
    url: op === 'open' ? URL : null,
    data: frame === null ? null : utf8Of(frame),
  });

  it('are live while every U repeats the u before it, and ask for themselves anew where one does not', () => {
    const world = new IngestWorld();
    world.process(record('open', null));
    const book = () => world.book('gemini:BTC-USD');
    for (const frame of [whole(5, '[["10","1"]]', '[["11","1"]]'), change(5, 9, '[["10","2"]]')]) {
      world.process(record('recv', frame));
    }
    // The same frame twice.
    world.process(record('recv', change(5, 9, '[["10","3"]]')));
    expect([book().trust, book().counters.updates, book().counters.staleUpdates]).toEqual(['live', 1, 1]);
    world.process(record('recv', change(10, 12, '[["10","4"]]')));
    expect([book().trust, book().reason, book().counters.gaps]).toEqual(['suspect', 'gap', 1]);
    expect(world.asked).toEqual(['resubscribe gemini btcusd']);
    world.process(record('recv', change(12, 13, '[["10","5"]]')));
    world.process(record('recv', '{"id":"UNSUBSCRIBE btcusd","status":200}'));
    world.process(record('recv', whole(20, '[["10","6"]]', '[["11","1"]]')));
    expect([book().trust, book().counters.snapshots, book().counters.earlyUpdates]).toEqual(['live', 2, 1]);
  });
});

describe('gemini', () => {
  it('is spoken at its own host, and wherever the snapshot is asked for as here', () => {
    expect(['wss://ws.gemini.com?snapshot=-1', 'ws://127.0.0.1:1/?snapshot=-1'].map(gemini.speaksAt)).toEqual([
      true,
      true,
    ]);
    expect(gemini.speaksAt('wss://api.gemini.com/v2/marketdata')).toBe(false);
  });

  it('asks for best prices only where the book is to be audited', () => {
    const [frame = ''] = gemini.subscribe({ venueSymbols: ['btcusd'], bookDepth: 1000, audit: false });
    expect(frame).toContain('"params":["btcusd@depth@100ms","btcusd@trade"]');
  });

  it('reads a best price as a quote with its update number', () => {
    expect(messagesOf(gemini, quote('"b":"64250.10","B":"0.75","a":"64250.11","A":"1.2"'))).toMatchObject([
      {
        kind: 'quote',
        ...PAIR,
        last: 1_764_527_605_192_686,
        levels: ['bid 64250.10 x 0.75', 'ask 64250.11 x 1.2'],
        general: false,
      },
    ]);
  });

  it('reads names where there are no details, and the details of one symbol', () => {
    expect(
      answersOf(gemini, 'https://api.gemini.com/v1/symbols', '["btcusd","btcgusdperp",7]')[0]?.instruments,
    ).toMatchObject([
      { venueSymbol: 'btcusd', base: 'BTC', quote: 'USD', tickSize: null, lotSize: null, tradable: true },
      { venueSymbol: 'BTCUSD' },
    ]);
    const one =
      '{"symbol":"BTCUSD","quote_currency":"USD","base_currency":"BTC","tick_size":0.00000001,' +
      '"quote_increment":0.01,"status":"limit_only","product_type":"spot"}';
    expect(answersOf(gemini, '/v1/symbols/details/btcusd', one)[0]?.instruments).toMatchObject([
      { venueSymbol: 'btcusd', tickSize: '0.01', lotSize: '0.00000001', tradable: true },
      { venueSymbol: 'BTCUSD' },
    ]);
    expect(answersOf(gemini, DETAILS, '{"result":"error","reason":"RateLimit"}')).toMatchObject([
      { kind: 'malformed', detail: expect.stringContaining('RateLimit') as string },
    ]);
  });
});

describe(`the two ways of gemini (seed ${SEED})`, () => {
  const FRAMES = [
    whole(1_764_527_605_191_349, '[["64250.10","0.75"],["64249","10.5"]]', '[["64250.11","1.20000"]]'),
    depth('[["64250.10","1.25"],["64249.00","0.00000000"]]', '[]'),
    depth('[]', '[["0.00000001","123456.1"]]'),
    trade(`${FILL},"m":true`),
    trade(`${FILL},"m":false`),
    quote('"b":"64250.10","B":"0.75","a":"64250.11","A":"1.2"'),
  ];
  const TIMES = ['1785000000659505382', '1785000000999999999', '1000000000000000000', '4102444799999999999'];
  const LIKELY = '01234567890123456789.,"[]{}:-eEubB\\ ';

  const content = (frame: string): { said: string; fast: boolean } => {
    const [message, ...more] = messagesOf(gemini, frame);
    expect(more).toEqual([]);
    const { general, ...said } = message ?? { general: true };
    const text = JSON.stringify(said, (_key, value: unknown) => (typeof value === 'number' ? String(value) : value));
    return { said: text, fast: !general };
  };

  it('read each shape fast, to the last digit of its time', () => {
    for (const frame of FRAMES) {
      for (const time of TIMES) {
        const timed = frame.replace(/"E":\d+/, `"E":${time}`);
        const { said, fast } = content(timed);
        expect(fast, timed).toBe(true);
        expect(said).toBe(content(timed.replace('{', '{ ')).said);
        if (!said.includes('quote')) expect(said).toContain(`"exchangeUs":"${time.slice(0, -3)}"`);
      }
    }
  });

  it('agree on whatever the fast one accepts of damaged frames', () => {
    const prng = createPrng(SEED);
    let accepted = 0;
    for (let round = 0; round < 20_000; round++) {
      const frame = pick(prng, FRAMES);
      const at = int(prng, 0, frame.length);
      const skipped = int(prng, 0, 2);
      const put = int(prng, 0, 1) === 0 ? '' : (LIKELY[int(prng, 0, LIKELY.length - 1)] ?? '');
      const damaged = frame.slice(0, at) + put + frame.slice(at + skipped);
      const { said, fast } = content(damaged);
      if (!fast) continue;
      accepted++;
      const generally = content(damaged.replace('{', '{ '));
      expect(generally.fast).toBe(false);
      expect(said, damaged).toBe(generally.said);
    }
    expect(accepted).toBeGreaterThan(1000);
  });
});
