/** What the lanes of a connection ask the server about their fences. */

import type { JetStreamManager } from '@nats-io/jetstream';
import type { Lane } from '../ports/bus.ts';
import type { Lease } from '../ports/lease-book.ts';
import { fenced, stateOfFence, TERM_HEADER, type FenceOf } from './fence.ts';
import type { LaneGate } from './nats-lane.ts';
import { LEASE_BUCKET, leaseKey, streamName } from './subjects.ts';

/** The gate of a lane. Its fence is looked up anew each time: it may change with the owner. */
export function laneGate(
  jsm: JetStreamManager,
  namespace: string,
  fenceOf: FenceOf,
  [lane, subject]: [Lane, string],
): LaneGate {
  return {
    get term() {
      return fenceOf(lane)?.term ?? 0;
    },
    state() {
      const fence = fenceOf(lane);
      return fence === null ? 'revoked' : stateOfFence(fence);
    },
    refusal: (why) => fenced(fenceOf(lane), `${subject}: ${why}`),
    async newest() {
      const message = await jsm.streams.getMessage(streamName(namespace, lane.kind), { last_by_subj: subject });
      if (message === null) return null;
      const { seq: sequence, header } = message;
      return { sequence, term: Number(header.get(TERM_HEADER)), id: header.get('Nats-Msg-Id') };
    },
    async isHeld() {
      const fence = fenceOf(lane);
      if (fence === null) return false;
      // Asked of the leader, unlike a read of the bucket, which any replica may answer.
      const message = await jsm.streams.getMessage(`KV_${LEASE_BUCKET}`, {
        last_by_subj: `$KV.${LEASE_BUCKET}.${leaseKey(fence.unit)}`,
      });
      return message !== null && message.json<Lease>().term <= fence.term;
    },
  };
}
