/**
 * Mistakes that are planted, to see that the simulation finds them: each is one that the product could make, and is put in
 * through the simulation's own bus, store, wires and glue.
 */

import { StreamHole } from '../../src/actors/positions.ts';
import { wireRegistry } from '../../src/exchanges/registry.ts';
import { chance } from '../../src/lib/prng.ts';
import type { BookRules } from '../../src/book/wire-message.ts';
import type { ExchangeWire, WireRegistry } from '../../src/ports/exchange-wire.ts';
import type { Plan } from './plan.ts';
import type { Saved } from './roles.ts';
import type { Sabotage } from './world.ts';

export interface Canary {
  readonly name: string;
  readonly mistake: string;
  readonly sabotage: Sabotage;
  /** It must be found within so many seeds. */
  readonly seedsMax: number;
}

export const CANARIES: readonly Canary[] = [
  {
    name: 'early-acknowledgement',
    mistake: 'the store says that rows are durable before they are',
    seedsMax: 10,
    sabotage: {
      plan: (plan) => withCrashes(plan, { store: 1 }),
      store: (store) => {
        store.isHasty = true;
      },
    },
  },
  {
    name: 'accepted-hole',
    mistake: 'the store goes on over a hole in what it gets',
    seedsMax: 10,
    sabotage: {
      bus: (bus, prng) => {
        bus.skips = (consumer) => consumer === 'store-md' && chance(prng, 0.05);
      },
      addToStore: (actor, view) => {
        try {
          actor.add(view);
        } catch (error) {
          if (!(error instanceof StreamHole)) throw error;
          actor.events.of(error.book).restore({ epoch: view.header.epoch, nextSeq: view.header.seq });
          actor.add(view);
        }
      },
    },
  },
  {
    name: 'ignored-gap',
    mistake: 'a numbered book does not look at its numbers',
    seedsMax: 20,
    sabotage: {
      plan: (plan) => ({ ...plan, strikes: 2 }),
      wires: withRules(({ sequence }) => (sequence === 'range' ? { sequence: 'rising' } : {})),
    },
  },
  {
    name: 'ignored-checksum',
    mistake: 'a book does not compare the checksum that it gets',
    seedsMax: 20,
    sabotage: {
      plan: (plan) => ({ ...plan, strikes: 2 }),
      wires: withRules(({ checksum }) => (checksum === null ? {} : { checksum: null })),
    },
  },
  {
    name: 'lost-batch',
    mistake: 'the bus says that it has taken a batch, and has not',
    seedsMax: 5,
    sabotage: {
      bus: (bus, prng) => {
        bus.loses = ({ lane }) => lane.kind === 'md' && chance(prng, 0.01);
      },
    },
  },
  {
    name: 'forgotten-floor',
    mistake: 'a consumer that starts again begins behind what was handed out, not behind what it acknowledged',
    seedsMax: 10,
    sabotage: {
      plan: (plan) => withCrashes(plan, { store: 1 }),
      bus: (bus) => {
        bus.beginsAt = ({ end }) => end;
      },
    },
  },
  {
    name: 'undead-shard',
    mistake: 'an ingest shard that was given up for dead goes on beside its successor',
    seedsMax: 10,
    sabotage: { plan: (plan) => withCrashes(plan, { ingest: 0.5 }), survives: 'ingest' },
  },
  {
    name: 'stale-state',
    mistake: 'scoring saves its state and acknowledges more than that has taken in',
    seedsMax: 10,
    sabotage: {
      plan: (plan) => ({ ...withCrashes(plan, { scoring: 1 }), hasSnapshots: true }),
      saved: (saved) => new LateState(saved),
    },
  },
  {
    name: 'unbounded-outbox',
    mistake: 'sockets are read on while the bus takes nothing',
    seedsMax: 10,
    sabotage: {
      plan: (plan) => ({
        ...plan,
        ratePerPair: 200,
        bus: { ...plan.bus, maxBatchBytes: 64, window: 1, latencyUsMax: 150_000 },
      }),
      reads: 'always',
    },
  },
];

function withCrashes(plan: Plan, crashes: Partial<Plan['crashes']>): Plan {
  return { ...plan, crashes: { ...plan.crashes, ...crashes } };
}

/** The same wires, but for rules of their books. */
function withRules(change: (rules: BookRules) => Partial<BookRules>): WireRegistry {
  const changed = new Map<ExchangeWire, ExchangeWire>();
  const of = (wire: ExchangeWire | undefined): ExchangeWire | undefined => {
    if (wire === undefined) return undefined;
    const known = changed.get(wire) ?? { ...wire, rules: { ...wire.rules, ...change(wire.rules) } };
    changed.set(wire, known);
    return known;
  };
  return {
    at: (exchange, url) => of(wireRegistry.at(exchange, url)),
    ofFrame: (exchange, frame) => of(wireRegistry.ofFrame(exchange, frame)),
    ofOrders: (exchange, frame) => of(wireRegistry.ofOrders(exchange, frame)),
    live: (exchange, channel) => of(wireRegistry.live(exchange, channel)),
    ofAnswer: (exchange, url) => of(wireRegistry.ofAnswer(exchange, url)),
    byName: (name) => of(wireRegistry.byName(name)),
  };
}

/** Keeps the state before the last. */
class LateState<State> implements Saved<State> {
  private readonly saved: Saved<State>;
  private newest: State | null = null;

  constructor(saved: Saved<State>) {
    this.saved = saved;
  }

  get state(): State | null {
    return this.saved.state;
  }

  set state(state: State | null) {
    this.saved.state = this.newest;
    this.newest = state;
  }
}
