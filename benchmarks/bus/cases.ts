/**
 * The cases: the same events, turn by turn, from a writer through a bus to a reader in another thread, which decodes
 * and acknowledges them.
 */

import { z } from 'zod';

import { assert } from '../../src/lib/assert.ts';
import { EmbeddedBus } from '../../src/transport/embedded-bus.ts';
import { createLink } from '../../src/transport/embedded-link.ts';
import { openNatsBus } from '../../src/transport/nats-bus.ts';
import type { Facts } from '../harness/facts.ts';
import type { PreparedCase } from '../harness/serve-case.ts';
import { MarketEvents, marketSchema } from './market.ts';
import { Reader } from './reader.ts';
import { BusRoute, ClientRoute, type Route } from './routes.ts';
import { natsOptions, READER, type NatsPlace } from './topology.ts';

/** In the order of the report; the first is the baseline. */
export const CASE_NAMES = ['client, in order', 'client', 'JetStream', 'in process'] as const;
export type CaseName = (typeof CASE_NAMES)[number];

const busCaseSchema = z.object({
  name: z.enum(CASE_NAMES),
  market: marketSchema,
  lanes: z.int().min(1),
  /** Events of a turn. */
  turn: z.int().min(1),
  /** `nats://host:port` */
  url: z.string(),
  /** The case's own, emptied before each pass. */
  namespace: z.string(),
});
export type BusCaseSpec = Readonly<z.infer<typeof busCaseSchema>>;

interface Ends {
  readonly route: Route;
  readonly reader: Reader;
}

/**
 * @param spec a `BusCaseSpec`
 * @throws BusError by rejection of a pass where the server cannot be reached
 */
export function prepareBusCase(spec: unknown): Promise<PreparedCase> {
  return Promise.resolve(new BusCase(busCaseSchema.parse(spec)));
}

class BusCase implements PreparedCase {
  private readonly spec: BusCaseSpec;
  private readonly market: MarketEvents;
  private ends: Ends | null = null;
  private arrived: Facts = {};

  constructor(spec: BusCaseSpec) {
    this.spec = spec;
    this.market = new MarketEvents(spec.market);
  }

  async reset(): Promise<void> {
    if (this.ends !== null) {
      await this.ends.route.close();
      await this.ends.reader.stop();
    }
    this.ends = await this.open();
    this.market.reset();
  }

  async run(): Promise<number> {
    const { ends, market } = this;
    assert(ends !== null, 'a pass began before its reset');
    const { route, reader } = ends;
    const { turn, lanes } = this.spec;
    const { events } = this.spec.market;
    for (let index = 0; index < events; index++) {
      route.add(market.bookOf(index) % lanes, market.at(index));
      if ((index + 1) % turn === 0) await route.endTurn();
    }
    await route.endTurn();
    await route.settle();
    this.arrived = await reader.arrived();
    return Number(this.arrived['events']);
  }

  facts(): Facts {
    return this.arrived;
  }

  private async open(): Promise<Ends> {
    const { name, namespace, url } = this.spec;
    const { events } = this.spec.market;
    if (name === 'in process') return await openInProcess(events);
    const nats: NatsPlace = { url, namespace };
    const bus = await openNatsBus(natsOptions(nats, 'fresh'));
    if (name === 'JetStream') {
      return { reader: await Reader.start({ via: 'JetStream', nats, events }), route: new BusRoute(bus) };
    }
    // The bus has made the streams, so that they are the same for all.
    await bus.close();
    const reader = await Reader.start({ via: 'client', nats, events });
    return { reader, route: await ClientRoute.open(nats, name === 'client, in order') };
  }
}

async function openInProcess(events: number): Promise<Ends> {
  const bus = new EmbeddedBus({ expected: [READER] });
  const link = createLink({ consumer: READER.name, kind: READER.kind });
  bus.attach(link.writer);
  const reader = await Reader.start({ via: 'in process', end: link.consumer, events });
  return { reader, route: new BusRoute(bus) };
}
