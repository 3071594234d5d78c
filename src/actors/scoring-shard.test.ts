import { deserialize, serialize } from 'node:v8';
import { beforeEach, describe, expect, it } from 'vitest';
import { describeWithData } from '../../test/data.ts';
import { captureParts, recordsAt } from '../../test/fixtures/captures.ts';
import { copyOf } from '../../test/fixtures/event-copies.ts';
import { IngestWorld } from '../../test/fixtures/ingest-world.ts';
import { CanonicalWriter } from '../app/threads/canonical-buffer.ts';
import { assert } from '../lib/assert.ts';
import { createPrng, int } from '../lib/prng.ts';
import type { EventView, ScoreView } from '../model/event.ts';
import { BID, KNOWN } from '../model/event.ts';
import { SIZE_MODELS } from '../scoring/size-models.ts';
import { delta, header, status, trade } from '../storage/events.fixture.ts';
import { StreamHole } from './positions.ts';
import { ScoringShard, type ScoringState } from './scoring-shard.ts';

const SEED = 'scoring-1';
const OPTIONS = { halfLifeS: 3600, minOrders: 100 };

class World {
  readonly scores: ScoreView[] = [];
  readonly observed: string[] = [];
  readonly shard: ScoringShard;

  constructor() {
    const model = SIZE_MODELS['lognormal']?.(OPTIONS);
    assert(model !== undefined, 'no lognormal model');
    this.shard = new ScoringShard({
      modelOf: () => model,
      newBuffer: () => new CanonicalWriter(),
      effects: {
        emit: (score) => this.scores.push(structuredClone(score)),
        observe: (view) => this.observed.push(view.kind),
      },
    });
  }

  run(events: readonly EventView[]): this {
    for (const view of events) this.shard.step(view);
    return this;
  }
}

const order = (seq: number, size: number): EventView =>
  delta([['bid', 1_000_000, size, size, -1]], { seq, priceScale: 2, sizeScale: 0 });

/** All events of a recording, kept. */
function eventsOf(path: string): EventView[] {
  const events: EventView[] = [];
  const world = new IngestWorld({ emit: (view) => events.push(copyOf(view)) });
  for (const record of recordsAt(path)) world.process(record);
  return events;
}

describe('ScoringShard', () => {
  let world = new World();

  beforeEach(() => {
    world = new World();
  });

  it('abstains for the first hundred orders of a side, then scores', () => {
    world.run(Array.from({ length: 102 }, (_, seq) => order(seq, 1 + (seq % 7))));
    expect(world.scores.map(({ score }) => Number.isNaN(score))).toEqual([
      ...Array.from({ length: 100 }, () => true),
      false,
      false,
    ]);
    expect(world.shard.scores['none']).toBe(100);
    expect(Object.values(world.shard.scores).reduce((sum, count) => sum + count, 0)).toBe(102);
  });

  it('is not changed by what it has taken before', () => {
    const events = Array.from({ length: 130 }, (_, seq) => order(seq, 1 + (seq % 7)));
    world.run(events);
    const before = structuredClone(world.shard.state());
    world.run(events.slice(60));
    expect(world.scores).toHaveLength(130);
    expect(world.observed).toHaveLength(130);
    expect(world.shard.state()).toEqual(before);
  });

  it('throws at a hole, and takes nothing behind it', () => {
    world.run([order(0, 1), order(1, 2)]);
    const before = structuredClone(world.shard.state());
    expect(() => world.shard.step(order(3, 2))).toThrow(StreamHole);
    expect(world.shard.state()).toEqual(before);
    world.run([order(2, 2), order(3, 2)]);
    expect(world.scores.map((score) => score.header.seq)).toEqual([0, 1, 2, 3]);
  });

  it('gives a book up at a hole until its next epoch, and says so, where somebody listens', () => {
    const { epoch } = header();
    const holes: string[] = [];
    const scores: number[] = [];
    const model = SIZE_MODELS['lognormal']?.(OPTIONS);
    assert(model !== undefined, 'no lognormal model');
    const shard = new ScoringShard({
      modelOf: () => model,
      newBuffer: () => new CanonicalWriter(),
      effects: {
        emit: ({ header: { seq } }) => scores.push(seq),
        lost: ({ book }) => holes.push(book),
      },
    });
    const next = (seq: number): EventView =>
      delta([['bid', 1_000_000, 9, 9, -1]], { seq, epoch: epoch + 1, priceScale: 2, sizeScale: 0 });
    for (const view of [order(0, 1), order(1, 2), order(4, 3), order(5, 4), next(0), next(1)]) shard.step(view);
    expect([holes, scores]).toEqual([['kraken:BTC-USD'], [0, 1, 0, 1]]);
    expect(shard.positions.state()['kraken:BTC-USD']).toEqual({ epoch: epoch + 1, nextSeq: 2 });
  });

  it('follows a book into its next epoch with what it has learned', () => {
    world.run([order(0, 5), status({ header: header({ seq: 1, state: 'suspect', reason: 'gap' }) })]);
    const { epoch } = header();
    const later = delta([['bid', 1_000_000, 9, 9, -1]], { seq: 0, epoch: epoch + 1, priceScale: 2, sizeScale: 0 });
    world.run([later, order(2, 5)]);
    expect(world.scores.map((score) => [score.header.epoch - epoch, score.size])).toEqual([
      [0, 5],
      [1, 9],
    ]);
    expect(world.shard.results.state()['kraken:BTC-USD']).toEqual({ epoch: epoch + 1, nextSeq: 1 });
  });

  it('counts all events, chains the market events, and scores none but deltas of live books', () => {
    const stale = delta([['bid', 1, 1, 1, -1]], { seq: 2, state: 'stale', reason: 'silence' });
    world.run([trade({ header: header({ seq: 0 }) }), status({ header: header({ seq: 1 }) }), stale]);
    expect(world.scores).toEqual([]);
    expect(world.shard.ledger.counts).toEqual({ trade: 1, 'book.status': 1, 'book.delta': 1 });
    expect(world.shard.ledger.entries()['kraken:BTC-USD']?.events).toBe(2);
  });
});

describeWithData(`scoring of binance-3pairs (seed ${SEED})`, captureParts('binance-3pairs'), (path) => {
  const events = eventsOf(path);

  it('goes on to the same scores, digests and state from a snapshot taken anywhere', () => {
    const prng = createPrng(SEED);
    const cuts = [1, 2, 3, 4].map(() => int(prng, 1, events.length - 1)).sort((a, b) => a - b);
    const whole = new World();
    const states: { readonly cut: number; readonly scores: number; readonly state: ScoringState }[] = [];
    for (const [index, view] of events.entries()) {
      if (cuts.includes(index)) states.push({ cut: index, scores: whole.scores.length, state: whole.shard.state() });
      whole.shard.step(view);
    }
    // Not all alike: there is something to lose.
    expect(Object.values(whole.shard.scores).filter((count) => count > 0).length).toBeGreaterThan(3);
    expect(states).toHaveLength(4);
    for (const { cut, scores, state } of states) {
      const carried: ScoringState = cut % 2 === 0 ? structuredClone(state) : deserialize(serialize(state));
      const restored = new World();
      restored.shard.restore(carried);
      // The bus delivers again from somewhere before the snapshot.
      restored.run(events.slice(Math.max(0, cut - 500)));
      expect(restored.scores, `cut at ${cut}`).toEqual(whole.scores.slice(scores));
      expect(restored.shard.state(), `cut at ${cut}`).toEqual(whole.shard.state());
    }
  });

  it('gives every order the score of the definition, computed afresh from all orders before it', () => {
    const { scores } = new World().run(events);
    const seen = new Map<string, { readonly x: number; readonly us: number }[]>();
    let at = 0;
    let compared = 0;
    for (const view of events) {
      if (view.kind !== 'book.delta' || view.header.state !== 'live') continue;
      const { header: head, changes, top } = view;
      for (let row = 0; row < changes.count; row++) {
        const q = (changes.change[row] ?? NaN) / 10 ** head.sizeScale;
        if (!(q > 0) || changes.kind[row] !== KNOWN) continue;
        const score = scores[at++];
        expect([score?.header.symbol, score?.header.seq]).toEqual([head.symbol, head.seq + row]);
        const key = `${head.symbol} ${changes.side[row] === BID ? 'bid' : 'ask'}`;
        const before = seen.get(key) ?? [];
        seen.set(key, before);
        // All orders are costly to weigh afresh: one in ten is compared.
        if (before.length >= 100 && at % 10 === 0) {
          const [bid, ask] = [top.bid / 10 ** head.priceScale, top.ask / 10 ** head.priceScale];
          const mid = (bid + ask) / 2;
          const z = zOf(before, Math.log(q));
          const size = z >= 4 ? 3 : z >= 3 ? 2 : z >= 2 ? 1 : 0;
          const spread = (ask - bid) / mid > 0.01 ? 1 : 0;
          const near = Math.abs((changes.price[row] ?? NaN) / 10 ** head.priceScale - mid) / mid <= 0.01 ? 1 : 0;
          const uneven = q > (10 * Math.abs(top.bidSum - top.askSum)) / 10 ** head.sizeScale ? 1 : 0;
          expect(Math.abs((score?.z ?? NaN) - z)).toBeLessThan(1e-9);
          expect(score?.score).toBe(size + spread + near + uneven);
          compared++;
        }
        before.push({ x: Math.log(q), us: head.exchangeUs });
      }
    }
    expect(at).toBe(scores.length);
    expect(compared).toBeGreaterThan(1_000);
  });
});

/** The standard score of ln(q) among the orders before, weights halving each hour. */
function zOf(before: readonly { readonly x: number; readonly us: number }[], x: number): number {
  const now = Math.max(...before.map(({ us }) => us));
  let [total, sum] = [0, 0];
  const weights = before.map(({ us }) => 2 ** (-(now - us) / 3.6e9));
  for (const [i, order] of before.entries()) {
    total += weights[i] ?? NaN;
    sum += (weights[i] ?? NaN) * order.x;
  }
  const mu = sum / total;
  const variance = before.reduce((all, order, i) => all + (weights[i] ?? NaN) * (order.x - mu) ** 2, 0) / total;
  return (x - mu) / Math.sqrt(variance);
}
