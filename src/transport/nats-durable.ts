import {
  AckPolicy,
  DeliverPolicy,
  JetStreamApiError,
  type ConsumerConfig,
  type ConsumerInfo,
  type JetStreamManager,
} from '@nats-io/jetstream';

/** What a durable consumer is on the server. */
export interface DurableSpec {
  readonly stream: string;
  readonly name: string;
  readonly filter: string;
  /** Messages delivered and not acknowledged, at most. */
  readonly maxPending: number;
  /**
   * Makes it anew at its first opening: another process may have read it, whose request for more would still be served.
   */
  readonly afresh?: boolean;
}

/** Where a durable stands. */
export interface DurableState {
  /** Everything up to this stream sequence is acknowledged. */
  readonly floor: number;
  /** The newest stream sequence that was ever delivered: up to here, what comes is a repetition. */
  readonly deliveredThrough: number;
  /** The number of its last delivery; the next is one more. */
  readonly lastDelivery: number;
  /** Made anew by this call: it delivers everything behind its floor again. */
  readonly renewed: boolean;
}

const CONSUMER_NOT_FOUND = 10014;
/**
 * The server's own redelivery is the last resort, since it comes late and out of order: a restarted consumer asks
 * anew from its floor. A consumer may take this long to store a batch before it is handed the batch twice.
 */
const ACK_WAIT_NS = 3_600 * 1e9;

/**
 * Makes the durable where it is missing (it then starts with the oldest message of the stream), else makes sure that
 * its next delivery is the one after `lastDelivery` and not something behind messages that are out for a consumer that
 * is gone: such a durable is made anew at its floor.
 * @param lastDelivery number of the delivery that the caller saw last; null where it saw none yet
 */
export async function openDurable(
  jsm: JetStreamManager,
  spec: DurableSpec,
  lastDelivery: number | null,
): Promise<DurableState> {
  const info = await durableInfo(jsm, spec.stream, spec.name);
  if (info === null) {
    await jsm.consumers.add(spec.stream, { ...config(spec), deliver_policy: DeliverPolicy.All });
    return { floor: 0, deliveredThrough: 0, lastDelivery: 0, renewed: true };
  }
  const state = stateOf(info);
  const seen =
    lastDelivery === null
      ? spec.afresh !== true && state.deliveredThrough <= state.floor
      : state.lastDelivery === lastDelivery;
  return seen && isAsWanted(info.config, spec) ? state : await rewind(jsm, spec, state);
}

/** The durable, or null where there is none. */
export async function durableInfo(jsm: JetStreamManager, stream: string, name: string): Promise<ConsumerInfo | null> {
  try {
    return await jsm.consumers.info(stream, name);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === CONSUMER_NOT_FOUND) return null;
    throw error;
  }
}

export function stateOf(info: ConsumerInfo): DurableState {
  // A durable that was made at a sequence reports no floor until its first acknowledgement.
  const floor = Math.max(info.ack_floor.stream_seq, (info.config.opt_start_seq ?? 1) - 1);
  return {
    floor,
    deliveredThrough: Math.max(floor, info.delivered.stream_seq),
    lastDelivery: info.delivered.consumer_seq,
    renewed: false,
  };
}

/**
 * Deletes the durable and makes it anew behind its floor. Should this program end in between, the durable is missing
 * and its next start reads the stream from the oldest message: more is repeated, nothing lost.
 */
async function rewind(jsm: JetStreamManager, spec: DurableSpec, before: DurableState): Promise<DurableState> {
  // A stream whose end was lost with its host's power counts on from an earlier sequence than the durable remembers.
  const { last_seq } = (await jsm.streams.info(spec.stream)).state;
  const floor = Math.min(before.floor, last_seq);
  await jsm.consumers.delete(spec.stream, spec.name);
  await jsm.consumers.add(spec.stream, {
    ...config(spec),
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: floor + 1,
  });
  return { floor, deliveredThrough: Math.min(before.deliveredThrough, last_seq), lastDelivery: 0, renewed: true };
}

function config(spec: DurableSpec): Partial<ConsumerConfig> {
  return {
    durable_name: spec.name,
    ack_policy: AckPolicy.All,
    ack_wait: ACK_WAIT_NS,
    filter_subject: spec.filter,
    max_ack_pending: spec.maxPending,
    max_deliver: -1,
  };
}

function isAsWanted(existing: ConsumerConfig, spec: DurableSpec): boolean {
  return (
    existing.filter_subject === spec.filter &&
    existing.max_ack_pending === spec.maxPending &&
    existing.ack_policy === AckPolicy.All &&
    existing.ack_wait === ACK_WAIT_NS
  );
}
