/** What has arrived, summed up so that any event that is lost, repeated, changed or out of its book's order shows. */

import type { EventView } from '../../src/model/event.ts';
import type { Facts } from '../harness/facts.ts';

const FNV_PRIME = 0x01000193;

/** An event in few numbers, however it travelled. */
export interface Arrived {
  readonly symbol: string;
  readonly seq: number;
  /** Changed levels, 0 of a trade. */
  readonly rows: number;
  /** Of the first change, or of the trade. */
  readonly price: number;
  readonly size: number;
}

export class Arrivals {
  events = 0;
  private readonly digests = new Map<string, number>();

  /** @returns events so far */
  add({ symbol, seq, rows, price, size }: Arrived): number {
    let digest = this.digests.get(symbol) ?? 0;
    digest = Math.imul(digest ^ seq, FNV_PRIME);
    digest = Math.imul(digest ^ rows, FNV_PRIME);
    digest = Math.imul(digest ^ price, FNV_PRIME);
    this.digests.set(symbol, Math.imul(digest ^ size, FNV_PRIME));
    return ++this.events;
  }

  /** @returns events so far */
  addView(view: EventView): number {
    const { symbol, seq } = view.header;
    if (view.kind === 'trade') return this.add({ symbol, seq, rows: 0, price: view.price, size: view.size });
    if (view.kind !== 'book.delta') throw new TypeError(`nobody sent a ${view.kind}`);
    const { count, price, size } = view.changes;
    return this.add({ symbol, seq, rows: count, price: price[0] ?? NaN, size: size[0] ?? NaN });
  }

  facts(): Facts {
    const books = [...this.digests].sort(([one], [other]) => (one < other ? -1 : 1));
    return { events: this.events, books: books.length, arrived: books.map(([, digest]) => digest >>> 0).join(' ') };
  }
}
