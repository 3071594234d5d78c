/** What a thread is told of the bus, and how it opens its end. */

import type { Transferable } from 'node:worker_threads';
import type { Bus } from '../../ports/bus.ts';
import type { DeadLetters } from '../../ports/dead-letters.ts';
import type { StateKeeper } from '../../ports/state-keeper.ts';
import type { BusCounters } from '../../transport/bus-counters.ts';
import { EmbeddedBus } from '../../transport/embedded-bus.ts';
import type { LinkEnd } from '../../transport/embedded-link.ts';
import type { ExpectedConsumer } from '../../transport/expected-consumer.ts';
import type { NatsBusOptions } from '../../transport/nats-bus.ts';

export type BusInit =
  | {
      readonly kind: 'embedded';
      readonly expected: readonly ExpectedConsumer[];
      readonly window: { readonly batches: number; readonly bytes: number };
      /** A monitor looks on: results are published although nobody expects them. */
      readonly watched?: boolean;
    }
  | { readonly kind: 'nats'; readonly options: NatsInit };

/** Options of the NATS bus as plain data, fit to cross threads. */
export type NatsInit = Omit<NatsBusOptions, 'connection'> & {
  readonly credentials: {
    readonly user?: string;
    readonly pass?: string;
    readonly token?: string;
    /** Path of a credentials file (JWT and seed). */
    readonly credsFile?: string;
  };
};

/** Whether anybody may read what is published: a bus in process knows its readers. */
export function isRead(init: BusInit): boolean {
  return init.kind === 'nats' || init.expected.length > 0 || init.watched === true;
}

export interface ThreadBus {
  readonly bus: Bus;
  readonly maxBatchBytes: number;
  /** Batches that this end may have under way before a writer waits. */
  readonly windowBatches: number;
  /** What the bus counts itself; null in process. */
  readonly counters: Readonly<BusCounters> | null;
  /** Takes further ends of links: a peer started, or started again. */
  attach(ends: readonly LinkEnd[]): void;
  /** Where the bus keeps state; rejects where it keeps none. */
  keeper(): Promise<StateKeeper>;
  /** Where the bus keeps what a consumer cannot take; rejects where it keeps nothing. */
  deadLetters(): Promise<DeadLetters>;
}

export async function openThreadBus(init: BusInit): Promise<ThreadBus> {
  if (init.kind === 'nats') {
    const { openNats } = await import('./nats-init.ts');
    const bus = await openNats(init.options);
    const { maxBatchBytes, windowBatches, counters } = bus;
    return {
      ...{ bus, maxBatchBytes, windowBatches, counters },
      attach: () => undefined,
      keeper: () => bus.keeper(),
      deadLetters: () => bus.deadLetters(),
    };
  }
  const bus = new EmbeddedBus({ expected: init.expected, window: init.window });
  const attach = (ends: readonly LinkEnd[]): void => {
    for (const end of ends) bus.attach(end);
  };
  const keeper = (): Promise<never> => Promise.reject(new Error('a bus in process keeps no state'));
  const { maxBatchBytes } = bus;
  const { batches: windowBatches } = init.window;
  return { bus, maxBatchBytes, windowBatches, counters: null, attach, keeper, deadLetters: keeper };
}

/** The ports that must travel along with an init. */
export function portsOf(ends: readonly LinkEnd[]): Transferable[] {
  return ends.map((end) => end.port);
}
