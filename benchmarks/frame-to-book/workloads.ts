/** What is fed in, and what is known of it. */

import { dataFile } from '../../test/data.ts';
import type { Facts } from '../harness/facts.ts';
import type { Agreement } from './agreement.ts';
import { agreementFacts } from './agreement.ts';
import type { FrameSource } from './frames.ts';
import type { KrakenV2Source } from './kraken-v2-batch.ts';
import { krakenV2Batch } from './kraken-v2-batch.ts';
import type { Peer } from './peers.ts';
import { PEERS } from './peers.ts';
import type { Recording } from './recordings.ts';
import { RECORDINGS } from './recordings.ts';

export interface Workload {
  readonly name: string;
  readonly data: string;
  readonly source: FrameSource;
  /** Passes per round, so that a round of the quickest case outlasts the noise of a machine. */
  readonly passes: number;
  /** Who else speaks this wire. */
  readonly peers: readonly Peer[];
  readonly expected: Facts;
}

/** A right book on data without a hole. */
const SOUND: Facts = { checksumsFailed: 0, gaps: 0, crossed: 0, failures: 0, 'whalewatch: malformed': 0 };

/** The same best prices and sizes after every frame, and the same levels in the end. */
const SAME_BOOKS: Partial<Agreement> = { otherQuotes: 0, levelsLacking: 0, levelsTooMany: 0, failures: 0 };

/** The recording of the small mode. */
const SMALL = 'binance-4pairs-behind-snapshots';

const KRAKEN_V2: KrakenV2Source = {
  kind: 'kraken-v2',
  seed: 'frame-to-book',
  pairs: 10,
  depth: 100,
  updates: 20_000,
};

/**
 * Everything, or for the small mode what takes a moment: one short recording and a little of the simulated market, once.
 * Recordings that are absent are left out, which is said on stderr. @throws DataMissing as `dataFile` does
 */
export function workloads(small: boolean): Workload[] {
  const recordings = small ? RECORDINGS.filter(({ name }) => name === SMALL) : RECORDINGS;
  const recorded = recordings.flatMap((recording): Workload[] => {
    const path = dataFile('captures', `${recording.file}.capture.ndjson.gz`);
    return path === null ? [] : [ofRecording(recording, path, small)];
  });
  return [...recorded, simulated(small ? { ...KRAKEN_V2, pairs: 3, updates: 600 } : KRAKEN_V2, small ? 1 : 5)];
}

function ofRecording(recording: Recording, path: string, small: boolean): Workload {
  const { name, data, only, timed, passes, expected, peers } = recording;
  return {
    name,
    data,
    source: { kind: 'capture', path, only, timed },
    passes: small ? 1 : passes,
    peers: PEERS.filter((peer) => peers[peer] !== undefined),
    expected: { ...SOUND, ...expected, ...agreements(peers) },
  };
}

function simulated(source: KrakenV2Source, passes: number): Workload {
  const { seed, pairs, depth } = source;
  const { truth } = krakenV2Batch(source);
  return {
    name: 'kraken-v2-simulated',
    data: `simulated, seed "${seed}": book-${depth} and trade of ${pairs} pairs, a CRC-32 with each book frame`,
    source,
    passes,
    peers: ['ccxt'],
    expected: { ...SOUND, ...truth, ...agreements({ ccxt: {} }) },
  };
}

function agreements(peers: Recording['peers']): Facts {
  const facts = PEERS.flatMap((peer) => {
    const known = peers[peer];
    return known === undefined ? [] : Object.entries(agreementFacts(peer, { ...SAME_BOOKS, ...known }));
  });
  return Object.fromEntries(facts);
}
