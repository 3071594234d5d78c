/** Events for the tests of the store, with every field given unless a test says otherwise. */

import {
  ASK,
  BID,
  type BookView,
  type EventHeader,
  KNOWN,
  type MetricView,
  type OrderView,
  type ScoreView,
  type StatusView,
  type TradeView,
} from '../model/event.ts';
import type { MetricKind } from '../model/metric.ts';
import { numbersOf } from '../model/metric.ts';

/** 2026-03-01T12:00:00.123456Z */
export const START_US = 1_772_366_400_123_456;

export function header(changes: Partial<EventHeader> = {}): EventHeader {
  return {
    exchange: 'kraken',
    symbol: 'BTC-USD',
    venueSymbol: 'XBT/USD',
    exchangeUs: START_US,
    venueTime: true,
    receiveUs: START_US + 1_500,
    epoch: START_US - 1_000_000,
    seq: 7,
    span: 1,
    state: 'live',
    reason: 'none',
    frame: 3,
    priceScale: 1,
    sizeScale: 8,
    wide: false,
    ...changes,
  };
}

/** `[side, price, size, change, orders]` of one change, in integers of the header's scales. */
export type Change = readonly [side: 'bid' | 'ask', price: number, size: number, change: number, orders: number];

export function delta(changes: readonly Change[], head: Partial<EventHeader> = {}): BookView {
  return {
    kind: 'book.delta',
    header: header({ span: Math.max(changes.length, 1), ...head }),
    venueSeq: Number.NaN,
    changes: {
      count: changes.length,
      side: Uint8Array.from(changes, ([side]) => (side === 'bid' ? BID : ASK)),
      kind: Uint8Array.from(changes, () => KNOWN),
      price: Float64Array.from(changes, ([, price]) => price),
      size: Float64Array.from(changes, ([, , size]) => size),
      change: Float64Array.from(changes, ([, , , change]) => change),
      orders: Int32Array.from(changes, ([, , , , orders]) => orders),
      wide: null,
    },
    top: { bid: 1, bidSize: 1, ask: 2, askSize: 1, bidSum: 1, askSum: 1, wide: null },
  };
}

export function trade(changes: Partial<TradeView> = {}): TradeView {
  return {
    kind: 'trade',
    header: header(),
    tradeId: '4711',
    price: 654_321,
    size: 12_345_678,
    widePrice: 0n,
    wideSize: 0n,
    takerSide: 'sell',
    ...changes,
  };
}

export function order(changes: Partial<OrderView> = {}): OrderView {
  return {
    kind: 'order.fill',
    header: header(),
    venueSeq: Number.NaN,
    orderId: '2043024863952899',
    side: ASK,
    price: 654_321,
    size: 2_178_180,
    change: -100_000,
    keepsPlace: true,
    told: true,
    widePrice: 0n,
    wideSize: 0n,
    wideChange: 0n,
    ...changes,
  };
}

export function score(changes: Partial<ScoreView> = {}): ScoreView {
  return {
    kind: 'order.score',
    header: header(),
    side: ASK,
    price: 65_432.1,
    size: 12.5,
    score: 4,
    z: 3.25,
    scoreSize: 2,
    scoreSpread: 0,
    scoreMid: 1,
    scoreImbalance: 1,
    spreadBps: 1.5,
    midDistanceBps: 12.25,
    imbalance: -3.5,
    orders: 1,
    model: 'lognormal',
    ...changes,
  };
}

/** A score that abstains. */
export function abstention(changes: Partial<ScoreView> = {}): ScoreView {
  const none = Number.NaN;
  return score({
    score: none,
    z: none,
    scoreSize: none,
    scoreSpread: none,
    scoreMid: none,
    scoreImbalance: none,
    spreadBps: none,
    midDistanceBps: none,
    imbalance: none,
    orders: -1,
    ...changes,
  });
}

/** Its numbers are 0.5, 1.5 and so on, or those given and then nulls. */
export function metric(kind: MetricKind, given?: readonly number[], head: Partial<EventHeader> = {}): MetricView {
  const count = kind === 'book.top' ? (given?.length ?? 5) : numbersOf(kind);
  const values = Float64Array.from({ length: count }, (_, i) =>
    given === undefined ? i + 0.5 : (given[i] ?? Number.NaN),
  );
  if (kind === 'book.top' && given === undefined) values[0] = 1;
  return { kind, header: header(head), values, count };
}

export function status(changes: Partial<StatusView> = {}): StatusView {
  return {
    kind: 'book.status',
    header: header({ state: 'suspect', reason: 'checksum' }),
    detail: 'checksum 123 expected, "456" seen,\nnext line',
    gaps: 1,
    resyncs: 2,
    checksumOk: 3_000_000_000,
    checksumFailed: 4,
    ...changes,
  };
}
