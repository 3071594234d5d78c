/** How each kind of event becomes rows: one function per table, holding the columns it fills. */

import { assert, AssertionFailed } from '../lib/assert.ts';
import {
  type BookView,
  CHANGE_KINDS,
  type EventHeader,
  type MetricView,
  type OrderView,
  type ScoreView,
  type Side,
  type StatusView,
  type TradeView,
} from '../model/event.ts';
import type { InstrumentVersion } from '../model/instrument.ts';
import { METRIC_COLUMNS } from '../model/metric.ts';
import type { LevelsColumn, SymbolColumn, TableBuffer } from './column-buffers.ts';
import { decimalsToDoubles, decimalToDouble } from './decimal-to-double.ts';

/** By their byte in flat columns: BID, ASK. */
const SIDES: readonly Side[] = ['bid', 'ask'];

/** Appends the rows of one event. */
export type RowWriter<View> = (event: View) => void;

/** `book.delta` to `order_changes`: a row per change, numbered on from the event's own sequence number. */
export function orderChangesWriter(buffer: TableBuffer): RowWriter<BookView> {
  const ts = buffer.timestamps;
  const exchange = buffer.symbols('exchange');
  const symbol = buffer.symbols('symbol');
  const epoch = buffer.numbers('epoch');
  const seq = buffer.numbers('seq');
  const side = buffer.symbols('side');
  const sideCodes = codesOf(side, SIDES);
  const kind = buffer.symbols('kind');
  const kindCodes = codesOf(kind, CHANGE_KINDS);
  const price = buffer.numbers('price');
  const size = buffer.numbers('size');
  const change = buffer.numbers('change');
  const orders = buffer.numbers('orders');
  const state = buffer.symbols('book_state');
  const reason = buffer.symbols('reason');

  return ({ header, changes }) => {
    const { count } = changes;
    const exact = exactColumns(header, changes);
    const row = buffer.reserve(count);
    ts.values.fill(header.exchangeUs, row, row + count);
    exchange.codes.fill(exchange.codeOf(header.exchange), row, row + count);
    symbol.codes.fill(symbol.codeOf(header.symbol), row, row + count);
    epoch.values.fill(header.epoch, row, row + count);
    state.codes.fill(state.codeOf(header.state), row, row + count);
    reason.codes.fill(reason.codeOf(header.reason), row, row + count);
    decimalsToDoubles(exact.price, { scale: header.priceScale, count, target: price.values, at: row });
    decimalsToDoubles(exact.size, { scale: header.sizeScale, count, target: size.values, at: row });
    decimalsToDoubles(exact.change, { scale: header.sizeScale, count, target: change.values, at: row });
    for (let i = 0; i < count; i++) {
      seq.values[row + i] = header.seq + i;
      side.codes[row + i] = codeAt(sideCodes, changes.side[i]);
      kind.codes[row + i] = codeAt(kindCodes, changes.kind[i]);
      orders.values[row + i] = orderCount(changes.orders[i] ?? -1);
    }
  };
}

/** What a row calls each kind of an order's event. */
const ORDER_KINDS = {
  'order.add': 'add',
  'order.change': 'change',
  'order.cancel': 'cancel',
  'order.fill': 'fill',
} as const;

/** `order.add`, `order.change`, `order.cancel` and `order.fill` to `order_events`. */
export function orderEventsWriter(buffer: TableBuffer): RowWriter<OrderView> {
  const writeIdentity = identityWriter(buffer, 'book_state');
  const epoch = buffer.numbers('epoch');
  const seq = buffer.numbers('seq');
  const orderId = buffer.texts('order_id');
  const kind = buffer.symbols('kind');
  const side = buffer.symbols('side');
  const sideCodes = codesOf(side, SIDES);
  const price = buffer.numbers('price');
  const size = buffer.numbers('size');
  const change = buffer.numbers('change');
  const keepsPlace = buffer.numbers('keeps_place');
  const told = buffer.numbers('told');

  return (event) => {
    const { header } = event;
    const row = buffer.reserve(1);
    writeIdentity(row, header);
    epoch.values[row] = header.epoch;
    seq.values[row] = header.seq;
    orderId.values[row] = event.orderId;
    kind.codes[row] = kind.codeOf(ORDER_KINDS[event.kind]);
    side.codes[row] = codeAt(sideCodes, event.side);
    price.values[row] = decimalToDouble(header.wide ? event.widePrice : event.price, header.priceScale);
    size.values[row] = decimalToDouble(header.wide ? event.wideSize : event.size, header.sizeScale);
    change.values[row] = decimalToDouble(header.wide ? event.wideChange : event.change, header.sizeScale);
    keepsPlace.values[row] = event.keepsPlace ? 1 : 0;
    told.values[row] = event.told ? 1 : 0;
  };
}

/** `order.score` to `new_orders`. */
export function newOrdersWriter(buffer: TableBuffer): RowWriter<ScoreView> {
  const writeIdentity = identityWriter(buffer, 'book_state');
  const epoch = buffer.numbers('epoch');
  const seq = buffer.numbers('seq');
  const side = buffer.symbols('side');
  const sideCodes = codesOf(side, SIDES);
  const price = buffer.numbers('price');
  const size = buffer.numbers('size');
  const notional = buffer.numbers('notional');
  const score = buffer.numbers('whale_score');
  const z = buffer.numbers('z');
  const scoreSize = buffer.numbers('score_size');
  const scoreSpread = buffer.numbers('score_spread');
  const scoreMid = buffer.numbers('score_mid');
  const scoreImbalance = buffer.numbers('score_imbalance');
  const spreadBps = buffer.numbers('spread_bps');
  const midDistanceBps = buffer.numbers('mid_distance_bps');
  const imbalance = buffer.numbers('imbalance');
  const orders = buffer.numbers('orders');
  const model = buffer.symbols('model');

  return (event) => {
    const row = buffer.reserve(1);
    writeIdentity(row, event.header);
    epoch.values[row] = event.header.epoch;
    seq.values[row] = event.header.seq;
    side.codes[row] = codeAt(sideCodes, event.side);
    price.values[row] = event.price;
    size.values[row] = event.size;
    notional.values[row] = event.price * event.size;
    score.values[row] = event.score;
    z.values[row] = finiteOrNull(event.z);
    scoreSize.values[row] = event.scoreSize;
    scoreSpread.values[row] = event.scoreSpread;
    scoreMid.values[row] = event.scoreMid;
    scoreImbalance.values[row] = event.scoreImbalance;
    spreadBps.values[row] = finiteOrNull(event.spreadBps);
    midDistanceBps.values[row] = finiteOrNull(event.midDistanceBps);
    imbalance.values[row] = finiteOrNull(event.imbalance);
    orders.values[row] = orderCount(event.orders);
    model.codes[row] = model.codeOf(event.model);
  };
}

/** `trade` to `trades`. */
export function tradesWriter(buffer: TableBuffer): RowWriter<TradeView> {
  const writeIdentity = identityWriter(buffer, 'book_state');
  const tradeId = buffer.texts('trade_id');
  const price = buffer.numbers('price');
  const size = buffer.numbers('size');
  const takerSide = buffer.symbols('taker_side');
  const buyerIsMaker = buffer.numbers('buyer_is_maker');

  return (event) => {
    const { header } = event;
    const row = buffer.reserve(1);
    writeIdentity(row, header);
    tradeId.values[row] = event.tradeId;
    price.values[row] = decimalToDouble(header.wide ? event.widePrice : event.price, header.priceScale);
    size.values[row] = decimalToDouble(header.wide ? event.wideSize : event.size, header.sizeScale);
    takerSide.codes[row] = takerSide.codeOf(event.takerSide);
    buyerIsMaker.values[row] = event.takerSide === 'sell' ? 1 : 0;
  };
}

/** `book.status` to `feed_status`. */
export function feedStatusWriter(buffer: TableBuffer): RowWriter<StatusView> {
  const writeIdentity = identityWriter(buffer, 'state');
  const epoch = buffer.numbers('epoch');
  const seq = buffer.numbers('seq');
  const reason = buffer.symbols('reason');
  const detail = buffer.texts('detail');
  const gaps = buffer.numbers('gaps');
  const resyncs = buffer.numbers('resyncs');
  const checksumOk = buffer.numbers('checksum_ok');
  const checksumFailed = buffer.numbers('checksum_failed');

  return (event) => {
    const row = buffer.reserve(1);
    writeIdentity(row, event.header);
    epoch.values[row] = event.header.epoch;
    seq.values[row] = event.header.seq;
    reason.codes[row] = reason.codeOf(event.header.reason);
    detail.values[row] = event.detail;
    gaps.values[row] = event.gaps;
    resyncs.values[row] = event.resyncs;
    checksumOk.values[row] = event.checksumOk;
    checksumFailed.values[row] = event.checksumFailed;
  };
}

/** A result of analytics to the table of its kind: a column per number. */
export function metricWriter(buffer: TableBuffer, kind: keyof typeof METRIC_COLUMNS): RowWriter<MetricView> {
  const writePlace = placeWriter(buffer);
  const columns = Object.keys(METRIC_COLUMNS[kind]).map((name) => buffer.numbers(name));

  return ({ header, values }) => {
    const row = buffer.reserve(1);
    writePlace(row, header);
    for (const [i, column] of columns.entries()) column.values[row] = finiteOrNull(values[i] as number);
  };
}

/** `book.top` to `book_top`. */
export function bookTopWriter(buffer: TableBuffer): RowWriter<MetricView> {
  const writePlace = placeWriter(buffer);
  const bids = buffer.levels('bids');
  const asks = buffer.levels('asks');

  return ({ header, values, count }) => {
    const row = buffer.reserve(1);
    writePlace(row, header);
    const asksAt = 1 + 2 * (values[0] as number);
    writeLevels(bids, row, values, 1, asksAt);
    writeLevels(asks, row, values, asksAt, count);
  };
}

/** Takes prices and sizes apart, which come in turn. */
function writeLevels(column: LevelsColumn, row: number, values: Float64Array, from: number, to: number): void {
  const count = (to - from) / 2;
  const levels = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) {
    levels[i] = values[from + 2 * i] as number;
    levels[count + i] = values[from + 2 * i + 1] as number;
  }
  column.values[row] = levels;
}

/** A version of an instrument to `instruments`. */
export function instrumentsWriter(buffer: TableBuffer): RowWriter<InstrumentVersion> {
  const ts = buffer.timestamps;
  const exchange = buffer.symbols('exchange');
  const symbol = buffer.symbols('symbol');
  const venueSymbol = buffer.symbols('venue_symbol');
  const base = buffer.symbols('base');
  const quote = buffer.symbols('quote');
  const tickSize = buffer.numbers('tick_size');
  const lotSize = buffer.numbers('lot_size');
  const status = buffer.symbols('status');
  const isCurrent = buffer.numbers('is_current');
  const validFrom = buffer.numbers('valid_from');
  const validTo = buffer.numbers('valid_to');
  const lastModifiedBy = buffer.symbols('last_modified_by');

  return (version) => {
    const row = buffer.reserve(1);
    ts.values[row] = version.validFromUs;
    exchange.codes[row] = exchange.codeOf(version.exchange);
    symbol.codes[row] = symbol.codeOf(version.symbol);
    venueSymbol.codes[row] = venueSymbol.codeOf(version.venueSymbol);
    base.codes[row] = base.codeOf(version.base);
    quote.codes[row] = quote.codeOf(version.quote);
    tickSize.values[row] = version.tickSize ?? Number.NaN;
    lotSize.values[row] = version.lotSize ?? Number.NaN;
    status.codes[row] = status.codeOf(version.status);
    isCurrent.values[row] = version.isCurrent ? 1 : 0;
    validFrom.values[row] = version.validFromUs;
    validTo.values[row] = version.validToUs ?? Number.NaN;
    lastModifiedBy.codes[row] = lastModifiedBy.codeOf(version.modifiedBy);
  };
}

/** Writes when and of which pair. */
function placeWriter(buffer: TableBuffer): (row: number, header: EventHeader) => void {
  const ts = buffer.timestamps;
  const exchange = buffer.symbols('exchange');
  const symbol = buffer.symbols('symbol');
  return (row, header) => {
    ts.values[row] = header.exchangeUs;
    exchange.codes[row] = exchange.codeOf(header.exchange);
    symbol.codes[row] = symbol.codeOf(header.symbol);
  };
}

/** Writes what the one-row tables share: who, when, and how far to believe it. */
function identityWriter(buffer: TableBuffer, stateColumn: string): (row: number, header: EventHeader) => void {
  const ts = buffer.timestamps;
  const exchange = buffer.symbols('exchange');
  const symbol = buffer.symbols('symbol');
  const state = buffer.symbols(stateColumn);
  const received = buffer.numbers('received');
  return (row, header) => {
    ts.values[row] = header.exchangeUs;
    exchange.codes[row] = exchange.codeOf(header.exchange);
    symbol.codes[row] = symbol.codeOf(header.symbol);
    state.codes[row] = state.codeOf(header.state);
    received.values[row] = header.receiveUs;
  };
}

type IntegerColumn = Float64Array | readonly bigint[];

/** The columns that hold the exact integers of a delta. */
function exactColumns(
  header: EventHeader,
  changes: BookView['changes'],
): { price: IntegerColumn; size: IntegerColumn; change: IntegerColumn } {
  if (!header.wide) return changes;
  assert(changes.wide !== null, `wide delta of ${header.exchange}:${header.symbol} without its bigint columns`);
  return changes.wide;
}

/** The codes of texts that events name by their index. */
function codesOf(column: SymbolColumn, texts: readonly string[]): Uint32Array {
  return Uint32Array.from(texts, (text) => column.codeOf(text));
}

function codeAt(codes: Uint32Array, index: number | undefined): number {
  const code = codes[index ?? -1];
  if (code === undefined) throw new AssertionFailed(`an event names side or kind ${index}`);
  return code;
}

function orderCount(orders: number): number {
  return orders < 0 ? Number.NaN : orders;
}

/** QuestDB has no infinity that survives a query, so that in both stores a statistic without a finite value is null. */
function finiteOrNull(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}
