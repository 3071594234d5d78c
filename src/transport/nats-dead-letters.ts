/** Dead letters in a stream of their own: the batch as it was, what is wrong with it in the headers; a person empties it. */

import {
  jetstream,
  jetstreamManager,
  JetStreamApiError,
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { AppError } from '../lib/app-error.ts';
import type { DeadLetter, DeadLetters } from '../ports/dead-letters.ts';
import { asBusError } from './nats-connection.ts';
import type { StreamLimits } from './nats-streams.ts';
import { isMissingStream, matchReplicas } from './nats-streams.ts';
import { deadStream, deadSubject } from './subjects.ts';

const BYTES_MAX = 64 * 1024 * 1024;

/** @throws BusError `bus.rejected`, `bus.unreachable` */
export async function openNatsDeadLetters(
  nc: NatsConnection,
  namespace: string,
  { storage, replicas }: Pick<StreamLimits, 'storage' | 'replicas'>,
): Promise<DeadLetters> {
  const name = deadStream(namespace);
  try {
    const manager = await jetstreamManager(nc);
    try {
      await matchReplicas(manager, name, replicas);
    } catch (error) {
      if (!isMissingStream(error)) throw error;
      await manager.streams.add({
        name,
        subjects: [deadSubject(namespace, '*')],
        retention: RetentionPolicy.Limits,
        discard: DiscardPolicy.New,
        max_bytes: BYTES_MAX,
        num_replicas: replicas,
        storage: storage === 'file' ? StorageType.File : StorageType.Memory,
      });
    }
  } catch (error) {
    throw asBusError(error, `set up the stream ${name}`, { stream: name });
  }
  const client = jetstream(nc);
  return { put: (letter) => put(letter) };

  async function put({ consumer, position, reason, detail, event, data }: DeadLetter): Promise<void> {
    const head = headers();
    head.set('Position', String(position));
    head.set('Reason', reason);
    head.set('Detail', detail.replaceAll(/[\r\n]+/g, ' '));
    if (event !== null) head.set('Event', `${event.book} ${event.epoch} ${event.seq}`);
    const msgID = `${consumer}.${position}.${event === null ? 'all' : `${event.book}.${event.epoch}.${event.seq}`}`;
    try {
      await client.publish(deadSubject(namespace, consumer), data, { msgID, headers: head });
    } catch (error) {
      if (!(error instanceof JetStreamApiError)) throw asBusError(error, 'set a batch aside', { stream: name });
      throw new AppError('dead.full', `the stream ${name} takes no more: nothing more is passed over`, {
        remedy: 'see what is in it, and purge it',
        cause: error,
      });
    }
  }
}
