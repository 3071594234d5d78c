/** What a benchmark and the process of one of its cases tell each other. Each message of the one is answered once. */

import type { Answer } from '../../src/actors/runtime/failure.ts';
import type { Facts } from './facts.ts';

export type ToCase =
  /** Load everything into memory. Answered with an empty value once it is there. */
  | { readonly kind: 'prepare'; readonly spec: unknown }
  /** Work through the data this often. Answered with a `Round`. */
  | { readonly kind: 'round'; readonly passes: number };

/** A failure is the case's own words: expected trouble only, anything else ends the process. */
export type FromCase = Answer;

export interface Round {
  /** Time of all passes together, ms: the work alone. */
  readonly elapsedMs: number;
  readonly facts: Facts;
}
