import { deserialize, serialize } from 'node:v8';
import { expect, it } from 'vitest';
import { describeWithData } from '../../test/data.ts';
import { captureParts, recordsAt } from '../../test/fixtures/captures.ts';
import { copyOf } from '../../test/fixtures/event-copies.ts';
import { runIngest } from '../../test/fixtures/run-ingest.ts';
import { metricNames } from '../indicators/analytics-plan.ts';
import { DEFAULT_PERIODS } from '../indicators/periods.fixture.ts';
import { createPrng, int } from '../lib/prng.ts';
import type { EventView } from '../model/event.ts';
import { header, START_US, trade } from '../storage/events.fixture.ts';
import { AnalyticsShard, type AnalyticsState } from './analytics-shard.ts';
import { StreamHole } from './positions.ts';

const SEED = 'analytics-shard-1';
const OPTIONS = {
  metrics: metricNames(DEFAULT_PERIODS),
  periods: DEFAULT_PERIODS,
  latenessUs: 1_000_000,
  bookTopLevels: 10,
};

class World {
  /** `kind exchange:symbol time: numbers`. */
  readonly told: string[] = [];
  readonly shard = new AnalyticsShard(OPTIONS, {
    emit: ({ kind, header: { exchange, symbol, exchangeUs }, values, count }) => {
      this.told.push(`${kind} ${exchange}:${symbol} ${exchangeUs}: ${values.subarray(0, count).join(' ')}`);
    },
  });

  run(events: readonly EventView[]): this {
    for (const view of events) this.shard.step(view);
    return this;
  }
}

/** A trade each second. */
const second = (seq: number, exchange = 'kraken'): EventView =>
  trade({ header: header({ exchange, seq, exchangeUs: START_US + seq * 1e6, receiveUs: START_US + seq * 1e6 }) });

it('is not changed by what it has taken before', () => {
  const events = Array.from({ length: 200 }, (_, seq) => second(seq));
  const world = new World().run(events);
  const before = world.shard.state();
  world.run(events.slice(20));
  expect(world.told.filter((row) => row.startsWith('bar'))).toHaveLength(2);
  expect(world.shard.state()).toEqual(before);
  expect(world.shard.counts.get('kraken')).toMatchObject({ bar: 2, spread: 0 });
});

it('throws at a hole, and takes nothing behind it', () => {
  const world = new World().run([second(0), second(1)]);
  const before = world.shard.state();
  expect(() => world.shard.step(second(3))).toThrow(StreamHole);
  expect(world.shard.state()).toEqual(before);
});

it('counts what was left out per exchange', () => {
  const events = [0, 1, 70, 2, 140].map((s, seq) =>
    trade({ header: header({ seq, exchangeUs: START_US + s * 1e6, receiveUs: START_US + s * 1e6 }) }),
  );
  const world = new World().run(events).run([second(0, 'binance')]);
  expect(Object.fromEntries(world.shard.leftOut())).toMatchObject({
    kraken: { late: 1, abstained: 1 },
    binance: { late: 0, abstained: 0 },
  });
});

describeWithData(`analytics of kraken-v1 (seed ${SEED})`, captureParts('kraken-v1'), (path) => {
  it('go on to the same rows and state from a snapshot taken anywhere', () => {
    const events: EventView[] = [];
    runIngest(recordsAt(path), { onEvent: (view) => events.push(copyOf(view)) });
    const prng = createPrng(SEED);
    const cuts = [1, 2, 3].map(() => int(prng, 1, events.length - 1)).sort((a, b) => a - b);
    const whole = new World();
    const states: { readonly cut: number; readonly told: number; readonly state: Buffer }[] = [];
    for (const [index, view] of events.entries()) {
      if (cuts.includes(index)) {
        states.push({ cut: index, told: whole.told.length, state: serialize(whole.shard.state()) });
      }
      whole.shard.step(view);
    }
    expect(whole.told.length).toBeGreaterThan(200);
    for (const { cut, told, state } of states) {
      const restored = new World();
      restored.shard.restore(deserialize(state) as AnalyticsState);
      // The bus delivers again from somewhere before the snapshot.
      restored.run(events.slice(Math.max(0, cut - 300)));
      expect(restored.told, `cut at ${cut}`).toEqual(whole.told.slice(told));
      expect(restored.shard.counts, `cut at ${cut}`).toEqual(whole.shard.counts);
    }
  });
});
