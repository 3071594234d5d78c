/**
 * Kraken v2 traffic made in memory: a seeded simulated market seen through the venue's own frames, for want of a long
 * recording of this wire. What the frames hold is known from their making, so the books can be held against it.
 */

import { z } from 'zod';

import { utf8Of } from '../../src/lib/utf8.ts';
import type { FeedRecord } from '../../src/model/feed-record.ts';
import { describePair, samplePairs } from '../../src/simulator/instrument.ts';
import { kraken } from '../../src/simulator/kraken-server.ts';
import { KrakenWindow } from '../../src/simulator/kraken-window.ts';
import { reply, statusFrame, symbolOf, tradeFrame, tradeRow } from '../../src/simulator/kraken-wire.ts';
import { Market } from '../../src/simulator/market.ts';
import type { MarketAction } from '../../src/simulator/pair-market.ts';
import type { Facts } from '../harness/facts.ts';

export const krakenV2SourceSchema = z.object({
  kind: z.literal('kraken-v2'),
  seed: z.string(),
  pairs: z.int().min(1),
  /** Levels per side of each subscription. */
  depth: z.int().min(1),
  /** Book updates over all pairs, at least; trades come on top. */
  updates: z.int().min(1),
});
export type KrakenV2Source = Readonly<z.infer<typeof krakenV2SourceSchema>>;

export interface KrakenV2Batch {
  readonly records: readonly FeedRecord[];
  /** What the frames hold. */
  readonly truth: Facts;
}

/** 2026-07-01T00:00:00Z. */
const START_US = 1_782_864_000_000_000;
const STEP_US = 100_000;
const ACTIONS_PER_SECOND_AND_PAIR = 20;
const WHALES_PER_MINUTE = 30;
const LEVELS_PER_SIDE = 150;
const CONNECTION = 'simulated';
const URL = 'wss://ws.kraken.com/v2';

/** The same source gives the same records. */
export function krakenV2Batch(source: KrakenV2Source): KrakenV2Batch {
  const market = marketOf(source);
  const windows = market.pairs.map((pair) => new KrakenWindow(pair, source.depth));
  const records: FeedRecord[] = [];
  const record = (op: 'open' | 'recv', text: string): void => {
    const [url, data] = op === 'open' ? [text, null] : [null, utf8Of(text)];
    records.push({ tUs: market.nowUs, exchange: 'kraken', conn: CONNECTION, op, url, data });
  };

  record('open', URL);
  record('recv', statusFrame(1));
  for (const { instrument } of market.pairs) {
    const result = { channel: 'book', depth: source.depth, snapshot: true, symbol: symbolOf(instrument) };
    record('recv', reply({ method: 'subscribe', result, success: true }, market.nowUs));
  }
  for (const window of windows) record('recv', window.snapshot());

  let updates = 0;
  let trades = 0;
  const onAction = (action: MarketAction): void => {
    const text = windows[action.market.index]?.update(action);
    if (text !== undefined) {
      record('recv', text);
      updates++;
    }
    if (action.trades.length > 0) {
      const rows = action.trades.map((trade) => tradeRow(action.market.instrument, trade, action.exchangeUs));
      record('recv', tradeFrame('update', rows));
      trades += rows.length;
    }
  };
  while (updates < source.updates) market.advance(market.nowUs + STEP_US, onAction);

  const snapshots = windows.length;
  return { records, truth: { snapshots, updates, trades, checksumsOk: snapshots + updates, staleUpdates: 0 } };
}

function marketOf({ seed, pairs }: KrakenV2Source): Market {
  const { grid } = kraken();
  return new Market({
    seed,
    instruments: samplePairs(pairs).map((pair) => describePair(pair, grid)),
    ratePerPair: ACTIONS_PER_SECOND_AND_PAIR,
    whalesPerMinute: WHALES_PER_MINUTE,
    levelsPerSide: LEVELS_PER_SIDE,
    startUs: START_US,
  });
}
