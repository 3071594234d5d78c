/** The cases: the same events from this thread to another one. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { z } from 'zod';

import { EmbeddedBus } from '../../src/transport/embedded-bus.ts';
import { createLink } from '../../src/transport/embedded-link.ts';
import { MarketEvents, marketSchema } from '../bus/market.ts';
import { BusRoute } from '../bus/routes.ts';
import { READER } from '../bus/topology.ts';
import type { Facts } from '../harness/facts.ts';
import type { PreparedCase } from '../harness/serve-case.ts';
import type { ReceiverJob, ReceiverMessage } from './protocol.ts';
import { BATCH_EVENTS, BufferSender, BusSender, ObjectSender, type Sender } from './senders.ts';

/** In the order of the report; the first is the baseline. */
export const CASE_NAMES = ['object per message', 'buffer of 64', 'bus, turns of 64'] as const;
export type CaseName = (typeof CASE_NAMES)[number];

const handOffCaseSchema = z.object({ name: z.enum(CASE_NAMES), market: marketSchema });
export type HandOffCaseSpec = Readonly<z.infer<typeof handOffCaseSchema>>;

interface Ends {
  readonly thread: Worker;
  readonly sender: Sender;
}

const MAKERS: Readonly<Record<CaseName, (events: number) => Promise<Ends>>> = {
  'object per message': async (events) => {
    const thread = await startReceiver({ via: 'objects', events });
    return { thread, sender: new ObjectSender(thread) };
  },
  'buffer of 64': async (events) => {
    const thread = await startReceiver({ via: 'buffers', events });
    return { thread, sender: new BufferSender(thread) };
  },
  'bus, turns of 64': async (events) => {
    const bus = new EmbeddedBus({ expected: [READER] });
    const link = createLink({ consumer: READER.name, kind: READER.kind });
    bus.attach(link.writer);
    const thread = await startReceiver({ via: 'bus', end: link.consumer, events });
    return { thread, sender: new BusSender(new BusRoute(bus)) };
  },
};

/** @param spec a `HandOffCaseSpec` */
export async function prepareHandOffCase(spec: unknown): Promise<PreparedCase> {
  const { name, market } = handOffCaseSchema.parse(spec);
  return new HandOffCase(new MarketEvents(market), await MAKERS[name](market.events));
}

class HandOffCase implements PreparedCase {
  private readonly market: MarketEvents;
  private readonly ends: Ends;
  private arrived: Facts = {};

  constructor(market: MarketEvents, ends: Ends) {
    this.market = market;
    this.ends = ends;
  }

  reset(): void {
    this.market.reset();
    this.ends.sender.reset();
  }

  async run(): Promise<number> {
    const { market } = this;
    const { sender, thread } = this.ends;
    const { events } = market.spec;
    const done = allArrived(thread);
    for (let index = 0; index < events; index++) {
      sender.add(market.at(index));
      if ((index + 1) % BATCH_EVENTS === 0) await sender.endTurn();
    }
    await sender.endTurn();
    this.arrived = await done;
    return Number(this.arrived['events']);
  }

  facts(): Facts {
    return this.arrived;
  }
}

async function startReceiver(job: ReceiverJob): Promise<Worker> {
  const thread = new Worker(new URL('receiver-thread.ts', import.meta.url), {
    workerData: job,
    transferList: job.end === undefined ? [] : [job.end.port],
  });
  // Its first message says that it is there.
  await once(thread, 'message');
  return thread;
}

/** Resolves when the receiver has everything of this pass. */
async function allArrived(thread: Worker): Promise<Facts> {
  for (;;) {
    const [message]: ReceiverMessage[] = await once(thread, 'message');
    if (message?.kind === 'done') return message.facts;
  }
}
