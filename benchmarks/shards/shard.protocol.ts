/** What a case and its threads say to each other. */

import { z } from 'zod';

import type { Answer } from '../../src/actors/runtime/failure.ts';
import { frameSourceSchema } from '../frame-to-book/frames.ts';
import type { Facts } from '../harness/facts.ts';

/** What a thread does with its frames. `JSON.parse` has nothing of the product: it shows what the machine gives. */
export const WORKS = ['JSON.parse', 'whalewatch'] as const;

/** What a thread is started with: it loads frames of its own. */
export const shardDataSchema = z.object({ work: z.enum(WORKS), source: frameSourceSchema });
export type ShardData = Readonly<z.infer<typeof shardDataSchema>>;

/** Each is answered once, with what each copy came to; nothing of them for the first two. */
export type ToShard =
  /** Load the frames. */
  | { readonly kind: 'load'; readonly data: ShardData }
  /** Get ready for so many copies of the frames. */
  | { readonly kind: 'reset'; readonly copies: number }
  /** Work through all copies, one after the other. */
  | { readonly kind: 'run' };

/** Carries `Facts[]`. Expected trouble only; anything else ends the thread and its process. */
export type FromShard = Answer;

export type CopyFacts = readonly Facts[];
