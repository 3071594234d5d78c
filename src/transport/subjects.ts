/**
 * The one place that knows subjects, streams and durable names.
 *
 *     subject                                  stream                    carries
 *     <ns>md.<exchange>.<partition>            WHALEWATCH_MD<suffix>     batches of market events
 *     <ns>result.<kind>.<partition>            WHALEWATCH_RESULT<suffix> batches of results
 *     live.<exchange>.<BASE-QUOTE>.<kind>      none                      JSON, only while somebody listens
 *     <ns>dead.<consumer>                      WHALEWATCH_DEAD<suffix>   batches that a consumer could not take in
 *     (a KV bucket)                            WHALEWATCH_STATE<suffix>  snapshots of what reads the bus
 *     (a KV bucket)                            WHALEWATCH_LEASES         who does which part of the work
 *
 * A namespace `<ns>` is empty for the live system and `replay-<id>.` for a replay, whose streams end in `_replay-<id>`:
 * a replay neither reads nor writes what is live. A consumer reads all topics of one partition, or of all partitions,
 * so that one subject filter describes it (servers before 2.10 take no list of filters).
 */

import type { MetricKind } from '../model/metric.ts';
import type { Lane, LaneKind } from '../ports/bus.ts';
import { BusError } from './bus-error.ts';

/** Every lane kind, in the order in which streams are made. */
export const LANE_KINDS: readonly LaneKind[] = ['md', 'result'];

const STREAMS: Readonly<Record<LaneKind, string>> = { md: 'WHALEWATCH_MD', result: 'WHALEWATCH_RESULT' };
const DEAD_STREAM = 'WHALEWATCH_DEAD';
const STATE_BUCKET = 'WHALEWATCH_STATE';
/** Of the live system: a replay has all its work to itself. */
export const LEASE_BUCKET = 'WHALEWATCH_LEASES';
const TOKEN = /^[A-Za-z0-9_-]+$/;
const NAMESPACE = /^(?:[A-Za-z0-9_-]+\.)?$/;

/**
 * The namespace of a replay.
 * @throws BusError `bus.bad-name`
 */
export function replayNamespace(id: string): string {
  return `replay-${token('replay id', id)}.`;
}

/** @throws BusError `bus.bad-name` where it is neither empty nor one token and a dot */
export function checkNamespace(namespace: string): string {
  if (!NAMESPACE.test(namespace)) throw badName('namespace', namespace);
  return namespace;
}

/** @throws BusError `bus.bad-name` */
export function checkConsumerName(name: string): string {
  return token('consumer name', name);
}

export function streamName(namespace: string, kind: LaneKind): string {
  return namespace === '' ? STREAMS[kind] : `${STREAMS[kind]}_${namespace.slice(0, -1)}`;
}

/** The KV bucket with the state of what reads the bus; its stream is called `KV_` and this. */
export function stateBucket(namespace: string): string {
  return namespace === '' ? STATE_BUCKET : `${STATE_BUCKET}_${namespace.slice(0, -1)}`;
}

/** Keys of the bucket: `lease.<unit>` for a unit of work, `member.<id>` for a process that takes part. */
export const LEASE_PREFIX = 'lease.';
export const MEMBER_PREFIX = 'member.';

export function leaseKey(unit: string): string {
  return LEASE_PREFIX + token('unit', unit);
}

export function memberKey(id: string): string {
  return MEMBER_PREFIX + token('member', id);
}

/** The stream of what consumers have set aside. */
export function deadStream(namespace: string): string {
  return namespace === '' ? DEAD_STREAM : `${DEAD_STREAM}_${namespace.slice(0, -1)}`;
}

/** @param consumer its name, or `*` for all */
export function deadSubject(namespace: string, consumer: string): string {
  return `${namespace}dead.${consumer}`;
}

/** The subjects that a kind's stream stores. */
export function streamSubjects(namespace: string, kind: LaneKind): string[] {
  return [`${namespace}${kind}.*.*`];
}

/** @throws BusError `bus.bad-name` where topic or partition cannot be part of a subject */
export function laneSubject(namespace: string, lane: Lane): string {
  return `${namespace}${lane.kind}.${token('topic', lane.topic)}.${partitionToken(lane.partition)}`;
}

/** The one filter of a consumer: a partition of every topic, or everything. */
export function filterSubject(namespace: string, kind: LaneKind, partition?: number): string {
  return `${namespace}${kind}.*.${partition === undefined ? '*' : partitionToken(partition)}`;
}

/** The lane of a subject that `laneSubject` made; null for any other subject. */
export function laneOfSubject(namespace: string, subject: string): Lane | null {
  if (!subject.startsWith(namespace)) return null;
  const [kind, topic, partition, ...more] = subject.slice(namespace.length).split('.');
  if ((kind !== 'md' && kind !== 'result') || topic === undefined || partition === undefined || more.length > 0)
    return null;
  return /^\d{1,9}$/.test(partition) ? { kind, topic, partition: Number(partition) } : null;
}

/** The topic of a kind of metric; a dot would part the subject. */
export function metricTopic(kind: MetricKind): string {
  return kind === 'book.top' ? 'book-top' : kind;
}

/** Where people and small tools listen. Characters with a meaning in subjects become `_`. */
export function liveSubject(exchange: string, symbol: string, kind: string): string {
  return ['live', exchange, symbol, kind].map((word) => word.replaceAll(/[\s.*>]/gu, '_')).join('.');
}

function token(what: string, value: string): string {
  if (!TOKEN.test(value)) throw badName(what, value);
  return value;
}

function partitionToken(partition: number): string {
  if (!Number.isInteger(partition) || partition < 0) throw badName('partition', String(partition));
  return String(partition);
}

function badName(what: string, value: string): BusError {
  return new BusError('bus.bad-name', `the ${what} ${JSON.stringify(value)} cannot be part of a subject`, {
    remedy: 'use letters, digits, - and _',
    context: { what, value },
  });
}
