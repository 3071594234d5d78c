/** One number for what an event says: enough to see that one is another than it was. */

import type { BookView, EventHeader, EventView } from '../../src/model/event.ts';
import { EVENT_KINDS, TRUST_REASONS, TRUST_STATES } from '../../src/model/event.ts';

const PRIME = 1_000_000_007;

export function fingerprintOf(view: EventView): number {
  const sum = mixHeader(EVENT_KINDS[view.kind], view.header);
  if (view.kind === 'book.snapshot' || view.kind === 'book.delta') return mixBook(sum, view);
  if (view.kind === 'trade') {
    return mixText(mix(mix(mix(sum, view.price), view.size), view.takerSide === 'buy' ? 1 : 0), view.tradeId);
  }
  if (view.kind === 'book.sample') return view.values.subarray(0, view.count).reduce(mix, sum);
  return view.kind === 'book.status' ? mixText(mix(mix(sum, view.gaps), view.resyncs), view.detail) : sum;
}

function mixBook(sum: number, { venueSeq, changes, top }: BookView): number {
  const { count, side, kind, price, size, change } = changes;
  let mixed = mix(mix(sum, venueSeq), count);
  for (let row = 0; row < count; row++) {
    mixed = mix(mix(mixed, side[row] ?? 0), kind[row] ?? 0);
    mixed = mix(mix(mix(mixed, price[row] ?? 0), size[row] ?? 0), change[row] ?? 0);
  }
  const { bid, bidSize, ask, askSize, bidSum, askSum } = top;
  for (const value of [bid, bidSize, ask, askSize, bidSum, askSum]) mixed = mix(mixed, value);
  return mixed;
}

function mixHeader(kind: number, header: EventHeader): number {
  const { exchangeUs, receiveUs, epoch, seq, span, frame, priceScale, sizeScale, state, reason } = header;
  let sum = mix(mix(mix(kind, exchangeUs), receiveUs), epoch);
  sum = mix(mix(mix(sum, seq), span), frame);
  sum = mix(mix(sum, priceScale), sizeScale);
  return mix(mix(sum, TRUST_STATES.indexOf(state)), TRUST_REASONS.indexOf(reason));
}

function mix(sum: number, value: number): number {
  return (sum * 31 + (Number.isNaN(value) ? 7 : Math.abs(value) % PRIME) + (value < 0 ? 3 : 0)) % PRIME;
}

function mixText(sum: number, text: string): number {
  let mixed = sum;
  for (let at = 0; at < text.length; at++) mixed = mix(mixed, text.charCodeAt(at));
  return mixed;
}
