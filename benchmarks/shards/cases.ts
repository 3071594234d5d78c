/** The cases: two copies of the frames through one thread, one after the other, or through two threads at once. */

import { z } from 'zod';

import type { Facts } from '../harness/facts.ts';
import { agreedFacts } from '../harness/facts.ts';
import type { PreparedCase } from '../harness/serve-case.ts';
import { shardDataSchema } from './shard.protocol.ts';
import { ShardThread } from './shard-thread.ts';

const shardsSpecSchema = z.object({ threads: z.union([z.literal(1), z.literal(2)]), data: shardDataSchema });
export type ShardsSpec = Readonly<z.infer<typeof shardsSpecSchema>>;

/** Copies of the frames over all threads: the work of a pass, whatever the threads. */
const COPIES = 2;

/** What is known of the data is known of one copy; this fact counts the frames of all. */
export const UNITS_FACT = 'frames of all copies';

/**
 * The digest of a copy's books is made within the time, once per copy.
 * @param spec a `ShardsSpec`
 * @throws AppError where a thread cannot load its frames
 */
export async function prepareShardsCase(spec: unknown): Promise<PreparedCase> {
  const { threads: count, data } = shardsSpecSchema.parse(spec);
  const threads = await Promise.all(Array.from({ length: count }, () => ShardThread.start(data)));
  let facts: Facts = {};
  return {
    async reset() {
      await Promise.all(threads.map((thread) => thread.reset(COPIES / count)));
    },
    async run() {
      const done = (await Promise.all(threads.map((thread) => thread.run()))).flat();
      const agreed = agreedFacts(
        done.map((one, copy) => ({ by: `copy ${copy}`, facts: one })),
        {},
      );
      facts = { ...agreed, [UNITS_FACT]: COPIES * Number(agreed['frames']) };
      return done.length;
    },
    facts: () => facts,
  };
}
