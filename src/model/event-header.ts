import type { EventHeader } from './event.ts';

/** A header to refill; whoever owns it names book, time and place anew for each event. */
export function emptyHeader(): EventHeader {
  return {
    exchange: '',
    symbol: '',
    venueSymbol: '',
    exchangeUs: 0,
    venueTime: true,
    receiveUs: 0,
    epoch: 0,
    seq: 0,
    span: 1,
    state: 'live',
    reason: 'none',
    frame: 0,
    priceScale: 0,
    sizeScale: 0,
    wide: false,
  };
}
