/** What the writer's side of the benchmark and the reader's must agree on. */

import type { NatsBusOptions } from '../../src/transport/nats-bus.ts';
import type { LinkEnd } from '../../src/transport/embedded-link.ts';
import type { Facts } from '../harness/facts.ts';

export const READER = { name: 'reader', kind: 'md' } as const;
export const TOPIC = 'kraken';
/** Batches out without an acknowledgement, at most: of any reader. */
export const READER_PENDING_MAX = 1024;
/** Batches under way, at most: of any writer. */
export const WRITER_WINDOW = 128;

export interface NatsPlace {
  readonly url: string;
  readonly namespace: string;
}

/** Streams in files, as the product makes them. */
export function natsOptions({ url, namespace }: NatsPlace, create: NatsBusOptions['create']): NatsBusOptions {
  return { servers: [url], namespace, create, expected: [READER], limits: { maxBytes: 2 ** 30, storage: 'file' } };
}

/** What a reader's thread is started with. */
export interface ReaderJob {
  readonly via: 'client' | 'JetStream' | 'in process';
  /** Absent in process. */
  readonly nats?: NatsPlace;
  /** In process only. */
  readonly end?: LinkEnd;
  /** It is done when so many events have arrived. */
  readonly events: number;
}

/** What the thread says: once that it reads, once what has arrived. */
export type ReaderMessage = { readonly kind: 'ready' } | { readonly kind: 'done'; readonly facts: Facts };
