import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BookView, TradeView } from '../model/event.ts';
import { isMetric } from '../model/event.ts';
import { copyOf, marketEvents } from './fixtures/arbitrary-events.ts';
import { ByteWriter } from './byte-writer.ts';
import { BatchWriter, canonicalBytes, readBatch } from './codec.ts';

function bytesOf(view: BookView | TradeView): Uint8Array {
  const out = new ByteWriter();
  canonicalBytes(view, out);
  return out.copy();
}

function clone(view: BookView | TradeView): BookView | TradeView {
  return structuredClone(view);
}

/** The same values, held with `zeros` more decimals as wide integers. */
function widened(view: BookView | TradeView, zeros: bigint): BookView | TradeView {
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
        // Sums are doubles in both: exact here also where they grow by the zeros.
        if (narrow.kind !== 'trade') narrow.top.bidSum %= 100;
        if (narrow.kind !== 'trade') narrow.top.askSum = 0;
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
        if (copy.kind === 'book.status' || copy.kind === 'order.score' || isMetric(copy))
          throw new Error(`became ${copy.kind}`);
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
      if (other.kind !== 'trade') other.changes.orders.fill(77);
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

function changesThatCount(view: BookView | TradeView): ((other: BookView | TradeView) => void)[] {
  const changes: ((other: BookView | TradeView) => void)[] = [
    (other) => (other.header.exchange += 'x'),
    (other) => (other.header.symbol += 'x'),
    (other) => {
      if (other.header.venueTime) other.header.exchangeUs += 1;
      else other.header.venueTime = true;
    },
    (other) => (other.header.state = other.header.state === 'live' ? 'stale' : 'live'),
    (other) => {
      if (other.kind === 'trade') other.takerSide = other.takerSide === 'buy' ? 'sell' : 'buy';
      else other.venueSeq = Number.isNaN(other.venueSeq) ? 1 : Number.NaN;
    },
    (other) => {
      if (other.kind === 'trade') other.tradeId += 'x';
      else other.top.bid = Number.isNaN(other.top.bid) ? 1 : Number.NaN;
    },
    (other) => {
      if (other.kind === 'trade') other.price = next(other.price);
      else other.top.askSum = next(other.top.askSum);
    },
  ];
  if (view.kind === 'trade' || view.changes.count === 0) return changes;
  for (const name of ['price', 'size', 'change'] as const) {
    changes.push((other) => {
      if (other.kind !== 'trade') other.changes[name][0] = next(other.changes[name][0] ?? 0);
    });
  }
  for (const name of ['side', 'kind'] as const) {
    changes.push((other) => {
      if (other.kind !== 'trade') other.changes[name][0] = (other.changes[name][0] ?? 0) === 0 ? 1 : 0;
    });
  }
  return changes;
}

/** Another safe integer. */
function next(value: number): number {
  return value > 0 ? value - 1 : value + 1;
}
