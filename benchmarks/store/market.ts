/** Order changes and their whale scores, like those of many pairs on a busy day, made in memory from a seed. */

import { z } from 'zod';

import { chance, createPrng, int, type Prng, uniform } from '../../src/lib/prng.ts';
import { emptyHeader } from '../../src/model/event-header.ts';
import type { BookView, EventHeader, ScoreView } from '../../src/model/event.ts';
import { emptyScore } from '../../src/scoring/whale-score.ts';

export const storeMarketSchema = z.object({
  seed: z.string(),
  pairs: z.int().min(1),
  /** Order changes, at least; a delta is never cut. */
  changes: z.int().min(1),
});
export type StoreMarketSpec = Readonly<z.infer<typeof storeMarketSchema>>;

/** 2026-07-01T00:00:00Z. */
const START_US = 1_782_864_000_000_000;
const CHANGES_PER_S = 108_000;
/** Pairs arrive by ways of different length: so far events of different pairs stand out of the order of their time. */
const DISORDER_US = 20_000;
const CHANGES_PER_DELTA_MAX = 11;
const VENUES = ['kraken', 'binance', 'bitfinex'] as const;
const PRICE_SCALE = 2;
const SIZE_SCALE = 8;

/** In the order in which a store would take them. */
export function makeMarket({ seed, pairs, changes }: StoreMarketSpec): (BookView | ScoreView)[] {
  const prng = createPrng(seed);
  const events: (BookView | ScoreView)[] = [];
  const seqs = new Float64Array(pairs);
  for (let made = 0; made < changes;) {
    const pair = int(prng, 0, pairs - 1);
    const count = int(prng, 1, CHANGES_PER_DELTA_MAX);
    const us = START_US + Math.floor((made / CHANGES_PER_S) * 1e6) + int(prng, 0, DISORDER_US);
    const delta = makeDelta(prng, headerOf(pair, us, seqs[pair] ?? 0, count));
    events.push(delta, ...scoresOf(prng, delta));
    seqs[pair] = (seqs[pair] ?? 0) + count;
    made += count;
  }
  return events;
}

function headerOf(pair: number, us: number, seq: number, span: number): EventHeader {
  return {
    ...emptyHeader(),
    exchange: VENUES[pair % VENUES.length] ?? VENUES[0],
    symbol: `A${pair}-USD`,
    venueSymbol: `A${pair}USD`,
    exchangeUs: us,
    receiveUs: us + 1_500,
    epoch: START_US - 1_000_000,
    seq,
    span,
    state: 'live',
    reason: 'none',
    priceScale: PRICE_SCALE,
    sizeScale: SIZE_SCALE,
  };
}

/** Two changes in five take a level away; venues tell the orders of a level for every third pair. */
function makeDelta(prng: Prng, header: EventHeader): BookView {
  const { span, exchange } = header;
  const draw = (value: () => number): Float64Array => Float64Array.from({ length: span }, value);
  const size = draw(() => (chance(prng, 0.4) ? 0 : int(prng, 1, 1e9)));
  return {
    kind: 'book.delta',
    header,
    venueSeq: Number.NaN,
    changes: {
      count: span,
      side: Uint8Array.from({ length: span }, () => int(prng, 0, 1)),
      kind: new Uint8Array(span),
      price: draw(() => 6_000_000 + int(prng, 0, 10_000)),
      size,
      change: size.map((now) => (now === 0 ? -int(prng, 1, 1e9) : now)),
      orders: new Int32Array(span).fill(exchange === 'bitfinex' ? 2 : -1),
      wide: null,
    },
    top: { bid: 1, bidSize: 1, ask: 2, askSize: 1, bidSum: 1, askSum: 1, wide: null },
  };
}

/** Every level that has grown is a new order; one in twenty has no score. */
function scoresOf(prng: Prng, { header, changes }: BookView): ScoreView[] {
  const scores: ScoreView[] = [];
  for (let i = 0; i < changes.count; i++) {
    const change = changes.change[i] ?? 0;
    if (change <= 0) continue;
    scores.push({
      ...emptyScore(),
      header: { ...header, seq: header.seq + i, span: 1 },
      side: changes.side[i] ?? 0,
      price: (changes.price[i] ?? 0) / 10 ** PRICE_SCALE,
      size: change / 10 ** SIZE_SCALE,
      orders: changes.orders[i] ?? -1,
      model: 'lognormal',
      ...(chance(prng, 0.05) ? {} : scored(prng)),
    });
  }
  return scores;
}

function scored(prng: Prng): Partial<ScoreView> {
  const scoreSize = int(prng, 0, 3);
  return {
    score: scoreSize + 1,
    z: uniform(prng) * 4,
    scoreSize,
    scoreSpread: 0,
    scoreMid: 1,
    scoreImbalance: 0,
    spreadBps: uniform(prng) * 10,
    midDistanceBps: uniform(prng) * 100,
    imbalance: uniform(prng) * 1e4,
  };
}
