/** Events of one pair, as the monitor sees them, for its tests. */

import { emptyHeader } from '../../model/event-header.ts';
import type { BookView, EventHeader, MetricView, ScoreView, StatusView, TradeView } from '../../model/event.ts';

/** A minute that begins an hour, µs. */
export const NOON_US = Date.UTC(2026, 10, 29, 12) * 1000;

export function headerOf(changes: Partial<EventHeader> = {}): EventHeader {
  return {
    ...emptyHeader(),
    exchange: 'kraken',
    symbol: 'BTC-USD',
    exchangeUs: NOON_US,
    receiveUs: NOON_US + 1000,
    epoch: 1,
    priceScale: 2,
    sizeScale: 8,
    ...changes,
  };
}

/** Prices in units of 0.01. */
export function deltaOf(bid: number, ask: number, header: Partial<EventHeader> = {}): BookView {
  return {
    kind: 'book.delta',
    header: headerOf(header),
    venueSeq: Number.NaN,
    changes: {
      count: 0,
      side: new Uint8Array(0),
      kind: new Uint8Array(0),
      price: new Float64Array(0),
      size: new Float64Array(0),
      change: new Float64Array(0),
      orders: new Int32Array(0),
      wide: null,
    },
    top: { bid, bidSize: 1, ask, askSize: 1, bidSum: 1, askSum: 1, wide: null },
  };
}

export function tradeOf(price: number, header: Partial<EventHeader> = {}): TradeView {
  return {
    kind: 'trade',
    header: headerOf(header),
    tradeId: '1',
    price,
    size: 1,
    widePrice: 0n,
    wideSize: 0n,
    takerSide: 'sell',
  };
}

export function statusOf(changes: Partial<StatusView>, header: Partial<EventHeader>): StatusView {
  return {
    kind: 'book.status',
    header: headerOf(header),
    detail: '',
    gaps: 0,
    resyncs: 0,
    checksumOk: 0,
    checksumFailed: 0,
    ...changes,
  };
}

export function scoreOf(score: number, seq: number, changes: Partial<ScoreView> = {}): ScoreView {
  return {
    kind: 'order.score',
    header: headerOf({ seq }),
    side: 0,
    price: 100,
    size: seq,
    score,
    z: Number.isNaN(score) ? Number.NaN : 2.5,
    scoreSize: 1,
    scoreSpread: 0,
    scoreMid: 1,
    scoreImbalance: 0,
    spreadBps: 3,
    midDistanceBps: 1,
    imbalance: 5,
    orders: -1,
    model: 'lognormal',
    ...changes,
  };
}

/** @param second after noon */
export function metricOf(kind: MetricView['kind'], second: number, values: readonly number[]): MetricView {
  const exchangeUs = NOON_US + second * 1e6;
  return {
    kind,
    header: headerOf({ exchangeUs, receiveUs: exchangeUs + 1000 }),
    values: Float64Array.from(values),
    count: values.length,
  };
}
