/** Recordings of single orders, made by the simulated venues: there are hardly any real ones. */

import type { FeedRecord } from '../../src/model/feed-record.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import type { VenueName } from '../../src/simulator/venues.ts';
import { VenueDesk } from './venue-desk.ts';

/** Venues with a channel of single orders. */
export const ORDER_VENUES: readonly VenueName[] = ['bitstamp', 'bitfinex', 'coinbase', 'kraken'];

const STEP_US = 100_000;

/** Some seconds of a venue's single orders, as the product's own archive would have them. */
export async function recordedOrders(
  venue: VenueName,
  { seed, pairs, seconds }: { readonly seed: string; readonly pairs: readonly string[]; readonly seconds: number },
): Promise<FeedRecord[]> {
  const records: FeedRecord[] = [];
  const simulator = await startSimulator({
    ...{ seed, venues: [venue], pairs, ratePerPair: 40, levelsPerSide: 25, driveManually: true },
  });
  try {
    const desk = await VenueDesk.open({
      ...{ simulator, venue, channel: 'orders', pairs, bookDepth: 100, seed },
      onRecord: (record) => records.push(record),
    });
    for (let step = 0; step < (seconds * 1e6) / STEP_US; step++) await desk.pass(STEP_US);
    await desk.close();
  } finally {
    await simulator.stop();
  }
  return records;
}
