/** The venues that can be simulated. A further one is an entry here and its definition. */

import { binance } from './binance-server.ts';
import { bitfinex } from './bitfinex-server.ts';
import { bitstamp } from './bitstamp-server.ts';
import { coinbase } from './coinbase-server.ts';
import { gemini } from './gemini-server.ts';
import { kraken } from './kraken-server.ts';
import type { VenueDefinition } from './venue-protocol.ts';

export const VENUE_NAMES = ['binance', 'kraken', 'coinbase', 'gemini', 'bitfinex', 'bitstamp'] as const;
export type VenueName = (typeof VENUE_NAMES)[number];

export const VENUES: Readonly<Record<VenueName, () => VenueDefinition>> = {
  binance,
  kraken,
  coinbase,
  gemini,
  bitfinex,
  bitstamp,
};
