/**
 * Trust state, reason and scales of an event as one number, since they change together and seldom: a byte each in a
 * signed 32-bit integer, lowest first.
 */

import { assert } from '../lib/assert.ts';
import { TRUST_REASONS, TRUST_STATES, type EventHeader, type TrustReason, type TrustState } from '../model/event.ts';
import { CodecError } from './codec-error.ts';

const STATE_CODES = new Map<TrustState, number>(TRUST_STATES.map((state, code) => [state, code]));
const REASON_CODES = new Map<TrustReason, number>(TRUST_REASONS.map((reason, code) => [reason, code]));

/** Packs contexts; remembers the last words, which most events repeat. */
export class ContextPacker {
  private state: TrustState = 'live';
  private reason: TrustReason = 'none';
  private words = packedWords('live', 'none');

  /** @throws CodecError `codec.range` where a scale is beyond a signed byte */
  pack(header: EventHeader): number {
    const { state, reason, priceScale, sizeScale } = header;
    if (state !== this.state || reason !== this.reason) {
      this.words = packedWords(state, reason);
      this.state = state;
      this.reason = reason;
    }
    if ((priceScale << 24) >> 24 !== priceScale || (sizeScale << 24) >> 24 !== sizeScale) {
      throw new CodecError('codec.range', 'a scale is out of range', { priceScale, sizeScale });
    }
    return this.words | ((priceScale & 0xff) << 16) | (sizeScale << 24);
  }
}

/** @throws CodecError `codec.corrupt` where no event has such a context */
export function unpackContext(context: number, header: EventHeader): void {
  const bits = context | 0;
  const state = TRUST_STATES[bits & 0xff];
  const reason = TRUST_REASONS[(bits >>> 8) & 0xff];
  if (bits !== context || state === undefined || reason === undefined) {
    throw new CodecError('codec.corrupt', 'no such trust state or reason', { context });
  }
  header.state = state;
  header.reason = reason;
  header.priceScale = (bits << 8) >> 24;
  header.sizeScale = bits >> 24;
}

function packedWords(state: TrustState, reason: TrustReason): number {
  const stateCode = STATE_CODES.get(state);
  const reasonCode = REASON_CODES.get(reason);
  assert(stateCode !== undefined && reasonCode !== undefined, `no code for ${state} or ${reason}`);
  return stateCode | (reasonCode << 8);
}
