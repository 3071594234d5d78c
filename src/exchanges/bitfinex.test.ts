import { describe, expect, it } from 'vitest';
import { describeWithData } from '../../test/data.ts';
import { captureParts, recordsAt } from '../../test/fixtures/captures.ts';
import { mutated } from '../../test/fixtures/mutations.ts';
import type { PlainMessage } from '../../test/fixtures/wire-messages.ts';
import { messagesOf } from '../../test/fixtures/wire-messages.ts';
import { createPrng, pick } from '../lib/prng.ts';
import type { WireReader } from '../ports/exchange-wire.ts';
import { bitfinex } from './bitfinex.ts';
import { wireConformance } from './conformance.ts';

const INFO = '{"event":"info","version":2,"serverId":"083bd8d4","platform":{"status":1}}';
/** Numbers and times, and no checksums: every row is told as it comes. */
const CONF = '{"event":"conf","status":"OK","flags":98304}';
/** What the product asks for. */
const CHECKED = '{"event":"conf","status":"OK","flags":229376}';
const bookOpened = (id: number, symbol: string, prec = 'P0', len = '"250"'): string =>
  `{"event":"subscribed","channel":"book","chanId":${id},"symbol":"${symbol}","prec":"${prec}","freq":"F0","len":${len},` +
  `"pair":"${symbol.slice(1)}"}`;
const tradesOpened = (id: number, symbol: string): string =>
  `{"event":"subscribed","channel":"trades","chanId":${id},"symbol":"${symbol}","pair":"${symbol.slice(1)}"}`;

const PAIR = { venueSymbol: 'tBTCUSD' };
const SENT = 1_785_000_000_130;
/** A frame with what the options of `CONF` add to it; the first one may have any number. */
const frame = (content: string, sequence = 1): string => `[${content},${sequence},${SENT}]`;
const book = (rows: string, sequence?: number): string => frame(`10092,${rows}`, sequence);
const trade = (kind: string, row: string): string => frame(`17470,"${kind}",${row}`);

/** A number where the text is one to JSON, else a string: the wire must refuse both alike. */
function jsonNumber(text: string): string {
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? text : JSON.stringify(text);
}

wireConformance({
  wire: bitfinex,
  subscription: { venueSymbols: ['tBTCUSD', 'tDOGE:USD'], bookDepth: 100, audit: false },
  opening: [INFO, CONF, bookOpened(10_092, 'tBTCUSD'), tradesOpened(17_470, 'tBTCUSD')],
  channel: '10092',
  subscribe: [
    '{"event":"conf","flags":229376}',
    '{"event":"subscribe","channel":"book","symbol":"tBTCUSD","prec":"P0","freq":"F0","len":"100"}',
    '{"event":"subscribe","channel":"trades","symbol":"tBTCUSD"}',
    '{"event":"subscribe","channel":"book","symbol":"tDOGE:USD","prec":"P0","freq":"F0","len":"100"}',
    '{"event":"subscribe","channel":"trades","symbol":"tDOGE:USD"}',
  ],
  resubscribe: [
    '{"event":"unsubscribe","chanId":10092}',
    '{"event":"subscribe","channel":"book","symbol":"tBTCUSD","prec":"P0","freq":"F0","len":"100"}',
  ],
  snapshot: {
    frame: book('[[64250,3,1.25],[64249,1,0.5],[64251,2,-0.75]]'),
    messages: [
      {
        kind: 'snapshot',
        ...PAIR,
        levels: ['bid 64250 x 1.25 in 3', 'bid 64249 x 0.5 in 1', 'ask 64251 x 0.75 in 2'],
        exchangeUs: SENT * 1000,
      },
    ],
  },
  delta: {
    frame: book('[64250,4,1.45]'),
    messages: [{ kind: 'delta', ...PAIR, levels: ['bid 64250 x 1.45 in 4'], exchangeUs: SENT * 1000 }],
  },
  removal: {
    frame: book('[64251,0,-1]'),
    messages: [{ kind: 'delta', ...PAIR, levels: ['ask 64251 x 0 in 0'] }],
  },
  // An update has one row: only a snapshot could.
  repeatedPrice: {
    frame: book('[[5,1,1],[5,0,1],[5,2,2]]'),
    messages: [{ kind: 'snapshot', levels: ['bid 5 x 1 in 1', 'bid 5 x 0 in 0', 'bid 5 x 2 in 2'] }],
  },
  trades: [
    {
      frame: trade('te', '[1234567002,1785000000200,-0.05,64250]'),
      messages: [{ kind: 'trades', ...PAIR, trades: ['sell 64250 x 0.05 #1234567002 @1785000000200000'] }],
    },
    {
      frame: trade('te', '[98765432109876543210,1785000000200,2.1e-7,6439.98426485]'),
      messages: [
        { kind: 'trades', trades: ['buy 6439.98426485 x 0.00000021 #98765432109876543210 @1785000000200000'] },
      ],
    },
  ],
  idle: [
    { frame: frame('10092,"hb"'), messages: [{ kind: 'heartbeat' }] },
    // Of a channel that nobody reads, or that is not acknowledged yet.
    { frame: frame('232954,"hb"'), messages: [{ kind: 'ignored' }] },
    { frame: frame('5,[64250,3,64251,1,0,0,64250,1,2,3]'), messages: [{ kind: 'ignored' }] },
    { frame: trade('tu', '[1234567002,1785000000200,-0.05,64250]'), messages: [{ kind: 'ignored' }] },
    // Trades that happened before the subscription.
    { frame: frame('17470,[[1,1785000000000,0.02,64250]]'), messages: [{ kind: 'ignored' }] },
    { frame: frame('17470,"new",[]'), messages: [{ kind: 'ignored' }] },
    { frame: '{"event":"pong","cid":42,"ts":1785000000000}', messages: [{ kind: 'ignored' }] },
    { frame: CONF, messages: [{ kind: 'ignored' }] },
    { frame: '{"event":"info","code":20099}', messages: [{ kind: 'ignored' }] },
    { frame: tradesOpened(5, 'tBTCUSD'), messages: [{ kind: 'ignored' }] },
    // Books that are read otherwise: levels added up, single orders, loans.
    { frame: bookOpened(5, 'tBTCUSD', 'P1'), messages: [{ kind: 'ignored' }] },
    { frame: bookOpened(5, 'tBTCUSD', 'R0'), messages: [{ kind: 'ignored' }] },
    { frame: bookOpened(5, 'fUSD'), messages: [{ kind: 'ignored' }] },
    { frame: '{"event":"unsubscribed","status":"OK","chanId":17470}', messages: [{ kind: 'ignored' }] },
    { frame: '{"event":"unsubscribed","status":"OK","chanId":99}', messages: [{ kind: 'ignored' }] },
  ],
  refusals: [
    {
      frame: '{"event":"error","msg":"symbol: invalid","code":10300,"symbol":"tFOOUSD","channel":"book"}',
      messages: [{ kind: 'refused', venueSymbol: 'tFOOUSD', detail: '10300: symbol: invalid' }],
    },
    {
      frame: '{"event":"error","msg":"subscribe: limit","code":10305}',
      messages: [{ kind: 'refused', venueSymbol: '', detail: '10305: subscribe: limit' }],
    },
    {
      frame: '{"event":"conf","status":"FAILED","msg":"conf: invalid"}',
      messages: [{ kind: 'refused', venueSymbol: '', detail: 'conf: conf: invalid' }],
    },
  ],
  acknowledgements: [
    {
      frame: bookOpened(10_093, 'tDOGE:USD', 'P0', '"25"'),
      messages: [{ kind: 'subscribed', venueSymbol: 'tDOGE:USD', detail: 'book', depth: 25, channel: '10093' }],
    },
    { frame: bookOpened(7, 'tBTCUSD', 'P0', '100'), messages: [{ kind: 'subscribed', depth: 100, channel: '7' }] },
    {
      frame: '{"event":"unsubscribed","status":"OK","chanId":10092}',
      messages: [{ kind: 'unsubscribed', ...PAIR, detail: 'book' }],
    },
  ],
  status: [
    { frame: INFO, messages: [{ kind: 'status', venueSymbol: '', detail: 'online' }] },
    { frame: INFO.replace('"status":1', '"status":0'), messages: [{ kind: 'status', detail: 'maintenance' }] },
    { frame: '{"event":"info","code":20060,"msg":"x"}', messages: [{ kind: 'status', detail: 'maintenance' }] },
    {
      frame: '{"event":"info","code":20061,"msg":"x"}',
      messages: [
        { kind: 'status', detail: 'online' },
        { kind: 'closing', detail: '' },
      ],
    },
    { frame: '{"event":"info","code":20051,"msg":"x"}', messages: [{ kind: 'closing', detail: '' }] },
  ],
  malformed: [
    { frame: book('[64250,4]'), ...PAIR },
    { frame: book('[64250,-4,1]'), ...PAIR },
    { frame: book('[64250,4.5,1]'), ...PAIR },
    { frame: book('[64250,2147483648,1]'), ...PAIR },
    // Neither side.
    { frame: book('[64250,4,0]'), ...PAIR },
    { frame: book('[64250,0,0]'), ...PAIR },
    { frame: book('[64250,0,"x"]'), ...PAIR },
    { frame: book('[[64250,4,1],5]'), ...PAIR },
    { frame: book('{}'), ...PAIR },
    { frame: book('5'), ...PAIR },
    { frame: '[10092,[64250,4,1]]', ...PAIR },
    { frame: '[10092,[64250,4,1],7]', ...PAIR },
    { frame: '[10092,[64250,4,1],7,12]', ...PAIR },
    { frame: '[10092,[64250,4,1],-7,1785000000130]', ...PAIR },
    { frame: '[10092]', venueSymbol: '' },
    { frame: '["x",[64250,4,1],7,1785000000130]', venueSymbol: '' },
    { frame: frame('10092,"cs",2147483648'), ...PAIR },
    { frame: frame('10092,"cs",1.5'), ...PAIR },
    { frame: frame('10092,"cs",""'), ...PAIR },
    { frame: frame('10092,"cs",[]'), ...PAIR },
    { frame: trade('te', '[1,1785000000200,0.05]'), ...PAIR },
    { frame: trade('te', '[1,1785000000200,0,64250]'), ...PAIR },
    { frame: trade('te', '[1,1785000000200,1,-64250]'), ...PAIR },
    { frame: trade('te', '[-1,1785000000200,1,64250]'), ...PAIR },
    { frame: trade('te', '[1,1785000000,1,64250]'), ...PAIR },
    { frame: trade('te', '[]'), ...PAIR },
    { frame: trade('te', '1'), ...PAIR },
    { frame: bookOpened(5, 'tBTCUSD', 'P0', '"all"'), ...PAIR },
    { frame: bookOpened(5, 'tBTCUSD', 'P0', '0'), ...PAIR },
    { frame: bookOpened(5, ''), venueSymbol: '' },
    { frame: bookOpened(-5, 'tBTCUSD'), ...PAIR },
    { frame: '{"event":"conf","status":"OK"}', venueSymbol: '' },
    { frame: '{"event":"info","version":3}', venueSymbol: '' },
    { frame: '{"event":"huh","symbol":"tBTCUSD"}', ...PAIR },
  ],
  // The sign is the side: a bid below zero can only be written with one more.
  withLevel: (price, size) => book(`[${jsonNumber(price)},1,${jsonNumber(size.startsWith('-') ? `-${size}` : size)}]`),
  hostile: (json) => [
    json,
    `[${json},${json},${json}]`,
    book(json),
    book(`[${json}]`),
    book(`[${json},${json},${json}]`),
    book(`[[${json},${json},${json}]]`),
    `[10092,[64250,4,1],${json},${json}]`,
    frame(`10092,"cs",${json}`),
    trade('te', json),
    trade('te', `[${json},${json},${json},${json}]`),
    frame(`17470,${json}`),
    `{"event":${json},"symbol":${json}}`,
    `{"event":"info","version":${json},"platform":${json},"code":${json}}`,
    `{"event":"info","platform":{"status":${json}}}`,
    `{"event":"conf","status":${json},"flags":${json}}`,
    `{"event":"conf","status":"OK","flags":${json}}`,
    `{"event":"error","msg":${json},"code":${json},"symbol":${json}}`,
    `{"event":"subscribed","channel":${json},"chanId":${json},"symbol":${json}}`,
    `{"event":"subscribed","channel":"book","chanId":1,"symbol":${json},"prec":"P0","len":${json}}`,
    `{"event":"unsubscribed","chanId":${json}}`,
  ],
  hostileAnswers: (json) => [
    { url: '/v2/conf/pub:list:pair:exchange', body: json },
    { url: '/v2/conf/pub:list:pair:exchange', body: `[${json}]` },
    { url: '/v2/conf/pub:list:pair:exchange', body: `[[${json}]]` },
    { url: '/v2/conf/pub:list:currency', body: json },
  ],
  instruments: {
    url: 'https://api-pub.bitfinex.com/v2/conf/pub:list:pair:exchange',
    frame: '[["AAABBB","BTCUST","DOGE:USD","TESTBTC:TESTUSD","?"]]',
    messages: [
      {
        kind: 'instruments',
        instruments: [
          { venueSymbol: 'tAAABBB', base: 'AAA', quote: 'BBB', tickSize: null, lotSize: null, tradable: false },
          { venueSymbol: 'tBTCUST', base: 'BTC', quote: 'USDT', tickSize: null, lotSize: null, tradable: true },
          { venueSymbol: 'tDOGE:USD', base: 'DOGE', quote: 'USD', tickSize: null, lotSize: null, tradable: true },
          {
            venueSymbol: 'tTESTBTC:TESTUSD',
            base: 'TESTBTC',
            quote: 'TESTUSD',
            tickSize: null,
            lotSize: null,
            tradable: false,
          },
        ],
      },
    ],
  },
  symbols: [
    ['tBTCUSD', 'BTC-USD'],
    ['tDOGE:USD', 'DOGE-USD'],
    ['tBTCUST', 'BTC-USDT'],
    ['tUSTUSD', 'USDT-USD'],
    ['tBCHN:USD', 'BCH-USD'],
    ['tIOTETH', 'IOTA-ETH'],
    // Whole codes only.
    ['tDUST:USD', 'DUST-USD'],
    ['fUSD', null],
    ['BTCUSD', null],
    ['tBTC:USD:X', null],
    ['tDOGEUSD', null],
    ['', null],
  ],
  captures: ['bitfinex-7pairs'],
  foreignFrames: ['{"stream":"x"}', '[5,64250,3,1.25]', '[[1]]'],
});

/** What a reader of this connection says of each frame, as kinds with what tells them apart. */
function told(reader: WireReader, ...frames: readonly string[]): string[] {
  const brief = ({ kind, venueSymbol, detail, channel }: PlainMessage): string =>
    [kind, venueSymbol, detail, channel].filter((word) => word !== '').join(' ');
  return frames.flatMap((one) => messagesOf(reader, one).map(brief));
}

function readerAfter(...frames: readonly string[]): WireReader {
  const reader = bitfinex.reader();
  told(reader, ...frames);
  return reader;
}

describe('the counter of a bitfinex connection', () => {
  const numbered = '{"event":"conf","status":"OK","flags":65536}';

  it('tells of a hole once, before the frame that shows it, and goes on from there', () => {
    const reader = readerAfter(numbered, bookOpened(1, 'tBTCUSD'));
    expect(told(reader, '[1,[5,1,1],41]', '[1,"hb",42]', '[9,"hb",43]', '[1,"cs",5,44]', '[1,[6,1,1],45]')).toEqual([
      ...['delta tBTCUSD', 'heartbeat', 'ignored', 'checksum tBTCUSD', 'delta tBTCUSD'],
    ]);
    expect(told(reader, '[1,[5,1,1],47]', '[1,[5,1,1],48]')).toEqual([
      ...['gap expected frame 46, got 47', 'delta tBTCUSD', 'delta tBTCUSD'],
    ]);
    expect(told(reader, '[9,"hb",50]', '[1,[5,1,1],50]')).toEqual([
      ...['gap expected frame 49, got 50', 'ignored', 'gap expected frame 51, got 50', 'delta tBTCUSD'],
    ]);
  });

  it('has a hole where a frame could not be read', () => {
    const reader = readerAfter(numbered, bookOpened(1, 'tBTCUSD'), '[1,[5,1,1],1]');
    expect(told(reader, '[1,[5,1,', '[1,[5,1,1],3]')).toEqual([
      ...['malformed neither a JSON array nor an object', 'gap expected frame 2, got 3', 'delta tBTCUSD'],
    ]);
  });

  it('counts a frame whose rows make no sense', () => {
    const reader = readerAfter(numbered, bookOpened(1, 'tBTCUSD'), '[1,[5,1,1],1]');
    expect(told(reader, '[1,[5,1,0],2]', '[1,[5,1,1],3]')).toEqual([
      ...['malformed tBTCUSD book: a row is not [price, count, amount]', 'delta tBTCUSD'],
    ]);
  });

  it('is not looked for until the venue has confirmed it', () => {
    const reader = readerAfter(bookOpened(1, 'tBTCUSD'));
    expect(told(reader, '[1,[[5,1,1]]]', '[1,[5,1,2]]', '[1,"hb"]')).toEqual([
      ...['snapshot tBTCUSD', 'delta tBTCUSD', 'heartbeat'],
    ]);
    expect(told(reader, numbered, '[1,[5,1,1],9]')).toEqual(['ignored', 'delta tBTCUSD']);
  });

  it('stands before the time, where frames have both, and frames may grow behind them', () => {
    const reader = readerAfter(CONF, bookOpened(1, 'tBTCUSD'), `[1,[5,1,1],1,${SENT}]`);
    expect(messagesOf(reader, `[1,[5,1,1],2,${SENT},null]`)).toMatchObject([
      { kind: 'delta', exchangeUs: SENT * 1000 },
    ]);
    const timed = readerAfter('{"event":"conf","status":"OK","flags":32768}', bookOpened(1, 'tBTCUSD'));
    expect(messagesOf(timed, `[1,"cs",-1338003118,${SENT}]`)).toMatchObject([
      { kind: 'checksum', checksum: -1_338_003_118, exchangeUs: SENT * 1000, general: false },
    ]);
  });
});

describe('the channels of a bitfinex connection', () => {
  it('are those of the newest subscription of a pair', () => {
    const reader = readerAfter(bookOpened(1, 'tBTCUSD'));
    expect(told(reader, bookOpened(2, 'tBTCUSD'), '[1,[5,1,1]]', '[2,[5,1,1]]')).toEqual([
      ...['subscribed tBTCUSD book 2', 'ignored', 'delta tBTCUSD'],
    ]);
    expect(told(reader, '{"event":"unsubscribed","status":"OK","chanId":1}', '[2,[5,1,1]]')).toEqual([
      ...['ignored', 'delta tBTCUSD'],
    ]);
  });

  it('end, and their numbers may be given to others', () => {
    const reader = readerAfter(bookOpened(1, 'tBTCUSD'));
    const end = '{"event":"unsubscribed","status":"OK","chanId":1}';
    expect(told(reader, end, '[1,[5,1,1]]', tradesOpened(1, 'tETHUSD'), '[1,[5,1,1]]')).toEqual([
      ...['unsubscribed tBTCUSD book', 'ignored', 'ignored', 'ignored'],
    ]);
    const reused = readerAfter(bookOpened(1, 'tBTCUSD'), bookOpened(1, 'tBTCUSD', 'P2'));
    expect(told(reused, '[1,[5,1,1]]')).toEqual(['ignored']);
  });

  it('may begin with an empty book', () => {
    const reader = readerAfter(bookOpened(1, 'tBTCUSD'));
    for (const empty of ['[1,[]]', '[1, []]']) {
      expect(messagesOf(reader, empty)).toMatchObject([{ kind: 'snapshot', ...PAIR, levels: [] }]);
    }
  });
});

describe('a list of rows', () => {
  const bulk = (flags: number): string => `{"event":"conf","status":"OK","flags":${flags}}`;
  const [BULK, BULK_NUMBERED] = [536_870_912, 536_936_448];
  const [WHOLE, CHANGES] = ['[1,[[5,1,1],[6,1,-1]]]', '[1,[[5,0,1],[7,2,-3]]]'];

  it('is an update where the venue has confirmed such and the book has come', () => {
    const reader = readerAfter(bulk(BULK), bookOpened(1, 'tBTCUSD'));
    expect(told(reader, WHOLE, '[1,[5,2,2]]')).toEqual(['snapshot tBTCUSD', 'delta tBTCUSD']);
    expect(messagesOf(reader, CHANGES)).toMatchObject([
      { kind: 'delta', ...PAIR, levels: ['bid 5 x 0 in 0', 'ask 7 x 3 in 2'] },
    ]);
    expect(messagesOf(reader, '[1,[]]')).toMatchObject([{ kind: 'delta', ...PAIR, levels: [] }]);
    // A channel of its own begins with the whole book again.
    expect(told(reader, bookOpened(2, 'tBTCUSD'), '[2,[]]', '[2,[[5,1,1]]]')).toEqual([
      ...['subscribed tBTCUSD book 2', 'snapshot tBTCUSD', 'delta tBTCUSD'],
    ]);
  });

  it('is the whole book where the venue has not, or no longer', () => {
    const reader = readerAfter(bookOpened(1, 'tBTCUSD'), WHOLE);
    expect(told(reader, CHANGES)).toEqual(['snapshot tBTCUSD']);
    expect(told(reader, bulk(BULK), CHANGES)).toEqual(['ignored', 'delta tBTCUSD']);
    expect(told(reader, bulk(0), WHOLE)).toEqual(['ignored', 'snapshot tBTCUSD']);
  });

  it('is not taken for the book that was lost before it', () => {
    const confirmed = bulk(BULK_NUMBERED);
    const lost = readerAfter(confirmed, bookOpened(1, 'tBTCUSD'), '[9,"hb",1]');
    expect(told(lost, '[1,[[5,0,1],[7,2,-3]],3]')).toEqual(['gap expected frame 2, got 3', 'delta tBTCUSD']);
    const unreadable = readerAfter(confirmed, bookOpened(1, 'tBTCUSD'), '[1,[[5,1,0],[6,1,-1]],1]');
    expect(told(unreadable, '[1,[[5,0,1]],2]')).toEqual(['delta tBTCUSD']);
    const timeless = readerAfter(bulk(BULK + 32_768), bookOpened(1, 'tBTCUSD'), '[1,[[5,1,1]],12]');
    expect(told(timeless, `[1,[[5,0,1]],${SENT}]`)).toEqual(['delta tBTCUSD']);
  });

  it('is told apart by a reader that goes on for another', () => {
    const reader = readerAfter(bulk(BULK), bookOpened(1, 'tBTCUSD'), bookOpened(2, 'tETHUSD'), WHOLE);
    const state: unknown = structuredClone(reader.state());
    const restored = bitfinex.reader();
    restored.restore(state);
    expect(told(restored, CHANGES, '[2,[[5,1,1]]]')).toEqual(['delta tBTCUSD', 'snapshot tETHUSD']);
    expect(reader.state()).toEqual(state);
  });
});

describe('rows of a connection that sends checksums', () => {
  const opening = [CHECKED, bookOpened(1, 'tBTCUSD'), bookOpened(2, 'tETHUSD')];
  const at = (content: string, sequence: number, ms = 0): string => `[${content},${sequence},${SENT + ms}]`;
  const later = (content: string, sequence: number): string => at(content, sequence, 251);
  /** Of the messages that change a book or prove it. */
  const rowsOf = (reader: WireReader, ...frames: readonly string[]): unknown[] =>
    frames
      .flatMap((one) => messagesOf(reader, one))
      .filter(({ kind, checksum }) => kind === 'delta' || (kind === 'checksum' && !Number.isNaN(checksum)))
      .map(({ kind, venueSymbol, levels, checksum }) => [kind, venueSymbol, levels, checksum]);

  const kindsOf = (reader: WireReader, ...frames: readonly string[]): string[] =>
    frames.flatMap((one) => messagesOf(reader, one)).map(({ kind }) => kind);

  it('wait for theirs, whatever comes in between, and are one update with it', () => {
    const reader = readerAfter(...opening);
    const waits = messagesOf(reader, at('1,[64250,4,1.45]', 1));
    expect(waits).toMatchObject([{ kind: 'checksum', ...PAIR, checksum: NaN, levels: [] }]);
    expect(
      rowsOf(reader, at('2,[3000,1,2]', 2), at('1,[64251,0,-1]', 3, 1), at('1,[2e-8,1,-9007199254740993]', 4, 2)),
    ).toEqual([]);
    expect(messagesOf(reader, at('1,"cs",-5', 5, 3))).toMatchObject([
      {
        ...{ kind: 'delta', ...PAIR, checksum: -5, exchangeUs: (SENT + 2) * 1000 },
        levels: ['bid 64250 x 1.45 in 4', 'ask 64251 x 0 in 0', 'ask 0.00000002 x 9007199254740993 in 1'],
      },
    ]);
    expect(rowsOf(reader, at('2,"cs",6', 6, 3))).toEqual([['delta', 'tETHUSD', ['bid 3000 x 2 in 1'], 6]]);
    // Without a row before it a checksum is of the book as it stands.
    expect(rowsOf(reader, at('2,"cs",6', 7, 3))).toEqual([['checksum', 'tETHUSD', [], 6]]);
  });

  it('are told without a proof where none comes for long, by any frame that shows the time', () => {
    const reader = readerAfter(...opening, at('1,[5,1,1]', 1), at('2,[6,1,1]', 2, 1));
    expect(rowsOf(reader, at('9,"hb"', 3, 250), later('1,"hb"', 4))).toEqual([
      ['delta', 'tBTCUSD', ['bid 5 x 1 in 1'], NaN],
    ]);
    expect(rowsOf(reader, later('2,"cs",7', 5))).toEqual([['delta', 'tETHUSD', ['bid 6 x 1 in 1'], 7]]);
  });

  it('are told without a proof where too many wait', () => {
    const reader = readerAfter(...opening);
    const told = Array.from({ length: 4096 }, (_, row) => rowsOf(reader, at(`1,[${row + 1},1,1]`, row + 1))).flat();
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject(['delta', 'tBTCUSD', { length: 4096 }, NaN]);
  });

  it('are forgotten with their book, and after a hole', () => {
    const row = at('1,[5,1,1]', 1);
    for (const [end, kind] of [
      [at('1,[[7,1,1]]', 2), 'snapshot'],
      ['{"event":"unsubscribed","status":"OK","chanId":1}', 'unsubscribed'],
      [bookOpened(1, 'tBTCUSD'), 'subscribed'],
      [at('9,"hb"', 3), 'gap'],
    ] as const) {
      const reader = readerAfter(...opening, row);
      expect(kindsOf(reader, end)).toContain(kind);
      expect(kindsOf(reader, at('1,"cs",5', 4), later('1,"hb"', 5))).not.toContain('delta');
    }
  });

  it('are part of the state', () => {
    const reader = readerAfter(...opening, at('1,[5.25,2,-1]', 1), at('1,[6,0,1]', 2));
    const restored = readerAfter();
    restored.restore(structuredClone(reader.state()));
    const proof = at('1,"cs",5', 3);
    expect(rowsOf(restored, proof)).toEqual([['delta', 'tBTCUSD', ['ask 5.25 x 1 in 2', 'bid 6 x 0 in 0'], 5]]);
    expect(rowsOf(reader, proof)).toHaveLength(1);
    expect(restored.state()).toEqual(reader.state());
  });
});

describe('the state of a bitfinex reader', () => {
  const before = [CONF, bookOpened(1, 'tBTCUSD'), tradesOpened(2, 'tBTCUSD'), frame('1,"hb"', 7)];
  const after = [frame('1,[5,1,1]', 8), frame('2,"te",[1,1785000000200,1,2]', 10), frame('3,"hb"', 11)];

  it('is a copy that another reader goes on from', () => {
    const reader = readerAfter(...before);
    const state: unknown = structuredClone(reader.state());
    const whole = after.map((one) => messagesOf(reader, one));
    const restored = readerAfter(bookOpened(9, 'tETHUSD'));
    restored.restore(state);
    expect(after.map((one) => messagesOf(restored, one))).toEqual(whole);
    expect(restored.state()).toEqual(reader.state());
    expect(state).not.toEqual(reader.state());
  });
});

describe('bitfinex-v2', () => {
  it('reads numbers with exponents as the venue writes them without its general way', () => {
    const reader = readerAfter(bookOpened(1, 'tSHIB:BTC'));
    expect(messagesOf(reader, '[1,[[2e-8,1,2.5e-7],[2.1e-7,3,-10]]]')).toMatchObject([
      { levels: ['bid 0.00000002 x 0.00000025 in 1', 'ask 0.00000021 x 10 in 3'], general: false },
    ]);
    expect(messagesOf(reader, '[1,[2E-8,1,1]]')).toMatchObject([
      { levels: ['bid 0.00000002 x 1 in 1'], general: true },
    ]);
  });

  it('passes over the trades before a subscription without its general way', () => {
    const reader = readerAfter(tradesOpened(5, 'tBTCUSD'));
    const trades = '[[101,1785000000100,-0.5,64250],[100,1785000000000,1.25,64249.5]]';
    expect(messagesOf(reader, `[5,${trades}]`)).toMatchObject([{ kind: 'ignored', general: false }]);
    expect(messagesOf(reader, `[5,${trades.replace('0.5', '5e-1')}]`)).toMatchObject([
      { kind: 'ignored', general: true },
    ]);
    const ofBook = readerAfter(bookOpened(5, 'tBTCUSD'));
    expect(messagesOf(ofBook, `[5,${trades}]`)).toMatchObject([{ kind: 'malformed' }]);
  });

  it('asks for the smallest book that holds the depth, and ends no channel where there is none', () => {
    const length = (bookDepth: number): unknown =>
      /"len":"(\d+)"/.exec(
        bitfinex.resubscribe('tBTCUSD', { venueSymbols: [], bookDepth, audit: false }, '1')[1] ?? '',
      )?.[1];
    expect([1, 2, 25, 26, 250, 5000].map(length)).toEqual(['1', '25', '25', '100', '250', '250']);
    const frames = bitfinex.resubscribe('tBTCUSD', { venueSymbols: [], bookDepth: 25, audit: false }, '');
    expect(frames.map((frame) => JSON.parse(frame))).toMatchObject([{ event: 'subscribe', symbol: 'tBTCUSD' }]);
  });

  it('names pairs by the codes of the venue', () => {
    expect(bitfinex.venueSymbol({ base: 'BTC', quote: 'USDT' })).toBe('tBTCUST');
    expect(bitfinex.venueSymbol({ base: 'DOGE', quote: 'USD' })).toBe('tDOGE:USD');
    expect(bitfinex.venueSymbol({ base: 'IOTA', quote: 'ETH' })).toBe('tIOTETH');
  });

  it('finds the list of pairs among several', () => {
    const messages: string[] = [];
    const url = 'https://api-pub.bitfinex.com/v2/conf/pub:list:currency,pub:list:pair:exchange';
    bitfinex.parseHttp(url, Buffer.from('[["BTC"],["BTCUSD"]]'), ({ instruments }) =>
      messages.push(...instruments.map(({ venueSymbol }) => venueSymbol)),
    );
    expect(messages).toEqual(['tBTCUSD']);
  });

  it('says what the venue says instead of the list', () => {
    const said: string[] = [];
    const body = Buffer.from('["error",11010,"ratelimit: error"]');
    bitfinex.parseHttp('/v2/conf/pub:list:pair:exchange', body, ({ kind, detail }) => said.push(`${kind} ${detail}`));
    expect(said).toEqual(['malformed pub:list:pair:exchange: no list; the venue said error 11010 ratelimit: error']);
  });
});

describe('the two ways of bitfinex-v2', () => {
  const SEED = 'bitfinex-1';
  const ROUNDS = 30_000;
  // What the recordings have nothing of: times, checksums, and numbers with exponents.
  const frames = [
    ...[book('[64250,4,1.45]'), book('[2.1e-7,0,-1]'), book('[[2e-8,1,2.5e-7],[2.1e-7,3,-10.5]]'), book('[]')],
    ...[frame('10092,"cs",-1338003118'), frame('10092,"cs",20')],
    ...[trade('te', '[1234567002,1785000000200,-0.05,64250]'), trade('tu', '[1,1785000000200,2.1e-7,3e-8]')],
  ];

  it(`agree on whatever the fast one accepts of damaged frames (seed ${SEED})`, () => {
    const prng = createPrng(SEED);
    const opened = readerAfter(
      CONF,
      bookOpened(10_092, 'tBTCUSD'),
      tradesOpened(17_470, 'tBTCUSD'),
      frame('1,"hb"', 0),
    );
    const state = opened.state();
    const read = (text: string): PlainMessage[] => {
      const reader = bitfinex.reader();
      reader.restore(state);
      return messagesOf(reader, text);
    };
    const plain = (messages: readonly PlainMessage[]): PlainMessage[] =>
      messages.map((message) => ({ ...message, general: false }));
    let accepted = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const text =
        round < frames.length ? (frames[round] ?? '') : mutated(pick(prng, frames), prng, pick(prng, frames));
      const messages = read(text);
      if (messages.some(({ general }) => general)) {
        expect(round, text).toBeGreaterThanOrEqual(frames.length);
        continue;
      }
      accepted++;
      expect(plain(read(`${text.slice(0, 1)} ${text.slice(1)}`)), text).toEqual(messages);
    }
    expect(accepted).toBeGreaterThan(ROUNDS / 50);
  });
});

describeWithData('the recording bitfinex-7pairs', captureParts('bitfinex-7pairs'), (path) => {
  it('is numbered from 1 to 1670 without a hole, and has 722 removals', () => {
    const reader = bitfinex.reader();
    const messages = recordsAt(path).flatMap(({ op, data }) =>
      op === 'recv' && data !== null ? messagesOf(reader, data) : [],
    );
    const count = (kind: string): number => messages.filter((message) => message.kind === kind).length;
    expect(['gap', 'malformed', 'snapshot', 'delta', 'subscribed', 'trades'].map(count)).toEqual([0, 0, 7, 1593, 7, 0]);
    expect(reader.state()).toMatchObject({ flags: 65_536, last: 1670 });
    const updates = messages.filter(({ kind }) => kind === 'delta').flatMap(({ levels }) => levels);
    expect(updates.filter((level) => level.endsWith(' in 0'))).toHaveLength(722);
    expect(updates).toHaveLength(1593);
  });
});
