/** Thread of a reader: takes batches until all events have arrived, and acknowledges each. */

import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { parentPort, workerData } from 'node:worker_threads';

import { assert } from '../../src/lib/assert.ts';
import type { Bus } from '../../src/ports/bus.ts';
import { readBatch } from '../../src/transport/codec.ts';
import { EmbeddedBus } from '../../src/transport/embedded-bus.ts';
import { openNatsBus } from '../../src/transport/nats-bus.ts';
import { streamName } from '../../src/transport/subjects.ts';
import { Arrivals } from './arrivals.ts';
import type { NatsPlace, ReaderJob, ReaderMessage } from './topology.ts';
import { natsOptions, READER, READER_PENDING_MAX } from './topology.ts';

const job: ReaderJob = workerData;
const arrivals = new Arrivals();

function tell(message: ReaderMessage): void {
  parentPort?.postMessage(message, []);
}

/** @returns whether all have arrived */
function take(batch: Uint8Array): boolean {
  readBatch(batch, (view) => arrivals.addView(view));
  return arrivals.events >= job.events;
}

async function readBus(bus: Bus): Promise<void> {
  const consumer = await bus.consumer({ ...READER, maxPending: READER_PENDING_MAX });
  tell({ kind: 'ready' });
  await consumer.run((delivery) => {
    const isDone = take(delivery.data);
    consumer.ackThrough(delivery.position);
    if (isDone) void consumer.stop();
  });
  await bus.close();
}

/** As the client's own documentation reads a stream: a durable consumer, an acknowledgement per message. */
async function readClient({ url, namespace }: NatsPlace): Promise<void> {
  const nc = await connect({ servers: url });
  const stream = streamName(namespace, READER.kind);
  const durable = { durable_name: READER.name, ack_policy: AckPolicy.Explicit, max_ack_pending: READER_PENDING_MAX };
  await (await jetstreamManager(nc)).consumers.add(stream, durable);
  const consumer = await jetstream(nc).consumers.get(stream, READER.name);
  const messages = await consumer.consume({ max_messages: READER_PENDING_MAX });
  tell({ kind: 'ready' });
  for await (const message of messages) {
    const isDone = take(message.data);
    message.ack();
    if (isDone) break;
  }
  await nc.drain();
}

async function embeddedBus(): Promise<Bus> {
  assert(job.end !== undefined, 'a reader in process needs its end of the link');
  const bus = new EmbeddedBus();
  bus.attach(job.end);
  return await Promise.resolve(bus);
}

async function read(): Promise<void> {
  if (job.via === 'in process') {
    await readBus(await embeddedBus());
    return;
  }
  assert(job.nats !== undefined, 'this reader needs the address of a server');
  if (job.via === 'client') await readClient(job.nats);
  else await readBus(await openNatsBus(natsOptions(job.nats, 'keep')));
}

await read();
tell({ kind: 'done', facts: arrivals.facts() });
