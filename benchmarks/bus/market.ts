/** Events for the benchmarks of bus and threads: like those of a busy venue, made in memory from a seed. */

import { z } from 'zod';

import { createPrng, int, type Prng } from '../../src/lib/prng.ts';
import { emptyHeader } from '../../src/model/event-header.ts';
import type { BookView, EventHeader, TradeView } from '../../src/model/event.ts';

export const marketSchema = z.object({
  seed: z.string(),
  books: z.int().min(1),
  /** Events of a pass. */
  events: z.int().min(1),
});
export type MarketSpec = Readonly<z.infer<typeof marketSchema>>;

/** Every fourth event is a trade, the others change one to three levels. */
const TRADE_EVERY = 4;
const ROWS_MAX = 3;
/** Events made beforehand, whose places are then told anew: making them is not what is measured. */
const EVENTS_MADE = 4096;
/** 2026-07-01T00:00:00Z. */
const START_US = 1_782_864_000_000_000;

export class MarketEvents {
  readonly spec: MarketSpec;
  private readonly made: readonly (BookView | TradeView)[];
  private readonly seqs: Float64Array;

  constructor(spec: MarketSpec) {
    const prng = createPrng(spec.seed);
    this.spec = spec;
    this.made = Array.from({ length: EVENTS_MADE }, (_, i) => makeEvent(prng, i, i % spec.books));
    this.seqs = new Float64Array(spec.books);
  }

  /** Begins a pass. */
  reset(): void {
    this.seqs.fill(0);
  }

  /** Number of the book that the event belongs to; it decides its lane. */
  bookOf(index: number): number {
    return (index % EVENTS_MADE) % this.spec.books;
  }

  /** The pass's next event; each index in turn. Valid until the next call. */
  at(index: number): BookView | TradeView {
    const view = this.made[index % EVENTS_MADE];
    if (view === undefined) throw new TypeError(`there is no event ${index}`);
    const { header } = view;
    const book = this.bookOf(index);
    header.seq = this.seqs[book] as number;
    header.frame = index;
    header.receiveUs = START_US + index * 10;
    header.exchangeUs = header.receiveUs - 1500;
    this.seqs[book] = header.seq + header.span;
    return view;
  }
}

function makeEvent(prng: Prng, index: number, book: number): BookView | TradeView {
  const price = 1_000_000 + book * 10_000 + int(prng, -50, 50);
  return index % TRADE_EVERY === 0 ? makeTrade(prng, index, book, price) : makeDelta(prng, book, price);
}

function headerOf(book: number, span: number): EventHeader {
  const symbol = `PAIR${book}-USD`;
  const names = { exchange: 'kraken', symbol, venueSymbol: symbol.replace('-', '/') };
  return { ...emptyHeader(), ...names, epoch: START_US, span, priceScale: 2, sizeScale: 8 };
}

function makeTrade(prng: Prng, index: number, book: number, price: number): TradeView {
  return {
    kind: 'trade',
    header: headerOf(book, 1),
    tradeId: String(80_000_000 + index),
    price,
    size: int(prng, 1, 500_000_000),
    widePrice: 0n,
    wideSize: 0n,
    takerSide: int(prng, 0, 1) === 0 ? 'buy' : 'sell',
  };
}

function makeDelta(prng: Prng, book: number, bid: number): BookView {
  const count = int(prng, 1, ROWS_MAX);
  const column = (draw: () => number): Float64Array => Float64Array.from({ length: count }, draw);
  return {
    kind: 'book.delta',
    header: headerOf(book, count),
    venueSeq: NaN,
    changes: {
      count,
      side: Uint8Array.from({ length: count }, () => int(prng, 0, 1)),
      kind: new Uint8Array(count),
      price: column(() => bid + int(prng, -200, 200)),
      size: column(() => int(prng, 0, 500_000_000)),
      change: column(() => int(prng, -500_000_000, 500_000_000)),
      orders: new Int32Array(count).fill(-1),
      wide: null,
    },
    top: {
      bid,
      bidSize: int(prng, 1, 500_000_000),
      ask: bid + int(prng, 1, 20),
      askSize: int(prng, 1, 500_000_000),
      bidSum: 90_000_000_000 + int(prng, 0, 500_000_000),
      askSum: 90_000_000_000 + int(prng, 0, 500_000_000),
      wide: null,
    },
  };
}
