/** Recordings without a list of instruments: a replay would read it, and the cases beside it do not. */

import { dataFile } from '../../test/data.ts';
import type { Facts } from '../harness/facts.ts';

export interface ReplayWorkload {
  readonly name: string;
  readonly data: string;
  /** The recording, packed. */
  readonly path: string;
  /** Passes per round. */
  readonly passes: number;
  readonly expected: Facts;
}

const SOUND: Facts = { malformed: 0, gaps: 0, crossed: 0, restarts: 0, 'tardis-dev: failures': 0 };

const LONG: Omit<ReplayWorkload, 'path'> = {
  name: 'binance-spot-btcusdt-650s',
  data: 'recorded 2024: depth@100ms, bookTicker, trade of one pair, 650 s',
  passes: 1,
  expected: { ...SOUND, frames: 99_574, received: 99_573, newOrders: 117_558, trades: 19_904 },
};
const SHORT: Omit<ReplayWorkload, 'path'> = {
  name: 'binance-spot-3pairs-2021',
  data: 'recorded 2021: depth@100ms, aggTrade, kline of 3 pairs',
  passes: 1,
  expected: { ...SOUND, frames: 4_719, received: 4_716, newOrders: 12_929, trades: 1_910 },
};

/**
 * The long recording, or the short one for the small mode. Recordings that are absent are left out, which is said on
 * stderr. @throws DataMissing as `dataFile` does
 */
export function replayWorkloads(small: boolean): ReplayWorkload[] {
  const workload = small ? SHORT : LONG;
  const path = dataFile('captures', `${workload.name}.capture.ndjson.gz`);
  return path === null ? [] : [{ ...workload, path }];
}
