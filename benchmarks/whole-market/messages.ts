/** What the measuring process and the generator say to each other. */

import { z } from 'zod';

import { tallySchema } from './tally.ts';

/** The generator's only argument, as JSON. */
export const generatorSpecSchema = z.object({
  recording: z.string(),
  pairs: z.number(),
  depthFrames: z.number(),
  levels: z.number(),
});
export type GeneratorSpec = z.output<typeof generatorSpecSchema>;

export const toGeneratorSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('start'), changesPerSecond: z.number(), seconds: z.number() }),
  z.object({ kind: z.literal('progress') }),
]);
export type ToGenerator = z.output<typeof toGeneratorSchema>;

export const progressSchema = z.object({
  elapsedS: z.number(),
  /** Level changes that the clock asks for, and those that were handed to the sockets. */
  due: z.number(),
  sent: z.number(),
  frames: z.number(),
  bytes: z.number(),
});
export type Progress = z.output<typeof progressSchema>;

export const fromGeneratorSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('listening'), wsUrl: z.string(), restUrl: z.string(), pairs: z.array(z.string()) }),
  z.object({ kind: z.literal('progress'), progress: progressSchema }),
  z.object({
    kind: z.literal('ended'),
    progress: progressSchema,
    /** Time during which the sockets took no more, s. */
    heldS: z.number(),
    /** By `BASE-QUOTE`. */
    tallies: z.array(z.tuple([z.string(), tallySchema])),
  }),
  z.object({ kind: z.literal('broken'), reason: z.string() }),
]);
export type FromGenerator = z.output<typeof fromGeneratorSchema>;
