/**
 * The canonical bytes of a market event, for digests: equal exactly where venue, pair, venue time and number, trust
 * state, changes and top are equal. Neither the receive time, epoch, seq, frame nor connection goes in, nor how a value
 * is held: a decimal is written as its mantissa without trailing zeros, so that its scale and width do not show.
 *
 *     event   kind u8 | exchange text | symbol text | state text | exchangeUs f64 (NaN without) | body
 *     book    venueSeq f64 (NaN where none) | bid, bidSize, ask, askSize, bidSum, askSum x | count f64 | row …
 *     row     side u8 | kind u8 | price x | size x | change x
 *     trade   id text | taker side u8 | price x | size x
 *     x       0 u8                                     no value
 *             1 u8 | decimals i8 | mantissa f64        mantissa within ±(2^53 - 1)
 *             2 u8 | decimals i8 | mantissa i128       beyond
 *
 * Decimals may be negative (1000 is 1 with -3); zero is mantissa 0 with 0 decimals.
 */

import { assert } from '../lib/assert.ts';
import { EVENT_KINDS, type BookView, type TradeView } from '../model/event.ts';
import { ByteWriter, setInt128 } from './byte-writer.ts';
import { CodecError } from './codec-error.ts';

const ABSENT = 0;
const NARROW = 1;
const WIDE = 2;

/**
 * Appends the canonical bytes of the event to `out`. The encoding tells where it ends, so that several in a row stay
 * unambiguous.
 */
export function canonicalBytes(view: BookView | TradeView, out: ByteWriter): void {
  const { header } = view;
  out.u8(EVENT_KINDS[view.kind]);
  out.text(header.exchange);
  out.text(header.symbol);
  out.text(header.state);
  // A receive time in the place of the venue's would make a recording's digest depend on who recorded it.
  out.f64(header.venueTime ? header.exchangeUs : Number.NaN);
  if (view.kind === 'trade') canonicalTrade(view, out);
  else canonicalBook(view, out);
}

function canonicalTrade(view: TradeView, out: ByteWriter): void {
  const { priceScale, sizeScale, wide } = view.header;
  out.text(view.tradeId);
  out.u8(view.takerSide === 'buy' ? 0 : 1);
  decimal(out, wide ? view.widePrice : view.price, priceScale);
  decimal(out, wide ? view.wideSize : view.size, sizeScale);
}

function canonicalBook(view: BookView, out: ByteWriter): void {
  const { header, changes } = view;
  const { priceScale, sizeScale } = header;
  if (header.wide) {
    assert(
      view.top.wide !== null && changes.wide !== null,
      `wide ${view.kind} of ${header.symbol} without wide columns`,
    );
  }
  const top = header.wide && view.top.wide !== null ? view.top.wide : view.top;
  const { price, size, change } = header.wide && changes.wide !== null ? changes.wide : changes;
  // All NaNs are one value to the digest.
  out.f64(Number.isNaN(view.venueSeq) ? Number.NaN : view.venueSeq);
  decimal(out, top.bid, priceScale);
  decimal(out, top.bidSize, sizeScale);
  decimal(out, top.ask, priceScale);
  decimal(out, top.askSize, sizeScale);
  decimal(out, top.bidSum, sizeScale);
  decimal(out, top.askSum, sizeScale);
  out.f64(changes.count);
  for (let row = 0; row < changes.count; row++) {
    out.u8(changes.side[row] ?? 0);
    out.u8(changes.kind[row] ?? 0);
    decimal(out, price[row] ?? null, priceScale);
    decimal(out, size[row] ?? null, sizeScale);
    decimal(out, change[row] ?? null, sizeScale);
  }
}

function decimal(out: ByteWriter, value: number | bigint | null, scale: number): void {
  if (value === null || Number.isNaN(value)) out.u8(ABSENT);
  else if (typeof value === 'number') narrowDecimal(out, value, scale);
  else if (value >= -SAFE && value <= SAFE) narrowDecimal(out, Number(value), scale);
  else wideDecimal(out, value, scale);
}

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

function narrowDecimal(out: ByteWriter, value: number, scale: number): void {
  let mantissa = value;
  let decimals = scale;
  if (mantissa === 0) {
    mantissa = 0; // also of minus zero
    decimals = 0;
  } else {
    // A safe integer ends in at most 15 zeros: 8 + 4 + 2 + 1. Most end in none, which the last step alone tells.
    if (endsInZeros(mantissa, 10)) {
      for (let power = 8; power >= 1; power /= 2) {
        const factor = 10 ** power;
        if (!endsInZeros(mantissa, factor)) continue;
        mantissa /= factor;
        decimals -= power;
      }
    }
  }
  const at = out.reserve(10);
  out.view.setUint8(at, NARROW);
  out.view.setInt8(at + 1, decimalsOf(decimals));
  out.view.setFloat64(at + 2, mantissa, true);
}

/** True where `value` is a multiple of the power of ten: the product of two safe integers below 2^53 is exact. */
function endsInZeros(value: number, power: number): boolean {
  return Math.round(value / power) * power === value;
}

function wideDecimal(out: ByteWriter, value: bigint, scale: number): void {
  let mantissa = value;
  let decimals = scale;
  while (mantissa % 10n === 0n) {
    mantissa /= 10n;
    decimals--;
    // Zeros alone may have made it wide.
    if (mantissa >= -SAFE && mantissa <= SAFE) return narrowDecimal(out, Number(mantissa), decimals);
  }
  const at = out.reserve(18);
  out.view.setUint8(at, WIDE);
  out.view.setInt8(at + 1, decimalsOf(decimals));
  setInt128(out.view, at + 2, mantissa);
}

function decimalsOf(decimals: number): number {
  if (!(decimals >= -128 && decimals <= 127)) {
    throw new CodecError('codec.range', 'a count of decimals is out of range', { decimals });
  }
  return decimals;
}
