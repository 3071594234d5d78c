/**
 * Links of the in-process bus: one per writer thread and consumer, made on the main thread, whose two ends travel to
 * the two threads. Batches then go straight from thread to thread.
 *
 *     writer's thread                              consumer's thread
 *     outlet ── batch(session, ordinal, data) ──>  inlet ──> consumer
 *            <── open(session, credits) ─────────
 *            <── ack(through ordinal) ───────────
 *
 * `open` starts a session: the outlet sends again from the oldest batch without acknowledgement, at most `credits`
 * ahead of the acknowledgements. Batches of an earlier session may still be on their way: the inlet drops them.
 *
 * A spectator's link has no sessions and no acknowledgements: `credit` says for how many more batches there is room.
 */

import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { LaneKind } from '../ports/bus.ts';
import type { ExpectedConsumer } from './expected-consumer.ts';

/** What the main thread says of a link. */
export interface LinkSpec {
  /** Name of the consumer at the far end. */
  readonly consumer: string;
  readonly kind: LaneKind;
  readonly partition?: number;
  /** Its consumer is a spectator: it need not be expected, and nothing is kept for it. */
  readonly spectator?: true;
}

/** One end of a link. Transfer `port` along with it. */
export interface LinkEnd extends LinkSpec {
  readonly role: 'writer' | 'consumer';
  readonly port: MessagePort;
}

export interface Link {
  readonly writer: LinkEnd;
  readonly consumer: LinkEnd;
}

/** Makes a link. Each end is for one thread; its `port` must be in the transfer list of the message that carries it. */
export function createLink(spec: LinkSpec): Link {
  const { port1, port2 } = new MessageChannel();
  return { writer: { ...spec, role: 'writer', port: port1 }, consumer: { ...spec, role: 'consumer', port: port2 } };
}

/** What the bus must expect so that a link may be attached. */
export function consumerOf(spec: LinkSpec): ExpectedConsumer {
  const { consumer: name, kind, partition } = spec;
  return partition === undefined ? { name, kind } : { name, kind, partition };
}

/** From the outlet to the inlet. */
export interface BatchMessage {
  readonly session: number;
  /** Grows by 1 per batch of the writer. */
  readonly ordinal: number;
  readonly topic: string;
  readonly partition: number;
  readonly data: Uint8Array;
  readonly redelivered: boolean;
}

/** From the inlet to the outlet. */
export type ControlMessage =
  | { readonly type: 'open'; readonly session: number; readonly credits: number }
  /** No more batches until the next `open`. */
  | { readonly type: 'pause' }
  | { readonly type: 'ack'; readonly through: number };

/** From the writer to its spectator. */
export interface SpectacleMessage {
  readonly topic: string;
  readonly partition: number;
  readonly data: Uint8Array;
  /** Batches that were dropped on this link so far. */
  readonly dropped: number;
}

/** From the spectator to the writer. */
export interface CreditMessage {
  readonly credit: number;
}
