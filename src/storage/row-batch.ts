import { assert, assertNever } from '../lib/assert.ts';
import type { BookView, EventView, MetricView, OrderView, ScoreView, StatusView, TradeView } from '../model/event.ts';
import type { InstrumentVersion } from '../model/instrument.ts';
import type { MetricKind } from '../model/metric.ts';
import type { RowBatch } from '../ports/store.ts';
import { TableBuffer } from './column-buffers.ts';
import {
  bookTopWriter,
  feedStatusWriter,
  instrumentsWriter,
  metricWriter,
  newOrdersWriter,
  orderChangesWriter,
  orderEventsWriter,
  type RowWriter,
  tradesWriter,
} from './row-writers.ts';

export interface RowBatchOptions {
  /** False drops `order_changes` and `order_events`: at whole-market rates that is billions of rows a day. Default true. */
  readonly orderChanges?: boolean;
}

/** The batch of both stores: events become rows in column buffers, which stay until `clear`, whatever a write does. */
export class ColumnBatch implements RowBatch {
  /** In the order in which they are written. */
  readonly tables: readonly TableBuffer[];
  private readonly writeOrderChanges: RowWriter<BookView> | null;
  private readonly writeOrderEvent: RowWriter<OrderView> | null;
  private readonly writeNewOrder: RowWriter<ScoreView>;
  private readonly writeTrade: RowWriter<TradeView>;
  private readonly writeFeedStatus: RowWriter<StatusView>;
  private readonly writeMetric: Readonly<Record<MetricKind, RowWriter<MetricView>>>;
  private readonly writeInstrument: RowWriter<InstrumentVersion>;

  constructor(options: RowBatchOptions = {}) {
    const orderChanges = new TableBuffer('order_changes');
    const orderEvents = new TableBuffer('order_events');
    const newOrders = new TableBuffer('new_orders');
    const trades = new TableBuffer('trades');
    const feedStatus = new TableBuffer('feed_status');
    const instruments = new TableBuffer('instruments');
    const bookTop = new TableBuffer('book_top');
    const spreads = new TableBuffer('spreads');
    const liquidity = new TableBuffer('liquidity_60s');
    const bars = new TableBuffer('bars_1m');
    const indicators = new TableBuffer('indicators_1m');
    const results = [bookTop, spreads, liquidity, bars, indicators];
    this.tables = [orderChanges, orderEvents, newOrders, trades, ...results, feedStatus, instruments];
    this.writeMetric = {
      'book.top': bookTopWriter(bookTop),
      spread: metricWriter(spreads, 'spread'),
      liquidity: metricWriter(liquidity, 'liquidity'),
      bar: metricWriter(bars, 'bar'),
      indicator: metricWriter(indicators, 'indicator'),
    };
    this.writeOrderChanges = options.orderChanges === false ? null : orderChangesWriter(orderChanges);
    this.writeOrderEvent = options.orderChanges === false ? null : orderEventsWriter(orderEvents);
    this.writeNewOrder = newOrdersWriter(newOrders);
    this.writeTrade = tradesWriter(trades);
    this.writeFeedStatus = feedStatusWriter(feedStatus);
    this.writeInstrument = instrumentsWriter(instruments);
  }

  append(event: EventView): void {
    switch (event.kind) {
      case 'book.delta':
        this.writeOrderChanges?.(event);
        return;
      case 'book.snapshot':
        // Its levels were not ordered at that moment: they are no changes.
        return;
      case 'book.sample':
        // What analytics makes of it has tables of its own.
        return;
      case 'order.add':
      case 'order.change':
      case 'order.cancel':
      case 'order.fill':
        this.writeOrderEvent?.(event);
        return;
      case 'order.score':
        this.writeNewOrder(event);
        return;
      case 'trade':
        this.writeTrade(event);
        return;
      case 'book.status':
        this.writeFeedStatus(event);
        return;
      case 'spread':
      case 'liquidity':
      case 'bar':
      case 'indicator':
      case 'book.top':
        this.writeMetric[event.kind](event);
        return;
      default:
        assertNever(event);
    }
  }

  appendInstrument(version: InstrumentVersion): void {
    this.writeInstrument(version);
  }

  get rows(): number {
    let rows = 0;
    for (const table of this.tables) rows += table.rows;
    return rows;
  }

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.tables.map((table) => [table.name, table.rows]));
  }

  clear(): void {
    for (const table of this.tables) table.clear();
  }
}

/** The tables of a batch that a store handed out itself; any other batch is a bug of the caller. */
export function tablesOf(batch: RowBatch): readonly TableBuffer[] {
  assert(batch instanceof ColumnBatch, 'a store writes only the batches that it made');
  return batch.tables;
}
