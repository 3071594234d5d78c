/** Fresh, empty event views for a decoder to refill. */

import { emptyHeader } from '../model/event-header.ts';
import type { BookView, MetricView, OrderView, SampleView, ScoreView, StatusView, TradeView } from '../model/event.ts';

const INITIAL_ROWS = 256;
const INITIAL_NUMBERS = 64;

export function newBookView(): BookView {
  return {
    kind: 'book.delta',
    header: emptyHeader(),
    venueSeq: Number.NaN,
    changes: {
      count: 0,
      side: new Uint8Array(INITIAL_ROWS),
      kind: new Uint8Array(INITIAL_ROWS),
      price: new Float64Array(INITIAL_ROWS),
      size: new Float64Array(INITIAL_ROWS),
      change: new Float64Array(INITIAL_ROWS),
      orders: new Int32Array(INITIAL_ROWS),
      wide: null,
    },
    top: {
      bid: Number.NaN,
      bidSize: Number.NaN,
      ask: Number.NaN,
      askSize: Number.NaN,
      bidSum: 0,
      askSum: 0,
      wide: null,
    },
  };
}

export function newTradeView(): TradeView {
  return {
    kind: 'trade',
    header: emptyHeader(),
    tradeId: '',
    price: 0,
    size: 0,
    widePrice: 0n,
    wideSize: 0n,
    takerSide: 'buy',
  };
}

export function newOrderView(): OrderView {
  return {
    kind: 'order.add',
    header: emptyHeader(),
    venueSeq: Number.NaN,
    orderId: '',
    side: 0,
    price: 0,
    size: 0,
    change: 0,
    keepsPlace: false,
    told: true,
    widePrice: 0n,
    wideSize: 0n,
    wideChange: 0n,
  };
}

export function newStatusView(): StatusView {
  return {
    kind: 'book.status',
    header: emptyHeader(),
    detail: '',
    gaps: 0,
    resyncs: 0,
    checksumOk: 0,
    checksumFailed: 0,
  };
}

export function newSampleView(): SampleView {
  return { kind: 'book.sample', header: emptyHeader(), values: new Float64Array(INITIAL_NUMBERS), count: 0 };
}

export function newMetricView(): MetricView {
  return { kind: 'spread', header: emptyHeader(), values: new Float64Array(INITIAL_NUMBERS), count: 0 };
}

export function newScoreView(): ScoreView {
  return {
    kind: 'order.score',
    header: emptyHeader(),
    side: 0,
    price: 0,
    size: 0,
    score: Number.NaN,
    z: 0,
    scoreSize: 0,
    scoreSpread: 0,
    scoreMid: 0,
    scoreImbalance: 0,
    spreadBps: 0,
    midDistanceBps: 0,
    imbalance: 0,
    orders: -1,
    model: '',
  };
}
