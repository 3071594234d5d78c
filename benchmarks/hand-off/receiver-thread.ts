/** Thread that takes events in, pass after pass. */

import { parentPort, workerData } from 'node:worker_threads';

import { assert } from '../../src/lib/assert.ts';
import { readBatch } from '../../src/transport/codec.ts';
import { EmbeddedBus } from '../../src/transport/embedded-bus.ts';
import { Arrivals } from '../bus/arrivals.ts';
import { READER, READER_PENDING_MAX } from '../bus/topology.ts';
import type { PlainEvent, ReceiverJob, ReceiverMessage } from './protocol.ts';
import { TELL_EVERY } from './protocol.ts';

const job: ReceiverJob = workerData;
let arrivals = new Arrivals();
let told = 0;

function tell(message: ReceiverMessage): void {
  parentPort?.postMessage(message, []);
}

function progress(): void {
  if (arrivals.events >= job.events) {
    const facts = arrivals.facts();
    arrivals = new Arrivals();
    told = 0;
    tell({ kind: 'done', facts });
  } else if (arrivals.events - told >= TELL_EVERY) {
    told = arrivals.events;
    tell({ kind: 'through', events: told });
  }
}

function takePlain({ symbol, seq, trade, changes = [] }: PlainEvent): void {
  const { price, size } = trade ?? changes[0] ?? { price: NaN, size: NaN };
  arrivals.add({ symbol, seq, rows: changes.length, price, size });
  progress();
}

function takeBatch(batch: Uint8Array): void {
  readBatch(batch, (view) => arrivals.addView(view));
  progress();
}

if (job.via === 'bus') {
  assert(job.end !== undefined, 'a reader of the bus needs its end of the link');
  const bus = new EmbeddedBus();
  bus.attach(job.end);
  const consumer = await bus.consumer({ ...READER, maxPending: READER_PENDING_MAX });
  tell({ kind: 'ready' });
  await consumer.run((delivery) => {
    takeBatch(delivery.data);
    consumer.ackThrough(delivery.position);
  });
} else {
  parentPort?.on('message', (message: PlainEvent | Uint8Array) => {
    if (message instanceof Uint8Array) takeBatch(message);
    else takePlain(message);
  });
  tell({ kind: 'ready' });
}
