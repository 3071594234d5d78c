/** Following the stream through the threads, from the feeds to the store. */

import type { PositionMap } from '../actors/positions.ts';
import { partitionOf } from '../model/partition.ts';
import type { ThreadRole, TreeThread } from './tree-thread.ts';
import type { Topology } from './wiring.ts';

/** The threads of a role that run. */
export type Running = (role: ThreadRole) => readonly TreeThread[];

/**
 * Has the feeds end, and waits until what they said is stored.
 * @param unfinished filled with what is still to come
 */
export async function drain(running: Running, topology: Topology, unfinished: string[]): Promise<void> {
  unfinished.push('feeds', 'scoring and analytics', 'store');
  const stands = await Promise.all(running('ingest').map(({ host }) => host.call<PositionMap>('quiesce')));
  unfinished.shift();
  await follow(running, topology, Object.assign({}, ...stands) as PositionMap, unfinished);
}

/** Waits until scoring, analytics and store have followed the books to these positions. @param unfinished as for `drain` */
export async function follow(
  running: Running,
  topology: Topology,
  events: PositionMap,
  unfinished: string[] = [],
): Promise<void> {
  const results: Record<string, PositionMap[string]> = {};
  const { scoringShards, analyticsShards = 0, partitions } = topology;
  for (const [role, shards] of [
    ['scoring', scoringShards],
    ['analytics', analyticsShards],
  ] as const) {
    for (const { index, host } of running(role)) {
      const own = Object.entries(events).filter(([key]) => partitionOfKey(key, partitions) % shards === index);
      const drained = await host.call<{ results: PositionMap }>('drain', Object.fromEntries(own));
      Object.assign(results, drained.results);
    }
  }
  unfinished.shift();
  for (const { host } of running('store')) await host.call('drain', { events, results });
  unfinished.shift();
}

function partitionOfKey(key: string, partitions: number): number {
  const colon = key.indexOf(':');
  return partitionOf(key.slice(0, colon), key.slice(colon + 1), partitions);
}
