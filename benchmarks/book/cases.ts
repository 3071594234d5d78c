/** The cases: one stream of level updates through one structure, or the memory that books of the product take. */

import { z } from 'zod';

import type { PreparedCase } from '../harness/serve-case.ts';
import { bookMemory, memorySpecSchema } from './book-memory.ts';
import { levelsDigest, structureOf, STRUCTURES } from './structure.ts';
import { streamSpecSchema, updateStream } from './update-stream.ts';

const structureSpecSchema = z.object({
  kind: z.literal('structure'),
  name: z.enum(STRUCTURES),
  stream: streamSpecSchema,
});
const bookSpecSchema = z.discriminatedUnion('kind', [structureSpecSchema, memorySpecSchema]);
export type BookSpec = Readonly<z.infer<typeof bookSpecSchema>>;

/** Begins the names of facts that belong to one depth. */
export function depthFact(depth: number, name: string): string {
  return `${depth} levels: ${name}`;
}

/** @param spec a `BookSpec` */
export async function prepareBookCase(spec: unknown): Promise<PreparedCase> {
  const parsed = bookSpecSchema.parse(spec);
  return parsed.kind === 'memory' ? bookMemory(parsed) : structureCase(parsed);
}

async function structureCase({ name, stream: spec }: z.infer<typeof structureSpecSchema>): Promise<PreparedCase> {
  const stream = updateStream(spec);
  const structure = await structureOf(name, stream);
  return {
    reset: () => structure.load(),
    run: () => structure.run(),
    facts: () => ({
      rows: stream.rows,
      [depthFact(spec.depth, 'messages')]: stream.messages.length,
      [depthFact(spec.depth, 'input')]: stream.digest,
      [depthFact(spec.depth, 'levels in the end')]: levelsDigest(structure),
    }),
  };
}
