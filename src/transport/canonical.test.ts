import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyHeader } from '../model/event-header.ts';
import { isMarketView, isOrderView, type BookView, type MarketView, type TradeView } from '../model/event.ts';
import { copyOf, marketEvents } from './fixtures/arbitrary-events.ts';
import { ByteWriter } from './byte-writer.ts';
import { CanonicalHeads } from './canonical.ts';
import { BatchWriter, canonicalBytes, readBatch } from './codec.ts';

function bytesOf(view: MarketView): Uint8Array {
  const out = new ByteWriter();
  canonicalBytes(view, out);
  return out.copy();
}

function clone(view: MarketView): MarketView {
  return structuredClone(view);
}

/** The same values, held with `zeros` more decimals as wide integers. */
function widened(view: MarketView, zeros: bigint): MarketView {
  const factor = 10n ** zeros;
  const exact = (value: number | bigint): bigint => BigInt(value) * factor;
  const exactOrNull = (value: number): bigint | null => (Number.isNaN(value) ? null : exact(value));
  const copy = clone(view);
  copy.header.wide = true;
  copy.header.priceScale += Number(zeros);
  copy.header.sizeScale += Number(zeros);
  if (copy.kind === 'trade') {
    copy.widePrice = exact(copy.price);
    copy.wideSize = exact(copy.size);
    return copy;
  }
  if (isOrderView(copy)) {
    copy.widePrice = exact(copy.price);
    copy.wideSize = exact(copy.size);
    copy.wideChange = exact(copy.change);
    return copy;
  }
  const { changes, top } = copy;
  const column = (values: Float64Array): bigint[] => Array.from(values.subarray(0, changes.count), exact);
  changes.wide = { price: column(changes.price), size: column(changes.size), change: column(changes.change) };
  top.wide = {
    bid: exactOrNull(top.bid),
    bidSize: exactOrNull(top.bidSize),
    ask: exactOrNull(top.ask),
    askSize: exactOrNull(top.askSize),
  };
  top.bidSum = Number(exact(top.bidSum));
  top.askSum = Number(exact(top.askSum));
  return copy;
}

test('equal values give equal bytes, however they are held', () => {
  fc.assert(
    fc.property(
      marketEvents.filter((view) => !view.header.wide),
      fc.bigInt({ min: 0n, max: 20n }),
      (view, zeros) => {
        const narrow = clone(view);
        // Sums are doubles in both: exact here also where they grow by the zeros, up to 2^53 / 5^20.
        if (isBook(narrow)) {
          narrow.top.bidSum %= 94;
          narrow.top.askSum = 0;
        }
        expect(bytesOf(widened(narrow, zeros))).toEqual(bytesOf(narrow));
      },
    ),
  );
});

test('the bus changes no canonical byte', () => {
  fc.assert(
    fc.property(marketEvents, (view) => {
      const writer = new BatchWriter();
      writer.append(view);
      readBatch(writer.take(), (decoded) => {
        const copy = copyOf(decoded);
        if (!isMarketView(copy)) throw new Error(`became ${copy.kind}`);
        expect(bytesOf(copy)).toEqual(bytesOf(view));
      });
    }),
  );
});

test('receive time, epoch, seq, frame, reason and order counts do not show', () => {
  fc.assert(
    fc.property(marketEvents, (view) => {
      const other = clone(view);
      Object.assign(other.header, { receiveUs: 1, epoch: 2, seq: 3, frame: 4, span: 5 });
      if (isBook(other)) other.changes.orders.fill(77);
      expect(bytesOf(other)).toEqual(bytesOf(view));
    }),
  );
});

test('every value that counts shows', () => {
  fc.assert(
    fc.property(
      marketEvents.filter((view) => !view.header.wide),
      (view) => {
        const before = bytesOf(view);
        for (const change of changesThatCount(view)) {
          const other = clone(view);
          change(other);
          expect(bytesOf(other)).not.toEqual(before);
        }
      },
    ),
  );
});

function changesThatCount(view: MarketView): ((other: MarketView) => void)[] {
  const changes: ((other: MarketView) => void)[] = [
    (other) => (other.header.exchange += 'x'),
    (other) => (other.header.symbol += 'x'),
    (other) => {
      if (other.header.venueTime) other.header.exchangeUs += 1;
      else other.header.venueTime = true;
    },
    (other) => (other.header.state = other.header.state === 'live' ? 'stale' : 'live'),
  ];
  const add = (change: (other: MarketView) => void): unknown => changes.push(change);
  if (view.kind === 'trade' || isOrderView(view)) {
    add((other) => {
      if (other.kind === 'trade') other.takerSide = other.takerSide === 'buy' ? 'sell' : 'buy';
      if (isOrderView(other)) other.side = 1 - other.side;
    });
    add((other) => {
      if (other.kind === 'trade') other.tradeId += 'x';
      if (isOrderView(other)) other.orderId += 'x';
    });
    for (const name of ['price', 'size'] as const) {
      add((other) => {
        if (!isBook(other)) other[name] = next(other[name]);
      });
    }
    if (!isOrderView(view)) return changes;
    for (const name of ['keepsPlace', 'told'] as const) {
      add((other) => {
        if (isOrderView(other)) other[name] = !other[name];
      });
    }
    add((other) => {
      if (isOrderView(other)) other.change = next(other.change);
    });
    add((other) => {
      if (isOrderView(other)) other.venueSeq = Number.isNaN(other.venueSeq) ? 1 : Number.NaN;
    });
    return changes;
  }
  add((other) => {
    if (isBook(other)) other.venueSeq = Number.isNaN(other.venueSeq) ? 1 : Number.NaN;
  });
  add((other) => {
    if (isBook(other)) other.top.bid = Number.isNaN(other.top.bid) ? 1 : Number.NaN;
  });
  add((other) => {
    if (isBook(other)) other.top.askSum = next(other.top.askSum);
  });
  if (view.changes.count === 0) return changes;
  for (const name of ['price', 'size', 'change'] as const) {
    add((other) => {
      if (isBook(other)) other.changes[name][0] = next(other.changes[name][0] ?? 0);
    });
  }
  for (const name of ['side', 'kind'] as const) {
    add((other) => {
      if (isBook(other)) other.changes[name][0] = (other.changes[name][0] ?? 0) === 0 ? 1 : 0;
    });
  }
  return changes;
}

function isBook(view: MarketView): view is BookView {
  return view.kind === 'book.delta' || view.kind === 'book.snapshot';
}

/** Another safe integer. */
function next(value: number): number {
  return value > 0 ? value - 1 : value + 1;
}

test('heads that are written again are those of their event', () => {
  fc.assert(
    fc.property(fc.array(marketEvents, { maxLength: 8 }), fc.array(fc.nat(7), { maxLength: 20 }), (views, order) => {
      const heads = new CanonicalHeads();
      for (const at of order) {
        const view = views[at % Math.max(1, views.length)];
        if (view === undefined) continue;
        const out = new ByteWriter();
        canonicalBytes(view, out, heads);
        expect(out.copy()).toEqual(bytesOf(view));
      }
    }),
  );
});

test('no safe integer loses more or fewer zeros than it has', () => {
  const digits = fc.bigInt({ min: 1n, max: 9_007_199_254_740_991n });
  fc.assert(
    fc.property(digits, fc.nat(15), fc.boolean(), (value, zeros, isNegative) => {
      const power = 10n ** BigInt(zeros);
      const shortened = value / power;
      if (shortened === 0n) return;
      const mantissa = Number(shortened * power) * (isNegative ? -1 : 1);
      const trade = structuredClone(TRADE);
      trade.price = mantissa;
      const out = new ByteWriter();
      canonicalBytes(trade, out);
      const at = out.length - 20;
      let rest = BigInt(mantissa);
      let decimals = trade.header.priceScale;
      for (; rest % 10n === 0n; decimals--) rest /= 10n;
      expect(out.view.getFloat64(at + 2, true)).toBe(Number(rest));
      expect(out.view.getInt8(at + 1)).toBe(decimals);
    }),
    { numRuns: 2000 },
  );
});

const TRADE: TradeView = {
  kind: 'trade',
  header: { ...emptyHeader(), exchange: 'kraken', symbol: 'BTC-USD', priceScale: 8, sizeScale: 8 },
  tradeId: '1',
  price: 0,
  size: 1,
  widePrice: 0n,
  wideSize: 0n,
  takerSide: 'buy',
};
