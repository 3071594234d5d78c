/**
 * The views in which books tell their events, refilled for each: one set serves all books of a thread, since a view is valid during
 * the call only. So thousands of books have none of their own in memory.
 */

import { ChangeBuffer, emptyTop } from '../book/changes.ts';
import { sampleNumbers } from '../model/book-sample.ts';
import { emptyHeader } from '../model/event-header.ts';
import type { BookView, OrderView, SampleView, StatusView, TradeView } from '../model/event.ts';

export class BookViews {
  /** Changes of the message at hand, of whichever book. */
  readonly changes: ChangeBuffer;
  /** Of all views. */
  readonly header = emptyHeader();
  readonly book: BookView;
  readonly trade: TradeView;
  readonly status: StatusView;
  readonly order: OrderView;
  /** Levels per side in each second's sample. */
  readonly sampleLevels: number;
  /** Null: no samples. */
  readonly sample: SampleView | null;

  /** @param sampleLevels null: no samples */
  constructor(sampleLevels: number | null) {
    const { header } = this;
    this.changes = new ChangeBuffer();
    this.book = { kind: 'book.delta', header, venueSeq: NaN, changes: this.changes, top: emptyTop() };
    this.trade = {
      ...{ kind: 'trade', header, tradeId: '', price: 0, size: 0, widePrice: 0n, wideSize: 0n, takerSide: 'buy' },
    };
    this.status = {
      ...{ kind: 'book.status', header, detail: '', gaps: 0, resyncs: 0, checksumOk: 0, checksumFailed: 0 },
    };
    this.order = {
      ...{ kind: 'order.add', header, venueSeq: NaN, orderId: '', side: 0, price: 0, size: 0, change: 0 },
      ...{ keepsPlace: false, told: true, widePrice: 0n, wideSize: 0n, wideChange: 0n },
    };
    this.sampleLevels = sampleLevels ?? 0;
    this.sample =
      sampleLevels === null
        ? null
        : { kind: 'book.sample', header, values: new Float64Array(sampleNumbers(sampleLevels)), count: 0 };
  }
}
