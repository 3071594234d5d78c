import { describe, expect, it } from 'vitest';
import { IngestWorld } from '../../test/fixtures/ingest-world.ts';
import { answersOf, messagesOf } from '../../test/fixtures/wire-messages.ts';
import { coinbaseOrders } from './coinbase-orders.ts';
import { wireConformance } from './conformance.ts';
import { wireRegistry } from './registry.ts';

const AT = 1_788_256_800_060_001;
const TIME = '2026-09-01T10:00:00.060001Z';
const PAIR = { venueSymbol: 'BTC-USD' };
const MAKER = 'ac928c66-ca53-498f-9c13-a110027a60e8';
const ORDER = 'd50ec984-77a8-460a-b958-66f114b0de9b';
const SNAPSHOT_URL = 'https://api.exchange.coinbase.com/products/BTC-USD/book?level=3';

/** Fields as JSON. */
const frame = (type: string, fields: string, sequence: string | number = 90_000_125, time = `"${TIME}"`): string =>
  `{"type":"${type}",${fields},"product_id":"BTC-USD","sequence":${sequence},"time":${time}}`;
const open = (price: string, size: string, side = '"buy"', id = `"${ORDER}"`): string =>
  frame('open', `"order_id":${id},"side":${side},"price":${price},"remaining_size":${size}`);
const match = (side: string, id: string | number = 700_002): string =>
  frame(
    'match',
    `"trade_id":${id},"maker_order_id":"${MAKER}","taker_order_id":"${ORDER}","side":"${side}","size":"0.01","price":"64250.11"`,
  );
const done = (reason: string): string =>
  frame('done', `"order_id":"${ORDER}","reason":"${reason}","side":"sell","price":"64252.00","remaining_size":"0.5"`);
const change = (fields: string): string =>
  frame('change', `"order_id":"${ORDER}","side":"buy","reason":"modify_order",${fields}`);
const SUBSCRIBED = '{"type":"subscriptions","channels":[{"name":"full","product_ids":["BTC-USD","ETH-USD"]}]}';
const SNAPSHOT =
  `{"sequence":90000120,"bids":[["64250.10","0.75","${MAKER}"],["64250.10","1","b"]],` +
  `"asks":[["64250.11","1.2","c"]],"auction_mode":false,"time":"${TIME}"}`;

wireConformance({
  wire: coinbaseOrders,
  subscription: { venueSymbols: ['BTC-USD', 'ETH-USD'], bookDepth: Infinity, audit: false },
  subscribe: ['{"type":"subscribe","channels":["full","heartbeat"],"product_ids":["BTC-USD","ETH-USD"]}'],
  resubscribe: [],
  snapshot: {
    url: SNAPSHOT_URL,
    frame: SNAPSHOT,
    messages: [
      {
        kind: 'snapshot',
        ...PAIR,
        orders: [`add ${MAKER} bid 64250.10 x 0.75`, 'add b bid 64250.10 x 1', 'add c ask 64250.11 x 1.2'],
        last: 90_000_120,
        exchangeUs: AT,
      },
    ],
  },
  delta: {
    frame: open('"64250.10"', '"0.75"'),
    messages: [
      {
        kind: 'delta',
        ...PAIR,
        orders: [`add ${ORDER} bid 64250.10 x 0.75`],
        levels: [],
        first: 90_000_125,
        last: 90_000_125,
        exchangeUs: AT,
      },
    ],
  },
  removal: { frame: done('canceled'), messages: [{ kind: 'delta', orders: [`cancel ${ORDER} ask x 0`] }] },
  repeatedPrice: { frame: done('filled'), messages: [{ kind: 'delta', orders: [`fill-all ${ORDER} ask x 0`] }] },
  trades: [
    {
      frame: match('sell'),
      messages: [
        { kind: 'delta', orders: [`fill-by ${MAKER} ask x 0.01`], last: 90_000_125 },
        { kind: 'trades', ...PAIR, trades: [`buy 64250.11 x 0.01 #700002 @${AT}`] },
      ],
    },
    { frame: match('buy'), messages: [{ kind: 'delta' }, { trades: [`sell 64250.11 x 0.01 #700002 @${AT}`] }] },
  ],
  idle: [
    {
      frame: `{"type":"heartbeat","sequence":90000123,"last_trade_id":700001,"product_id":"BTC-USD","time":"${TIME}"}`,
      messages: [{ kind: 'heartbeat' }],
    },
    {
      frame: `{"type":"activate","product_id":"BTC-USD","timestamp":"1483736448.299000","stop_type":"entry"}`,
      messages: [{ kind: 'ignored' }],
    },
    {
      frame: '{"type":"l2update","product_id":"BTC-USD","changes":[["buy","1","1"]]}',
      messages: [{ kind: 'ignored' }],
    },
  ],
  refusals: [
    {
      frame: '{"type":"error","message":"Authentication Failed","reason":"{}"}',
      messages: [{ kind: 'refused', detail: 'Authentication Failed: {}' }],
    },
  ],
  acknowledgements: [
    {
      frame: SUBSCRIBED,
      messages: [
        { kind: 'subscribed', ...PAIR },
        { kind: 'subscribed', venueSymbol: 'ETH-USD' },
      ],
    },
    { frame: '{"type":"subscriptions","channels":[]}', messages: [{ kind: 'ignored' }] },
  ],
  status: [{ frame: '{"type":"status","products":[]}', messages: [{ kind: 'ignored' }] }],
  malformed: [
    { frame: open('"64250.10"', '"1"', '"up"'), ...PAIR },
    { frame: open('"64250.10"', '"1"', '"buy"', 'null'), ...PAIR },
    { frame: frame('open', '"order_id":"a","side":"buy"'), ...PAIR },
    { frame: frame('received', '"order_id":"a","side":"buy"', '"1"'), ...PAIR },
    { frame: frame('received', '"order_id":"a","side":"buy"', 1, '"noon"'), ...PAIR },
    { frame: match('sell', '"a"'), ...PAIR },
    { frame: change('"new_size":1'), ...PAIR },
    { frame: '{"type":"open","order_id":"a","side":"buy","price":"1","remaining_size":"1"}', venueSymbol: '' },
  ],
  withLevel: (price, size) => open(JSON.stringify(price), JSON.stringify(size)),
  hostile: (json) => [
    json,
    `{"type":${json},"product_id":${json}}`,
    open(json, json, json, json),
    frame('open', `"order_id":"a","side":"buy","price":${json},"remaining_size":${json}`, json, json),
    frame('match', `"maker_order_id":${json},"side":${json},"trade_id":${json},"size":${json},"price":${json}`),
    change(`"new_size":${json},"new_price":${json}`),
    frame('done', `"order_id":"a","side":"buy","reason":${json}`),
    `{"type":"subscriptions","channels":[{"name":"full","product_ids":${json}},${json}]}`,
    `{"type":"error","message":${json},"reason":${json}}`,
  ],
  hostileAnswers: (json) => [
    { url: SNAPSHOT_URL, body: json },
    { url: SNAPSHOT_URL, body: `{"sequence":1,"bids":[[${json},${json},${json}]],"asks":${json},"time":${json}}` },
  ],
  instruments: {
    url: 'https://api.exchange.coinbase.com/products',
    frame:
      '[{"id":"BTC-USD","base_currency":"BTC","quote_currency":"USD","quote_increment":"0.01","base_increment":"0.00000001","status":"online"}]',
    messages: [
      {
        kind: 'instruments',
        instruments: [
          {
            venueSymbol: 'BTC-USD',
            base: 'BTC',
            quote: 'USD',
            tickSize: '0.01',
            lotSize: '0.00000001',
            tradable: true,
          },
        ],
      },
    ],
  },
  symbols: [
    ['BTC-USD', 'BTC-USD'],
    ['', null],
  ],
  captures: [],
  foreignFrames: [
    '{"type":"l2update","product_id":"BTC-USD","changes":[["buy","1","1"]]}',
    '{"type":"subscriptions","channels":[{"name":"level2_batch","product_ids":["BTC-USD"]}]}',
  ],
});

describe('coinbase-orders', () => {
  it('signs what it subscribes, as the venue does', () => {
    const credentials = { key: 'k', secret: 'Y29pbmJhc2Utc2VjcmV0', passphrase: 'p' };
    const [asked = ''] = coinbaseOrders.subscribe({ venueSymbols: ['BTC-USD'], bookDepth: 1, audit: false });
    expect(asked).not.toContain('key');
    const sealed = coinbaseOrders.authentication.seal(asked, credentials, '', 1_700_000_000_999_999);
    expect(JSON.parse(sealed)).toEqual({
      ...(JSON.parse(asked) as object),
      key: 'k',
      passphrase: 'p',
      timestamp: '1700000000',
      signature: 'HgqihSsTimhYa9xAgFIcBH1Az+B5Eprx0L1yTUwwxaY=',
    });
  });

  it('reads a change of size, of price, and one of money', () => {
    const read = (fields: string): unknown => messagesOf(coinbaseOrders, change(fields))[0]?.orders;
    expect(read('"old_size":"12","new_size":"5","price":"7"')).toEqual([`amend ${ORDER} bid x 5`]);
    expect(read('"new_size":"5","old_price":"7","new_price":"8"')).toEqual([`amend ${ORDER} bid 8 x 5`]);
    expect(read('"old_funds":"12","new_funds":"5"')).toEqual([]);
  });

  it('counts what does not rest', () => {
    const received = frame('received', '"order_id":"a","order_type":"market","side":"buy","funds":"5"', 7);
    expect(messagesOf(coinbaseOrders, received)).toMatchObject([{ kind: 'delta', orders: [], first: 7, last: 7 }]);
  });

  it('says why a book was refused', () => {
    expect(answersOf(coinbaseOrders, SNAPSHOT_URL, '{"message":"Unauthorized."}')).toMatchObject([
      { kind: 'malformed', ...PAIR, detail: expect.stringContaining('Unauthorized.') as string },
    ]);
    expect(wireRegistry.ofAnswer('coinbase', SNAPSHOT_URL)).toBe(coinbaseOrders);
  });

  it('is followed by number: what the snapshot holds is left out, and a hole is a gap', () => {
    const world = new IngestWorld();
    const receive = (...frames: readonly string[]): void => {
      for (const one of frames) world.happen('coinbase', 'c', 'recv', one);
    };
    const at = (sequence: number, id: string): string =>
      frame('open', `"order_id":"${id}","side":"buy","price":"5","remaining_size":"1"`, sequence);
    world.happen('coinbase', 'c', 'open', null, 'wss://ws-direct.exchange.coinbase.com');
    receive(SUBSCRIBED, at(90_000_119, 'x'), at(90_000_120, 'y'), at(90_000_121, 'z'));
    expect(world.take().asked).toEqual(['request coinbase BTC-USD']);
    world.happen('coinbase', 'rest', 'http', SNAPSHOT, SNAPSHOT_URL);
    const book = world.book('coinbase:BTC-USD');
    expect(book).toMatchObject({
      trust: 'live',
      counters: { staleUpdates: 2, updates: 1, gaps: 0, unknownRemovals: 0 },
    });
    // Its end is told although it never rested.
    receive(frame('done', '"order_id":"n","reason":"filled","side":"buy"', 90_000_122), at(90_000_124, 'w'));
    expect(book).toMatchObject({ trust: 'suspect', reason: 'gap', counters: { gaps: 1, unknownRemovals: 0 } });
    expect(book.detail).toBe('expected message 90000123, got 90000124');
  });
});
