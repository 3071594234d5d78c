/**
 * What a thread's books told, in few bytes per event: where each market event stands, its kind, and the CRC-32 of its canonical bytes.
 * A live run writes them beside its raw archive; a replay of that makes them again, and the first that differs is named.
 */

import { crc32 } from 'node:zlib';
import type { EventView, MarketView } from '../../model/event.ts';
import { isMarketView } from '../../model/event.ts';
import { CanonicalWriter } from './canonical-buffer.ts';

/** Events of one book and one epoch, in their order. */
export interface MarkBlock {
  /** `exchange:symbol` */
  readonly book: string;
  readonly epoch: number;
  /** Of the first event, among all market events of the book that the thread told; from 0. */
  readonly at: number;
  /** Place of each event within the epoch. */
  readonly seq: readonly number[];
  /** Kind of each event. */
  readonly kind: readonly MarketView['kind'][];
  /** CRC-32 of each event. */
  readonly mark: readonly number[];
}

interface OpenBlock {
  epoch: number;
  at: number;
  seq: number[];
  kind: MarketView['kind'][];
  mark: number[];
}

/** A block is handed over at this size. */
const BLOCK_EVENTS = 64;

export class EventMarks {
  private readonly onBlock: (block: MarkBlock) => void;
  private readonly books = new Map<string, OpenBlock>();
  private readonly buffer = new CanonicalWriter();

  /** @param onBlock gets each block once it is full, its epoch is over, or at a `flush` */
  constructor(onBlock: (block: MarkBlock) => void) {
    this.onBlock = onBlock;
  }

  /** Takes an event in, during its emission. */
  add(view: EventView): void {
    if (!isMarketView(view)) return;
    const { exchange, symbol, epoch, seq } = view.header;
    const book = `${exchange}:${symbol}`;
    let open = this.books.get(book);
    if (open === undefined) {
      open = { epoch, at: 0, seq: [], kind: [], mark: [] };
      this.books.set(book, open);
    }
    if (open.epoch !== epoch || open.seq.length >= BLOCK_EVENTS) this.close(book, open);
    open.epoch = epoch;
    this.buffer.clear();
    this.buffer.append(view);
    open.seq.push(seq);
    open.kind.push(view.kind);
    open.mark.push(crc32(this.buffer.bytes()));
  }

  /** Hands over what has been gathered so far. */
  flush(): void {
    for (const [book, open] of this.books) this.close(book, open);
  }

  /** Market events of each book so far. */
  counts(): Record<string, number> {
    return Object.fromEntries([...this.books].map(([book, { at, seq }]) => [book, at + seq.length]));
  }

  private close(book: string, open: OpenBlock): void {
    const { epoch, at, seq, kind, mark } = open;
    if (seq.length === 0) return;
    this.onBlock({ book, epoch, at, seq, kind, mark });
    Object.assign(open, { at: at + seq.length, seq: [], kind: [], mark: [] });
  }
}
