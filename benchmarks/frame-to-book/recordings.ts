/** The recordings, in whole and in part, and what naive books that share no code with the product found in them. */

import type { Facts } from '../harness/facts.ts';
import type { FrameSource } from './frames.ts';
import type { Agreement } from './agreement.ts';
import type { Peer } from './peers.ts';

type CaptureSource = Extract<FrameSource, { readonly kind: 'capture' }>;

export interface Recording extends Pick<CaptureSource, 'only' | 'timed'> {
  /** Name of the workload. */
  readonly name: string;
  /** Name of the file, without its ending. */
  readonly file: string;
  readonly data: string;
  /** Passes per round. */
  readonly passes: number;
  readonly expected: Facts;
  /** Who else speaks this wire, and what its books are known to be. */
  readonly peers: Readonly<Partial<Record<Peer, Partial<Agreement>>>>;
}

const WHOLE = { only: 'all', timed: 'all' } as const;
const DEPTH = { only: 'depth', timed: 'all' } as const;
const BEHIND_SNAPSHOTS = { only: 'all', timed: 'behind-snapshots' } as const;

/** ccxt cuts a side to a thousand levels and forgets the others, which the diff stream never tells again. */
const CUT_TO_1000: Partial<Agreement> = { levels: 1_966, levelsLacking: 2_967 };

const BTCUSDT_BOOK: Facts = { snapshots: 1, updates: 6_493, staleUpdates: 2, changes: 268_176, newOrders: 117_558 };
const FOUR_PAIRS: Facts = {
  snapshots: 4,
  updates: 172,
  staleUpdates: 5,
  trades: 2,
  'whalewatch: ignored': 2,
  changes: 399,
  newOrders: 204,
};
const KRAKEN_V1: Facts = {
  snapshots: 10,
  updates: 4_269,
  trades: 10,
  'whalewatch: ignored': 130,
  changes: 4_272,
  newOrders: 2_123,
  checksumsOk: 4_269,
};

export const RECORDINGS: readonly Recording[] = [
  {
    name: 'binance-650s',
    file: 'binance-spot-btcusdt-650s',
    ...WHOLE,
    data: 'recorded 2024: depth@100ms, bookTicker, trade of one pair, 650 s',
    passes: 1,
    expected: { ...BTCUSDT_BOOK, frames: 99_574, trades: 19_904, auditsOk: 6_491 },
    peers: { 'tardis-dev': {}, ccxt: CUT_TO_1000 },
  },
  {
    name: 'binance-650s-depth',
    file: 'binance-spot-btcusdt-650s',
    ...DEPTH,
    data: 'the same, its depth stream and snapshot alone',
    passes: 6,
    expected: { ...BTCUSDT_BOOK, frames: 6_496, trades: 0, auditsOk: 0 },
    peers: { 'tardis-dev': {}, ccxt: CUT_TO_1000 },
  },
  {
    name: 'binance-3pairs',
    file: 'binance-spot-3pairs-2021',
    ...WHOLE,
    data: 'recorded 2021: depth@100ms, aggTrade, kline of 3 pairs',
    passes: 15,
    expected: {
      frames: 4_719,
      snapshots: 3,
      updates: 2_656,
      staleUpdates: 32,
      trades: 1_910,
      'whalewatch: ignored': 118,
      changes: 26_822,
      newOrders: 12_929,
    },
    peers: { 'tardis-dev': {}, ccxt: { levels: 5_937, levelsLacking: 366 } },
  },
  {
    name: 'binance-4pairs',
    file: 'binance-spot-4pairs',
    ...WHOLE,
    data: 'recorded 2021: depth@100ms, bookTicker, aggTrade, kline of 4 pairs; three quarters of its bytes are snapshots',
    passes: 150,
    expected: { ...FOUR_PAIRS, frames: 269 },
    peers: { 'tardis-dev': {}, ccxt: {} },
  },
  {
    name: 'binance-4pairs-behind-snapshots',
    file: 'binance-spot-4pairs',
    ...BEHIND_SNAPSHOTS,
    data: 'the same, timed behind the last snapshot',
    passes: 400,
    expected: { ...FOUR_PAIRS, frames: 191 },
    peers: { 'tardis-dev': {}, ccxt: {} },
  },
  {
    name: 'kraken-v1',
    file: 'kraken-v1-book1000-10pairs',
    ...WHOLE,
    data: 'recorded 2021: book-1000, trade, ticker of 10 pairs, 31 s, a CRC-32 with each update',
    passes: 30,
    expected: { ...KRAKEN_V1, frames: 4_430 },
    peers: { 'tardis-dev': {} },
  },
  {
    name: 'kraken-v1-behind-snapshots',
    file: 'kraken-v1-book1000-10pairs',
    ...BEHIND_SNAPSHOTS,
    data: 'the same, timed behind the last snapshot',
    passes: 40,
    expected: { ...KRAKEN_V1, frames: 4_373 },
    peers: { 'tardis-dev': {} },
  },
  {
    name: 'bitfinex-2018',
    file: 'bitfinex-p0-btcusd-2018-1m-updates',
    ...WHOLE,
    data: 'recorded 2018: book P0, trades of one pair, one row a frame',
    passes: 1,
    expected: { snapshots: 2, updates: 1_043_118, trades: 4_473 },
    peers: {},
  },
  {
    name: 'bitfinex-7pairs',
    file: 'bitfinex-p0-7pairs',
    ...BEHIND_SNAPSHOTS,
    data: 'recorded 2021: book P0, trades, ticker of 7 pairs, timed behind the last snapshot',
    passes: 100,
    expected: { snapshots: 7, updates: 1_593 },
    peers: {},
  },
  {
    name: 'coinbase-advanced',
    file: 'coinbase-advanced-level2-2pairs',
    ...WHOLE,
    data: 'recorded 2026: level2, market_trades, ticker, candles of 2 pairs; most of its bytes are two snapshots',
    passes: 5,
    expected: { snapshots: 2, updates: 773, trades: 79 },
    peers: {},
  },
  {
    name: 'gemini-v2',
    file: 'gemini-v2-l2-10pairs',
    ...BEHIND_SNAPSHOTS,
    data: 'recorded 2026: l2 of 10 pairs, timed behind the last snapshot',
    passes: 200,
    expected: { snapshots: 10, updates: 549, trades: 2 },
    peers: {},
  },
  {
    name: 'gemini-v2-2021',
    file: 'gemini-v2-l2-10pairs-2021',
    ...BEHIND_SNAPSHOTS,
    data: 'recorded 2021: l2 of 10 pairs, timed behind the last snapshot',
    passes: 100,
    expected: { snapshots: 10, updates: 925, trades: 51 },
    peers: {},
  },
  {
    name: 'bitstamp',
    file: 'bitstamp-diff-9pairs',
    ...WHOLE,
    data: 'recorded 2022: diff_order_book, live_trades of 9 pairs and their REST books',
    passes: 30,
    expected: { snapshots: 10, updates: 615, staleUpdates: 102, trades: 10 },
    peers: {},
  },
];
