/** How many pairs, how many frames over all of them, and in which order. */

import type { Facts } from '../harness/facts.ts';
import type { PairsSpec } from './cases.ts';
import { pairsFact } from './cases.ts';
import type { PairFramesSpec } from './pair-frames.ts';

interface NamedCase {
  readonly name: string;
  readonly spec: PairsSpec;
}

export interface PairsWorkload {
  readonly name: string;
  readonly data: string;
  /** Passes per round. */
  readonly passes: number;
  readonly cases: readonly NamedCase[];
  /** Measured in memory, apart from the others. */
  readonly memory: readonly NamedCase[];
  readonly expected: Facts;
}

const SEED = 'pairs';
const FULL = { pairs: [10, 100, 1000, 5000], frames: 60_000, passes: 2 } as const;
const SMALL = { pairs: [2, 20], frames: 200, passes: 1 } as const;
/** A right book from a stream without a hole, read by the quick scanner. */
const SOUND: Facts = { failures: 0, ignored: 0, updatesPerFrame: 1 };

export function pairsWorkloads(small: boolean): PairsWorkload[] {
  const scale = small ? SMALL : FULL;
  return (['round-robin', 'bursty'] as const).map((order) => {
    const cases = (kind: PairsSpec['kind']): NamedCase[] =>
      scale.pairs.map((pairs) => {
        const source = { seed: SEED, pairs, frames: scale.frames, order };
        return { name: `${pairs} pairs`, spec: { kind, source } };
      });
    return {
      name: order,
      data: `simulated Binance depth frames, seed "${SEED}", 100 levels a side, ${WORDS[order]}`,
      passes: scale.passes,
      cases: cases('time'),
      memory: order === 'round-robin' ? cases('memory') : [],
      expected: { ...SOUND, ...Object.fromEntries(scale.pairs.map((pairs) => [pairsFact(pairs, 'live'), pairs])) },
    };
  });
}

const WORDS: Readonly<Record<PairFramesSpec['order'], string>> = {
  'round-robin': 'one of each pair in turn',
  bursty: 'bursts of eight in the mean',
};
