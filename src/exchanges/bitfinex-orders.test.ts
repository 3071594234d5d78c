import { describe, expect, it } from 'vitest';
import { IngestWorld } from '../../test/fixtures/ingest-world.ts';
import { messagesOf } from '../../test/fixtures/wire-messages.ts';
import { bitfinexOrders } from './bitfinex-orders.ts';
import { bitfinex } from './bitfinex.ts';
import { wireConformance } from './conformance.ts';

const INFO = '{"event":"info","version":2,"serverId":"083bd8d4","platform":{"status":1}}';
const CONF = '{"event":"conf","status":"OK","flags":229376}';
const bookOpened = (id: number, symbol: string, prec = 'R0', len = '"250"'): string =>
  `{"event":"subscribed","channel":"book","chanId":${id},"symbol":"${symbol}","prec":"${prec}","freq":"F0","len":${len},` +
  `"pair":"${symbol.slice(1)}"}`;
const TRADES = '{"event":"subscribed","channel":"trades","chanId":17470,"symbol":"tBTCUSD","pair":"BTCUSD"}';

const PAIR = { venueSymbol: 'tBTCUSD' };
const SENT = 1_785_000_000_130;
const frame = (content: string, sequence = 1): string => `[${content},${sequence},${SENT}]`;
const book = (rows: string, sequence?: number): string => frame(`10092,${rows}`, sequence);
const trade = (row: string): string => frame(`17470,"te",${row}`);
/** A number where the text is one to JSON, else a string: the wire must refuse both alike. */
const jsonNumber = (text: string): string =>
  /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? text : JSON.stringify(text);

wireConformance({
  wire: bitfinexOrders,
  subscription: { venueSymbols: ['tBTCUSD', 'tDOGE:USD'], bookDepth: 100, audit: false },
  opening: [INFO, CONF, bookOpened(10_092, 'tBTCUSD'), TRADES],
  channel: '10092',
  subscribe: [
    '{"event":"conf","flags":229376}',
    '{"event":"subscribe","channel":"book","symbol":"tBTCUSD","prec":"R0","freq":"F0","len":"100"}',
    '{"event":"subscribe","channel":"trades","symbol":"tBTCUSD"}',
    '{"event":"subscribe","channel":"book","symbol":"tDOGE:USD","prec":"R0","freq":"F0","len":"100"}',
    '{"event":"subscribe","channel":"trades","symbol":"tDOGE:USD"}',
  ],
  resubscribe: [
    '{"event":"unsubscribe","chanId":10092}',
    '{"event":"subscribe","channel":"book","symbol":"tBTCUSD","prec":"R0","freq":"F0","len":"100"}',
  ],
  snapshot: {
    frame: book('[[101,64250,1.25],[34006738527,64250,0.5],[104,64251,-0.75]]'),
    messages: [
      {
        kind: 'snapshot',
        ...PAIR,
        orders: ['add 101 bid 64250 x 1.25', 'add 34006738527 bid 64250 x 0.5', 'add 104 ask 64251 x 0.75'],
        exchangeUs: SENT * 1000,
      },
    ],
  },
  delta: {
    frame: book('[101,64250,1.45]'),
    messages: [{ kind: 'delta', ...PAIR, orders: ['put 101 bid 64250 x 1.45'], levels: [], exchangeUs: SENT * 1000 }],
  },
  removal: {
    frame: book('[104,0,-1]'),
    messages: [{ kind: 'delta', ...PAIR, orders: ['gone 104 ask x 1'] }],
  },
  repeatedPrice: {
    frame: book('[[1,5,1],[2,5,1],[3,5,2]]'),
    messages: [{ kind: 'snapshot', orders: ['add 1 bid 5 x 1', 'add 2 bid 5 x 1', 'add 3 bid 5 x 2'] }],
  },
  trades: [
    {
      frame: trade('[1234567002,1785000000200,-0.05,64250]'),
      messages: [{ kind: 'trades', ...PAIR, trades: ['sell 64250 x 0.05 #1234567002 @1785000000200000'] }],
    },
    {
      frame: trade('[1234567003,1785000000200,2.1e-7,64250]'),
      messages: [{ kind: 'trades', trades: ['buy 64250 x 0.00000021 #1234567003 @1785000000200000'] }],
    },
  ],
  idle: [
    { frame: frame('10092,"hb"'), messages: [{ kind: 'heartbeat' }] },
    { frame: frame('5,[64250,3,64251,1,0,0,64250,1,2,3]'), messages: [{ kind: 'ignored' }] },
    // Levels are the other wire's.
    { frame: bookOpened(5, 'tBTCUSD', 'P0'), messages: [{ kind: 'ignored' }] },
  ],
  refusals: [
    {
      frame: '{"event":"error","msg":"symbol: invalid","code":10300,"symbol":"tFOOUSD","channel":"book"}',
      messages: [{ kind: 'refused', venueSymbol: 'tFOOUSD', detail: '10300: symbol: invalid' }],
    },
  ],
  acknowledgements: [
    {
      frame: bookOpened(10_093, 'tDOGE:USD', 'R0', '"25"'),
      messages: [{ kind: 'subscribed', venueSymbol: 'tDOGE:USD', detail: 'book', depth: 25, channel: '10093' }],
    },
    { frame: '{"event":"unsubscribed","status":"OK","chanId":10092}', messages: [{ kind: 'unsubscribed', ...PAIR }] },
  ],
  status: [
    { frame: INFO, messages: [{ kind: 'status', venueSymbol: '', detail: 'online' }] },
    { frame: '{"event":"info","code":20051,"msg":"x"}', messages: [{ kind: 'closing', detail: '' }] },
  ],
  malformed: [
    { frame: book('[101,64250]'), ...PAIR },
    { frame: book('[-101,64250,1]'), ...PAIR },
    { frame: book('[101.5,64250,1]'), ...PAIR },
    // Neither side.
    { frame: book('[101,64250,0]'), ...PAIR },
    { frame: book('[101,0,"x"]'), ...PAIR },
    { frame: book('[[101,0,1]]'), ...PAIR },
    { frame: book('[[101,64250,1],5]'), ...PAIR },
    { frame: book('{}'), ...PAIR },
    { frame: '[10092,[101,64250,1],7]', ...PAIR },
    { frame: frame('10092,"cs",2147483648'), ...PAIR },
    { frame: bookOpened(5, 'tBTCUSD', 'R0', '0'), ...PAIR },
  ],
  // Zero removes: it is no price.
  hasMarketOrders: true,
  withLevel: (price, size) =>
    book(`[101,${jsonNumber(price)},${jsonNumber(size.startsWith('-') ? `-${size}` : size)}]`),
  hostile: (json) => [
    json,
    book(json),
    book(`[${json}]`),
    book(`[${json},${json},${json}]`),
    book(`[[${json},${json},${json}]]`),
    `[10092,[101,64250,1],${json},${json}]`,
    frame(`10092,"cs",${json}`),
    trade(json),
    `{"event":"subscribed","channel":"book","chanId":1,"symbol":${json},"prec":"R0","len":${json}}`,
  ],
  instruments: {
    url: 'https://api-pub.bitfinex.com/v2/conf/pub:list:pair:exchange',
    frame: '[["BTCUST"]]',
    messages: [
      {
        kind: 'instruments',
        instruments: [
          { venueSymbol: 'tBTCUST', base: 'BTC', quote: 'USDT', tickSize: null, lotSize: null, tradable: true },
        ],
      },
    ],
  },
  symbols: [
    ['tBTCUSD', 'BTC-USD'],
    ['tDOGE:USD', 'DOGE-USD'],
    ['', null],
  ],
  captures: [],
  foreignFrames: ['{"stream":"x"}', bookOpened(5, 'tBTCUSD', 'P0'), book('[64250,4,1.45]')],
});

describe('books of single orders on bitfinex', () => {
  function liveWorld(...rows: readonly string[]): {
    world: IngestWorld;
    receive: (...frames: readonly string[]) => void;
  } {
    const world = new IngestWorld();
    const receive = (...frames: readonly string[]): void => {
      for (const one of frames) world.happen('bitfinex', 'b', 'recv', one);
    };
    world.happen('bitfinex', 'b', 'open', null, 'wss://api-pub.bitfinex.com/ws/2');
    receive(
      INFO,
      CONF,
      frame('5,"hb"', 1),
      bookOpened(10_092, 'tBTCUSD', 'R0', '"25"'),
      book(`[${rows.join(',')}]`, 2),
    );
    return { world, receive };
  }

  /** `101:0.5:104:-0.25:102:1.75:105:-2`, as the documentation has it. */
  const DOCUMENTED = ['[101,100,0.5]', '[102,99,1.75]', '[104,101,-0.25]', '[105,102,-2]'];

  it('are proven by the checksum over ids and amounts, from the channel on that the frames before have opened', () => {
    const { world, receive } = liveWorld(...DOCUMENTED);
    const actor = world.book('bitfinex:BTC-USD');
    expect(actor.trust).toBe('live');
    receive(frame('10092,"cs",-1508879581', 3));
    expect(actor.counters).toMatchObject({ checksumOk: 1, checksumFailed: 0 });
    receive(frame('10092,"cs",1', 4));
    expect(actor).toMatchObject({ trust: 'suspect', reason: 'checksum' });
    expect(world.take().asked).toEqual(['resubscribe bitfinex tBTCUSD']);
  });

  it('order the orders of one price by their ids for the checksum', () => {
    const { world, receive } = liveWorld('[1000,100,1.75]', '[99,100,0.5]', '[104,101,-0.25]');
    receive(frame('10092,"cs",-1092413688', 3));
    // `99:0.5:104:-0.25:1000:1.75`
    const { checksumOk, checksumFailed } = world.book('bitfinex:BTC-USD').counters;
    expect([checksumOk + checksumFailed, world.book('bitfinex:BTC-USD').detail]).toEqual([1, '']);
  });

  it('are in doubt after a hole in the counter', () => {
    const { world, receive } = liveWorld(...DOCUMENTED);
    receive(book('[106,98,1]', 4));
    expect(world.book('bitfinex:BTC-USD')).toMatchObject({ trust: 'suspect', reason: 'gap' });
    expect(world.take().asked).toEqual(['renew b']);
  });

  it('do not take an order for a new one that comes in at the edge of a full window', () => {
    const rows = Array.from({ length: 25 }, (_, i) => `[${i + 1},${100 - i},1]`);
    const { world, receive } = liveWorld(...rows, '[104,101,-0.25]');
    world.take();
    receive(
      book('[25,0,1]', 3),
      book('[26,100.5,2]', 4),
      book('[3,0,1]', 5),
      book('[25,76,1]', 6),
      book('[27,75,1]', 7),
    );
    const kinds = world.take().events.flatMap((event) => {
      if (event.kind !== 'book.delta') return [];
      return Array.from(event.changes.kind.subarray(0, event.changes.count));
    });
    // Gone; new and known; gone; back at the edge; beyond it.
    expect(kinds).toEqual([0, 0, 0, 1, 1]);
  });

  it('leave the levels of the same connection unread', () => {
    const levels = [INFO, bookOpened(1, 'tBTCUSD', 'P0'), bookOpened(2, 'tETHUSD')];
    const reader = bitfinexOrders.reader();
    for (const one of levels) messagesOf(reader, one);
    expect(messagesOf(reader, '[1,[[64250,3,1.25]]]')).toMatchObject([{ kind: 'ignored' }]);
    expect(messagesOf(reader, '[2,[[101,64250,1.25]]]')).toMatchObject([{ kind: 'snapshot', venueSymbol: 'tETHUSD' }]);
  });

  it('leave nothing of theirs in the levels of another connection', () => {
    const readers = [bitfinexOrders.reader(), bitfinex.reader()] as const;
    messagesOf(readers[0], bookOpened(1, 'tBTCUSD', 'R0'));
    messagesOf(readers[1], bookOpened(1, 'tBTCUSD', 'P0'));
    expect(messagesOf(readers[0], '[1,[[101,64250,1.25]]]')[0]?.orders).toHaveLength(1);
    expect(messagesOf(readers[1], '[1,[[64250,3,1.25]]]')).toMatchObject([
      { kind: 'snapshot', orders: [], levels: ['bid 64250 x 1.25 in 3'] },
    ]);
  });
});
