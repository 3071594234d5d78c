/** Recordings without a list of instruments: a replay would read it, and the cases beside it do not. */

import { dataFile } from '../../test/data.ts';
import type { Facts } from '../harness/facts.ts';

export interface ReplayWorkload {
  readonly name: string;
  readonly data: string;
  /** The recording, packed. */
  readonly path: string;
  /** How many times in a row it is taken. */
  readonly times: number;
  /** Whether tardis-dev reads it. */
  readonly hasRival: boolean;
  /** Passes per round. */
  readonly passes: number;
  readonly expected: Facts;
}

const SOUND: Facts = { malformed: 0, gaps: 0, crossed: 0, restarts: 0 };
const RIVAL_SOUND: Facts = { 'tardis-dev: failures': 0 };
/** So often that what threads cost before they are warm is a small part. */
const TIMES = 5;

type Known = Omit<ReplayWorkload, 'path'> & { readonly file: string };

const BINANCE: Known = {
  name: 'binance-spot-btcusdt-650s',
  file: 'binance-spot-btcusdt-650s',
  data: 'recorded 2024: depth@100ms, bookTicker, trade of one pair, 650 s',
  times: 1,
  hasRival: true,
  passes: 1,
  expected: { ...SOUND, ...RIVAL_SOUND, frames: 99_574, received: 99_573, newOrders: 117_558, trades: 19_904 },
};
const BINANCE_REPEATED: Known = {
  ...BINANCE,
  name: `binance-spot-btcusdt-650s-${TIMES}-times`,
  data: `the same recording ${TIMES} times in a row`,
  times: TIMES,
  expected: {
    ...SOUND,
    ...RIVAL_SOUND,
    frames: TIMES * 99_574,
    received: TIMES * 99_573,
    trades: TIMES * 19_904,
  },
};
const BITFINEX: Known = {
  name: 'bitfinex-p0-btcusd-2018',
  file: 'bitfinex-p0-btcusd-2018-1m-updates',
  data: 'recorded 2018: book P0 of one pair, small frames; tardis-dev needs the times that were not asked for then',
  times: 1,
  hasRival: false,
  passes: 1,
  expected: { ...SOUND, frames: 1_057_704, received: 1_057_704 },
};
const SHORT: Known = {
  name: 'binance-spot-3pairs-2021',
  file: 'binance-spot-3pairs-2021',
  data: 'recorded 2021: depth@100ms, aggTrade, kline of 3 pairs',
  times: 1,
  hasRival: true,
  passes: 1,
  expected: { ...SOUND, ...RIVAL_SOUND, frames: 4_719, received: 4_716, newOrders: 12_929, trades: 1_910 },
};

/**
 * The long recordings, or the short one for the small mode. Recordings that are absent are left out, which is said on
 * stderr. @throws DataMissing as `dataFile` does
 */
export function replayWorkloads(small: boolean): ReplayWorkload[] {
  const workloads = small ? [SHORT] : [BINANCE, BINANCE_REPEATED, BITFINEX];
  return workloads.flatMap(({ file, ...workload }) => {
    const path = dataFile('captures', `${file}.capture.ndjson.gz`);
    return path === null ? [] : [{ ...workload, path }];
  });
}
