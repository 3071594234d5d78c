/** All cases of the benchmark by workload: what a case's process is told, and what it makes of it. */

import { z } from 'zod';

import type { PreparedCase } from '../harness/serve-case.ts';
import { ENCODERS, prepareEncoding } from './encoding.ts';
import { makeMarket, storeMarketSchema } from './market.ts';
import { prepareWriting, WRITERS } from './writing.ts';

const storeCaseSchema = z.discriminatedUnion('work', [
  z.object({ work: z.literal('encode'), by: z.enum(ENCODERS), market: storeMarketSchema }),
  z.object({
    work: z.literal('write'),
    by: z.enum(WRITERS),
    market: storeMarketSchema,
    prefix: z.string(),
    server: z.object({ url: z.string(), pid: z.int().nullable() }),
  }),
]);
export type StoreCaseSpec = Readonly<z.infer<typeof storeCaseSchema>>;

/** @param spec a `StoreCaseSpec` */
export async function prepareStoreCase(spec: unknown): Promise<PreparedCase> {
  const parsed = storeCaseSchema.parse(spec);
  const events = makeMarket(parsed.market);
  if (parsed.work === 'encode') return prepareEncoding(parsed.by, events);
  return prepareWriting(parsed.by, { ...parsed, events });
}
