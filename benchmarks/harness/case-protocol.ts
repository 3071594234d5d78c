/** What a benchmark and the process of one of its cases tell each other. Each message of the one is answered once. */

import { z } from 'zod';

import type { Answer } from '../../src/actors/runtime/failure.ts';

export type ToCase =
  /** Load everything into memory. Answered without a value once it is there. */
  | { readonly kind: 'prepare'; readonly spec: unknown }
  /** Work through the data this often. Answered with a `Round`. */
  | { readonly kind: 'round'; readonly passes: number };

/** A failure carries the case's own words: expected trouble only, anything else ends the process. */
export type FromCase = Answer;

export function isFromCase(value: unknown): value is FromCase {
  return typeof value === 'object' && value !== null && 'ok' in value;
}

export const roundSchema = z.object({
  /** Time on the clock of all passes together, ms: the work alone. */
  wallMs: z.number(),
  /** Processor time of the whole process meanwhile, ms: what its collector and compiler threads did goes in. */
  cpuMs: z.number(),
  /** What the case itself says of parts of that time on the clock, ms by name: all passes together. */
  partsMs: z.record(z.string(), z.number()),
  /** What the round came to (see facts.ts). */
  facts: z.record(z.string(), z.union([z.number(), z.string()])),
});
export type Round = Readonly<z.infer<typeof roundSchema>>;
