/** The venues that can be simulated. A further one is an entry here and its definition. */

import { binance } from './binance-server.ts';
import { kraken } from './kraken-server.ts';
import type { VenueDefinition } from './venue-protocol.ts';

export const VENUE_NAMES = ['binance', 'kraken'] as const;
export type VenueName = (typeof VENUE_NAMES)[number];

export const VENUES: Readonly<Record<VenueName, () => VenueDefinition>> = { binance, kraken };
