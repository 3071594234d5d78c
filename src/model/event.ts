/**
 * The normalized events that every part behind the feeds understands.
 *
 * Events live in *views*: one mutable object per kind that its owner refills for each event, so that the hot path
 * allocates nothing. A view is valid only until its owner's next event; whoever needs it longer copies it.
 *
 * Exact quantities are integers: `price` counts units of 10^-priceScale, `size` units of 10^-sizeScale. A book whose
 * integers pass 2^53 is *wide*: the float columns then hold the nearest double (right for statistics) and the bigint
 * columns the exact value (right for text and digests).
 */

import type { MetricKind } from './metric.ts';
import { isMetricKind } from './metric.ts';

/** How far a row may be believed. Only `live` rows are scored, forecast from or traded on. */
export const TRUST_STATES = ['live', 'syncing', 'stale', 'suspect'] as const;
export type TrustState = (typeof TRUST_STATES)[number];

/** Why a book is in its state. The order is part of the binary layout: append only. */
export const TRUST_REASONS = [
  'none',
  'connecting',
  'awaiting-snapshot',
  'awaiting-bridge',
  'gap',
  'checksum',
  'crossed',
  'silence',
  'disconnected',
  'shard-lost',
  'malformed',
  'maintenance',
  'range',
  'actor-failed',
  'refused',
] as const;
export type TrustReason = (typeof TRUST_REASONS)[number];

export const EVENT_KINDS = {
  'book.snapshot': 1,
  'book.delta': 2,
  trade: 3,
  'book.status': 4,
  'order.add': 5,
  'order.change': 6,
  'order.cancel': 7,
  'order.fill': 8,
  'book.sample': 9,
  'order.score': 32,
  spread: 40,
  liquidity: 41,
  bar: 42,
  indicator: 43,
  'book.top': 44,
} as const;
export type EventKind = keyof typeof EVENT_KINDS;

export type Side = 'bid' | 'ask';
/** In flat columns a side is a byte. */
export const BID = 0;
export const ASK = 1;

/** What kind of change a row is. The order is part of the binary layout: append only. */
export const CHANGE_KINDS = [
  /** The level's previous size (zero included) was known: a positive change is a new order. */
  'known',
  /** First sight of a price outside what the snapshot or the window covered: the previous size is unknown. */
  'first-sight',
  /** The level was cut because the venue's depth-limited window ends before it: nobody cancelled anything. */
  'window-exit',
  /** Order by order: the level's previous size was known, and no order has been added: one has moved or grown. */
  'resized',
] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];
export const KNOWN = 0;
export const FIRST_SIGHT = 1;
export const WINDOW_EXIT = 2;
export const RESIZED = 3;

/** What every event says of itself. */
export interface EventHeader {
  exchange: string;
  /** `BASE-QUOTE`, e.g. `BTC-USD`. */
  symbol: string;
  /** The venue's own name of the pair, e.g. `XBT/USD`. */
  venueSymbol: string;
  /** The venue's time in µs since the epoch; the receive time where the venue gives none. */
  exchangeUs: number;
  /** False where the venue gave no time, so that `exchangeUs` is the receive time and says nothing of the venue. */
  venueTime: boolean;
  /** When the frame was received, in µs since the epoch. */
  receiveUs: number;
  /** Receive time in µs of what opened this epoch of the book: its snapshot, or the book's very first frame. */
  epoch: number;
  /** Place of the event's first row within the epoch. The next event starts at `seq + span`. */
  seq: number;
  /** Rows the event stands for: a delta's changes, none of a sample, else 1. */
  span: number;
  state: TrustState;
  reason: TrustReason;
  /** Number of the frame, in the order of its archive, that caused the event: results are put in order by it. */
  frame: number;
  priceScale: number;
  sizeScale: number;
  /** True where the exact integers are in the bigint columns. */
  wide: boolean;
}

/** Best prices and open sizes per side after the whole frame. An empty side has `NaN` (narrow) or `null` (wide). */
export interface BookTop {
  bid: number;
  bidSize: number;
  ask: number;
  askSize: number;
  /** Sum of the open sizes of all levels held on the side: the nearest double where it passes 2^53. */
  bidSum: number;
  askSum: number;
  wide: WideTop | null;
}

export interface WideTop {
  bid: bigint | null;
  bidSize: bigint | null;
  ask: bigint | null;
  askSize: bigint | null;
}

/**
 * Columns of order changes, or of a snapshot's levels (there `change` equals `size`), `count` rows long; arrays are
 * at least that long. Snapshot levels stand best first, bids before asks.
 */
export interface ChangeColumns {
  count: number;
  side: Uint8Array;
  kind: Uint8Array;
  price: Float64Array;
  /** Open size of the level now; 0 means that it is gone. */
  size: Float64Array;
  /** Size now minus size before. */
  change: Float64Array;
  /** Orders at the level where the venue tells, else -1. */
  orders: Int32Array;
  wide: WideChanges | null;
}

export interface WideChanges {
  price: bigint[];
  size: bigint[];
  change: bigint[];
}

/** `book.snapshot` and `book.delta`: one applied message of the venue. */
export interface BookView {
  kind: 'book.snapshot' | 'book.delta';
  header: EventHeader;
  /** The venue's own sequence number of the message, `NaN` where it has none. */
  venueSeq: number;
  changes: ChangeColumns;
  top: BookTop;
}

/**
 * What happened to one resting order, of venues whose channel is of single orders. It stands before the `book.delta` that
 * says what it means for the levels. `order.add`: it has joined the tail of its price's queue. `order.change`: its price or
 * size is another one, and it is still there. `order.cancel`: it is gone. `order.fill`: it was traded, in part or whole.
 *
 * The scales are those of its own digits, so that they do not depend on what the book has seen.
 */
export interface OrderView {
  kind: 'order.add' | 'order.change' | 'order.cancel' | 'order.fill';
  header: EventHeader;
  /** The venue's own number of the message, `NaN` where it has none. */
  venueSeq: number;
  /** The venue's id of the order. */
  orderId: string;
  side: number;
  /** Where it rests now, or rested last: of a fill too, whatever the price of the trade. */
  price: number;
  /** What is left open of it. */
  size: number;
  /** Open size now minus before. */
  change: number;
  /** False where it stands at the tail of its queue now: a new order, or one that has lost its place. */
  keepsPlace: boolean;
  /**
   * Whether the venue says so itself. False where it says only that an order became smaller or is gone: then a cancel may
   * have been a fill, or an order that has left the venue's window.
   */
  told: boolean;
  /** Exact values where the header says wide; meaningless elsewhere. */
  widePrice: bigint;
  wideSize: bigint;
  wideChange: bigint;
}

export interface TradeView {
  kind: 'trade';
  header: EventHeader;
  /** The venue's id, or the ordinal within the exchange time where it has none. */
  tradeId: string;
  price: number;
  size: number;
  /** Exact values where the header says wide; meaningless elsewhere. */
  widePrice: bigint;
  wideSize: bigint;
  takerSide: 'buy' | 'sell';
}

/** The book's state changed; header.state and header.reason are the new ones. */
export interface StatusView {
  kind: 'book.status';
  header: EventHeader;
  /** Words for people: what was expected, what was seen. */
  detail: string;
  /** Running totals of the book, for `feed_status`. */
  gaps: number;
  resyncs: number;
  checksumOk: number;
  checksumFailed: number;
}

/**
 * Depth and best levels of a live book as its time passed a full second, told before the event that let it pass: whoever measures
 * them behind the bus need not keep the levels. The header's time is that event's, and its place is where that event will stand.
 */
export interface SampleView {
  kind: 'book.sample';
  header: EventHeader;
  /** The first `count` numbers: see `book-sample.ts`. */
  values: Float64Array;
  count: number;
}

/** The whale score of one new order. Floats in base and quote units: it is a statistic. `NaN` stands for null. */
export interface ScoreView {
  kind: 'order.score';
  header: EventHeader;
  side: number;
  price: number;
  /** The order's size q (the positive change), base units. */
  size: number;
  /** 0 to 6, or NaN where the score abstains. */
  score: number;
  z: number;
  scoreSize: number;
  scoreSpread: number;
  scoreMid: number;
  scoreImbalance: number;
  spreadBps: number;
  midDistanceBps: number;
  imbalance: number;
  /** Orders at the level where the venue tells, else -1. */
  orders: number;
  model: string;
}

/**
 * A result of market analytics: one row of numbers, in the order of the kind's columns (`metric.ts`). The header's
 * exchange time is the row's: the full second, or the beginning of the minute; it rises from row to row of a kind and pair, so
 * that these three are the row's identity. Epoch, sequence and receive time are those of the event that let time pass it.
 */
export interface MetricView {
  kind: MetricKind;
  header: EventHeader;
  /** The first `count` numbers; NaN stands for null. */
  values: Float64Array;
  count: number;
}

export function isMetric(view: EventView): view is MetricView {
  return isMetricKind(view.kind);
}

/** What a market is made of, in contrast to what is said of it: digests are taken over these. */
export type MarketView = BookView | TradeView | OrderView;
export type EventView = MarketView | SampleView | StatusView | ScoreView | MetricView;

/** Whether an event is of the market itself. */
export function isMarketView(view: EventView): view is MarketView {
  const { kind } = view;
  return kind === 'book.delta' || kind === 'trade' || kind === 'book.snapshot' || isOrderView(view);
}

export function isOrderView(view: EventView): view is OrderView {
  const { kind } = view;
  return kind === 'order.add' || kind === 'order.change' || kind === 'order.cancel' || kind === 'order.fill';
}
