/** Random events of every kind, for the property tests. */

import * as fc from 'fast-check';
import {
  CHANGE_KINDS,
  TRUST_REASONS,
  TRUST_STATES,
  type BookView,
  type ChangeColumns,
  type EventHeader,
  type EventView,
  type ScoreView,
  type StatusView,
  type TradeView,
} from '../model/event.ts';

const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.oneof(fc.string({ maxLength }), fc.string({ unit: 'binary', maxLength }));
const time = fc.integer({ min: 0, max: 4e15 });
const scale = fc.integer({ min: -3, max: 22 });
const amount = fc.maxSafeInteger();
const wideAmount = fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n });
/** A price or size of the top: the side may be empty. */
const maybe = fc.option(amount, { nil: Number.NaN });
const maybeWide = fc.option(wideAmount, { nil: null });

function header(wide: boolean): fc.Arbitrary<EventHeader> {
  return fc.record({
    exchange: fc.oneof(fc.constantFrom('kraken', 'binance'), text(12)),
    symbol: fc.oneof(fc.constantFrom('BTC-USD', 'ETH-USD'), text(12)),
    venueSymbol: fc.oneof(fc.constant('XBT/USD'), text(12)),
    exchangeUs: time,
    receiveUs: time,
    epoch: time,
    seq: time,
    span: fc.nat(),
    state: fc.constantFrom(...TRUST_STATES),
    reason: fc.constantFrom(...TRUST_REASONS),
    frame: time,
    priceScale: scale,
    sizeScale: scale,
    wide: fc.constant(wide),
  });
}

const row = fc.record({
  side: fc.nat({ max: 1 }),
  kind: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.nat({ max: CHANGE_KINDS.length - 1 })),
  price: amount,
  size: amount,
  change: amount,
  widePrice: wideAmount,
  wideSize: wideAmount,
  wideChange: wideAmount,
  orders: fc.oneof({ weight: 8, arbitrary: fc.constant(-1) }, fc.nat()),
});

function changes(wide: boolean): fc.Arbitrary<ChangeColumns> {
  return fc.tuple(fc.array(row, { maxLength: 12 }), fc.boolean()).map(([rows, changeIsSize]) => {
    const wideSizes = rows.map((r) => r.wideSize);
    const wideChanges = changeIsSize ? wideSizes : rows.map((r) => r.wideChange);
    const widePrices = rows.map((r) => r.widePrice);
    const sizes = wide ? wideSizes.map(Number) : rows.map((r) => r.size);
    return {
      count: rows.length,
      side: Uint8Array.from(rows, (r) => r.side),
      kind: Uint8Array.from(rows, (r) => r.kind),
      price: Float64Array.from(rows, (r) => (wide ? Number(r.widePrice) : r.price)),
      size: Float64Array.from(sizes),
      change: wide
        ? Float64Array.from(wideChanges, Number)
        : Float64Array.from(changeIsSize ? sizes : rows.map((r) => r.change)),
      orders: Int32Array.from(rows, (r) => r.orders),
      wide: wide ? { price: widePrices, size: [...wideSizes], change: [...wideChanges] } : null,
    };
  });
}

export const bookEvents: fc.Arbitrary<BookView> = fc.boolean().chain((wide) =>
  fc
    .record({
      kind: fc.constantFrom('book.snapshot' as const, 'book.delta' as const),
      header: header(wide),
      venueSeq: fc.option(time, { nil: Number.NaN }),
      changes: changes(wide),
      top: fc.record({ bid: maybe, bidSize: maybe, ask: maybe, askSize: maybe, bidSum: amount, askSum: amount }),
      wideTop: fc.record({
        bid: maybeWide,
        bidSize: maybeWide,
        ask: maybeWide,
        askSize: maybeWide,
        bidSum: wideAmount,
        askSum: wideAmount,
      }),
    })
    .map(({ wideTop, top, ...book }) => ({
      ...book,
      top: wide
        ? {
            bid: nearest(wideTop.bid),
            bidSize: nearest(wideTop.bidSize),
            ask: nearest(wideTop.ask),
            askSize: nearest(wideTop.askSize),
            bidSum: Number(wideTop.bidSum),
            askSum: Number(wideTop.askSum),
            wide: wideTop,
          }
        : { ...top, wide: null },
    })),
);

function nearest(value: bigint | null): number {
  return value === null ? Number.NaN : Number(value);
}

export const tradeEvents: fc.Arbitrary<TradeView> = fc.boolean().chain((wide) =>
  fc
    .record({
      kind: fc.constant('trade' as const),
      header: header(wide),
      tradeId: text(30),
      price: amount,
      size: amount,
      widePrice: wideAmount,
      wideSize: wideAmount,
      takerSide: fc.constantFrom('buy' as const, 'sell' as const),
    })
    .map((trade) =>
      wide
        ? { ...trade, price: Number(trade.widePrice), size: Number(trade.wideSize) }
        : { ...trade, widePrice: 0n, wideSize: 0n },
    ),
);

const statusEvents: fc.Arbitrary<StatusView> = fc.record({
  kind: fc.constant('book.status' as const),
  header: fc.boolean().chain(header),
  detail: text(200),
  gaps: fc.nat(),
  resyncs: fc.nat(),
  checksumOk: fc.nat(),
  checksumFailed: fc.nat(),
});

const statistic = fc.double();
const scoreEvents: fc.Arbitrary<ScoreView> = fc.record({
  kind: fc.constant('order.score' as const),
  header: header(false),
  side: fc.nat({ max: 1 }),
  price: statistic,
  size: statistic,
  score: fc.option(fc.nat({ max: 6 }), { nil: Number.NaN }),
  z: statistic,
  scoreSize: statistic,
  scoreSpread: statistic,
  scoreMid: statistic,
  scoreImbalance: statistic,
  spreadBps: statistic,
  midDistanceBps: statistic,
  imbalance: statistic,
  orders: fc.integer({ min: -1, max: 1000 }),
  model: text(20),
});

export const marketEvents: fc.Arbitrary<BookView | TradeView> = fc.oneof(bookEvents, tradeEvents);
export const events: fc.Arbitrary<EventView> = fc.oneof(bookEvents, tradeEvents, statusEvents, scoreEvents);

/** A copy of a reused view, its columns cut to their rows: what can be compared and kept. */
export function copyOf(view: EventView): EventView {
  const copy = structuredClone(view);
  if (copy.kind !== 'book.snapshot' && copy.kind !== 'book.delta') return copy;
  const { changes } = copy;
  for (const name of ['side', 'kind'] as const) changes[name] = changes[name].slice(0, changes.count);
  for (const name of ['price', 'size', 'change'] as const) changes[name] = changes[name].slice(0, changes.count);
  changes.orders = changes.orders.slice(0, changes.count);
  return copy;
}
