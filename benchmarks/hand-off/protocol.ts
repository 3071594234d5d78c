/** What the two threads of a hand-off tell each other. */

import type { LinkEnd } from '../../src/transport/embedded-link.ts';
import type { BookView, TradeView } from '../../src/model/event.ts';
import type { Facts } from '../harness/facts.ts';

/** What the reader's thread is started with. */
export interface ReceiverJob {
  readonly via: 'objects' | 'buffers' | 'bus';
  /** Of the bus only. */
  readonly end?: LinkEnd;
  /** Each pass brings so many. */
  readonly events: number;
}

/** From the receiver: it is there, so many events of the pass have arrived, all have. */
export type ReceiverMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'through'; readonly events: number }
  | { readonly kind: 'done'; readonly facts: Facts };

/** Events ahead of what the receiver has told, at most, in all cases but the bus's, which has its own window. */
export const AHEAD_MAX = 8192;
/** The receiver tells of its progress this often. */
export const TELL_EVERY = 1024;

/** An event as one would write it without a codec: plain objects, a level an object. */
export interface PlainEvent {
  readonly kind: 'book.delta' | 'trade';
  readonly exchange: string;
  readonly symbol: string;
  readonly exchangeUs: number;
  readonly receiveUs: number;
  readonly epoch: number;
  readonly seq: number;
  readonly frame: number;
  readonly state: string;
  readonly priceScale: number;
  readonly sizeScale: number;
  readonly top?: Omit<BookView['top'], 'wide'>;
  readonly changes?: readonly { side: number; price: number; size: number; change: number }[];
  readonly trade?: { readonly id: string; readonly price: number; readonly size: number; readonly takerSide: string };
}

export function plainEvent(view: BookView | TradeView): PlainEvent {
  const { exchange, symbol, exchangeUs, receiveUs, epoch, seq, frame, state, priceScale, sizeScale } = view.header;
  const header = { exchange, symbol, exchangeUs, receiveUs, epoch, seq, frame, state, priceScale, sizeScale };
  if (view.kind === 'trade') {
    const { tradeId: id, price, size, takerSide } = view;
    return { kind: 'trade', ...header, trade: { id, price, size, takerSide } };
  }
  const { bid, bidSize, ask, askSize, bidSum, askSum } = view.top;
  const { count, side, price, size, change } = view.changes;
  const changes = Array.from({ length: count }, (_, row) => ({
    side: side[row] ?? NaN,
    price: price[row] ?? NaN,
    size: size[row] ?? NaN,
    change: change[row] ?? NaN,
  }));
  return { kind: 'book.delta', ...header, top: { bid, bidSize, ask, askSize, bidSum, askSum }, changes };
}
