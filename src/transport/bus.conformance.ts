/** What every bus adapter must do, numbered; each adapter's test runs it in a world of its own. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Bus, Consumer, ConsumerOptions, Delivery, Lane, Spectator, SpectatorOptions } from '../ports/bus.ts';
import type { ExpectedConsumer } from './expected-consumer.ts';

/** The consumers that a world expects: the only names that the suite uses. */
export const CONFORMANCE_CONSUMERS: readonly ExpectedConsumer[] = [
  { name: 'all', kind: 'md' },
  { name: 'second', kind: 'md', partition: 2 },
];

/** One fresh bus with one writer, of which consumers come and go. */
export interface BusWorld {
  readonly writer: Bus;
  /** Starts the consumer as a new thread or process would: whatever an earlier one of the name held is forgotten. */
  start(options: ConsumerOptions): Promise<Consumer>;
  /** Ends the consumer's thread or process without a farewell. */
  crash(consumer: Consumer | Spectator): Promise<void>;
  /** Starts a spectator in a thread or process of its own. */
  look(options: SpectatorOptions): Promise<Spectator>;
  /** Publishes that resolve while the consumers, `maxPending` each, acknowledge nothing. */
  heldWhenStill(maxPending: number): number;
  /** Resolves when everything that was going to happen by itself has happened. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

const LANE: Lane = { kind: 'md', topic: 'kraken', partition: 1 };
const SECOND: Lane = { kind: 'md', topic: 'binance', partition: 2 };
const ALL: ConsumerOptions = { name: 'all', kind: 'md', maxPending: 4 };
const LOOKER: SpectatorOptions = { name: 'looker', kind: 'md', maxWaiting: 4 };
const ONLY_SECOND: ConsumerOptions = { name: 'second', kind: 'md', partition: 2, maxPending: 4 };

function batch(number: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(number & 0xff, number >> 8, 1, 2, 3);
}

function numberOf(data: Uint8Array): number {
  return (data[0] ?? 0) + (data[1] ?? 0) * 256;
}

/** A consumer's run: what it got, and how it ended. */
class Run<One extends Consumer | Spectator = Consumer> {
  readonly consumer: One;
  readonly got: Delivery[] = [];
  readonly ended: Promise<unknown>;

  constructor(consumer: One, onBatch: (delivery: Delivery, consumer: One) => void | Promise<void> = () => undefined) {
    this.consumer = consumer;
    this.ended = consumer
      .run((delivery) => {
        this.got.push(delivery);
        return onBatch(delivery, consumer);
      })
      .then(
        () => 'stopped',
        (error: unknown) => error,
      );
  }

  numbers(lane?: Lane): number[] {
    return this.got.filter((d) => lane === undefined || d.lane.topic === lane.topic).map((d) => numberOf(d.data));
  }

  async hasGot(count: number): Promise<void> {
    await vi.waitFor(() => expect(this.got.length).toBeGreaterThanOrEqual(count), { timeout: 20_000, interval: 5 });
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

const acknowledge = (delivery: Delivery, consumer: Consumer): void => consumer.ackThrough(delivery.position);

export function describeBusConformance(adapter: string, newWorld: () => Promise<BusWorld>): void {
  describe(`${adapter} keeps the bus contract`, () => {
    let world: BusWorld;
    beforeEach(async () => {
      world = await newWorld();
    });
    afterEach(() => world.close());

    /** Publishes without waiting; the returned list grows as the publishes resolve. */
    function publish(numbers: readonly number[], lane: Lane = LANE): number[] {
      const publisher = world.writer.publisher();
      const taken: number[] = [];
      for (const number of numbers) {
        void publisher.publish(lane, batch(number), `${lane.topic}-${number}`).then(
          () => taken.push(number),
          () => undefined,
        );
      }
      return taken;
    }

    test('1: a lane arrives in the order of the calls, with growing positions', async () => {
      const run = new Run(await world.start(ALL), acknowledge);
      const taken = publish(range(0, 100));
      await run.hasGot(100);
      expect(run.numbers()).toEqual(range(0, 100));
      expect(run.got.every((d, i) => i === 0 || d.position > (run.got[i - 1]?.position ?? 0))).toBe(true);
      expect(run.got.every((d) => !d.redelivered)).toBe(true);
      expect(run.got[0]?.lane).toEqual(LANE);
      await vi.waitFor(() => expect(taken).toEqual(range(0, 100)));
    });

    test('2: what was published before the consumer started is not lost', async () => {
      publish(range(0, 3));
      await world.settle();
      const run = new Run(await world.start(ALL), acknowledge);
      await run.hasGot(3);
      expect(run.numbers()).toEqual([0, 1, 2]);
    });

    test('3: several lanes keep their orders, and a partition is read alone', async () => {
      const all = new Run(await world.start(ALL), acknowledge);
      const second = new Run(await world.start(ONLY_SECOND), acknowledge);
      publish(range(0, 30), LANE);
      publish(range(0, 30), SECOND);
      await all.hasGot(60);
      await second.hasGot(30);
      expect(all.numbers(LANE)).toEqual(range(0, 30));
      expect(all.numbers(SECOND)).toEqual(range(0, 30));
      expect(second.numbers()).toEqual(range(0, 30));
      expect(second.got.every((d) => d.lane.partition === 2)).toBe(true);
    });

    test('4: a batch waits for the promise of the one before', async () => {
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const run = new Run(await world.start(ALL), async (delivery, consumer) => {
        if (numberOf(delivery.data) === 0) await held;
        consumer.ackThrough(delivery.position);
      });
      publish(range(0, 3));
      await run.hasGot(1);
      await world.settle();
      expect(run.numbers()).toEqual([0]);
      release();
      await run.hasGot(3);
      expect(run.numbers()).toEqual([0, 1, 2]);
    });

    test('5: no more than maxPending batches are out without an acknowledgement', async () => {
      const run = new Run(await world.start(ALL));
      publish(range(0, 20));
      await run.hasGot(ALL.maxPending);
      await world.settle();
      expect(run.numbers()).toEqual(range(0, ALL.maxPending));
      run.consumer.ackThrough(run.got[1]?.position ?? 0);
      await run.hasGot(ALL.maxPending + 2);
      await world.settle();
      expect(run.numbers()).toEqual(range(0, ALL.maxPending + 2));
    });

    test('6: a consumer that stands still holds the writer back, at an exact count', async () => {
      const run = new Run(await world.start(ALL));
      const taken = publish(range(0, 30));
      const held = world.heldWhenStill(ALL.maxPending);
      await vi.waitFor(() => expect(taken).toHaveLength(held), { timeout: 20_000 });
      await world.settle();
      expect(taken).toEqual(range(0, held));
      // It moves again: nothing was lost, nothing changed its place.
      for (let done = 0; done < 30;) {
        await run.hasGot(done + 1);
        done = run.got.length;
        run.consumer.ackThrough(run.got[done - 1]?.position ?? 0);
      }
      expect(run.numbers()).toEqual(range(0, 30));
      await vi.waitFor(() => expect(taken).toEqual(range(0, 30)), { timeout: 20_000 });
    });

    test('7: after a stop the successor goes on behind what was acknowledged', async () => {
      const first = new Run(await world.start(ALL), (d, consumer) => {
        if (numberOf(d.data) === 2) consumer.ackThrough(d.position);
      });
      publish(range(0, 8));
      await first.hasGot(6);
      await first.consumer.stop();
      expect(await first.ended).toBe('stopped');
      const next = new Run(await world.start(ALL), acknowledge);
      await next.hasGot(5);
      expect(next.numbers()).toEqual(range(3, 8));
      expect(next.got.map((d) => d.redelivered).slice(0, 3)).toEqual([true, true, true]);
    });

    test('8: after a crash everything unacknowledged comes again, at once and in order', async () => {
      const first = new Run(await world.start(ALL));
      publish(range(0, 6));
      await first.hasGot(4);
      await world.crash(first.consumer);
      const next = new Run(await world.start(ALL), acknowledge);
      await next.hasGot(6);
      expect(next.numbers()).toEqual(range(0, 6));
      expect(next.got[0]?.redelivered).toBe(true);
    });

    test('9: restart upon restart loses nothing and repeats nothing that was acknowledged', async () => {
      publish(range(0, 60));
      const seen = new Set<number>();
      let acknowledged = -1;
      for (let life = 0; acknowledged < 59; life++) {
        expect(life).toBeLessThan(60);
        const run = new Run(await world.start(ALL));
        await run.hasGot(Math.min(3, 59 - acknowledged));
        expect(run.numbers().slice(0, 1)).toEqual([acknowledged + 1]);
        for (const number of run.numbers()) seen.add(number);
        run.consumer.ackThrough(run.got[1]?.position ?? run.got[0]?.position ?? 0);
        acknowledged += Math.min(2, run.got.length);
        await run.consumer.stop();
      }
      expect(seen.size).toBe(60);
    });

    test('10: a throwing reader stops its consumer, and its batch comes again', async () => {
      const failure = new Error('cannot store');
      const first = new Run(await world.start(ALL), (delivery, consumer) => {
        if (numberOf(delivery.data) === 2) throw failure;
        consumer.ackThrough(delivery.position);
      });
      publish(range(0, 6));
      expect(await first.ended).toBe(failure);
      first.consumer.ackThrough(Number.MAX_SAFE_INTEGER);
      await world.settle();
      expect(first.numbers()).toEqual([0, 1, 2]);
      const next = new Run(await world.start(ALL), acknowledge);
      await next.hasGot(4);
      expect(next.numbers().slice(-4)).toEqual([2, 3, 4, 5]);
    });

    test('11: a stopped consumer gets nothing more', async () => {
      const run = new Run(await world.start(ALL), acknowledge);
      publish([0]);
      await run.hasGot(1);
      await run.consumer.stop();
      await run.consumer.stop();
      publish([1]);
      await world.settle();
      expect(await run.ended).toBe('stopped');
      expect(run.numbers()).toEqual([0]);
    });

    test('12: a batch of half a megabyte arrives whole, and its receiver may keep it', async () => {
      const run = new Run(await world.start(ALL), acknowledge);
      const big = new Uint8Array(512 * 1024).map((_, i) => (i * 7) ^ (i >> 8));
      const wanted = Uint8Array.from(big);
      await world.writer.publisher().publish(LANE, big, 'big');
      publish(range(0, 5));
      await run.hasGot(6);
      expect(Buffer.compare(run.got[0]?.data ?? new Uint8Array(0), wanted)).toBe(0);
    });

    test('13: flush and close wait for what is under way; then the publisher is closed', async () => {
      const run = new Run(await world.start(ALL), acknowledge);
      const publisher = world.writer.publisher();
      let taken = 0;
      const count = (): number => taken++;
      for (const number of range(0, 50)) void publisher.publish(LANE, batch(number), `f${number}`).then(count);
      await publisher.flush();
      expect(taken).toBe(50);
      void publisher.publish(LANE, batch(50), 'f50').then(count);
      await publisher.close();
      expect(taken).toBe(51);
      await expect(publisher.publish(LANE, batch(51), 'f51')).rejects.toMatchObject({ code: 'bus.closed' });
      await run.hasGot(51);
    });

    test('14: closing the bus rejects what is under way', async () => {
      const publisher = world.writer.publisher();
      const outcomes = range(0, 30).map((number) =>
        publisher.publish(LANE, batch(number), `c${number}`).then(
          () => 'taken',
          (error: { code?: string }) => error.code,
        ),
      );
      await world.settle();
      await world.writer.close();
      const held = (await Promise.all(outcomes)).map(String);
      expect(held.filter((outcome) => outcome === 'bus.closed').length).toBeGreaterThan(0);
      expect(held.every((outcome) => outcome === 'taken' || outcome === 'bus.closed')).toBe(true);
    });

    test('15: a spectator begins with what is new, gets all lanes in order, and takes nothing from a consumer', async () => {
      const run = new Run(await world.start(ALL), acknowledge);
      const second = new Run(await world.start(ONLY_SECOND), acknowledge);
      publish(range(0, 5));
      await run.hasGot(5);
      const looking = new Run(await world.look({ ...LOOKER, maxWaiting: 1000 }));
      await world.settle();
      for (const number of range(5, 50)) {
        publish([number], LANE);
        publish([number], SECOND);
      }
      await looking.hasGot(90);
      expect(looking.numbers(LANE)).toEqual(range(5, 50));
      expect(looking.numbers(SECOND)).toEqual(range(5, 50));
      expect(looking.got[0]?.lane).toEqual(LANE);
      expect(looking.consumer.dropped).toBe(0);
      await run.hasGot(95);
      await second.hasGot(45);
      expect(run.numbers(LANE)).toEqual(range(0, 50));
      await looking.consumer.stop();
      expect(await looking.ended).toBe('stopped');
    });

    test('16: a spectator that stands still holds nobody back; it misses the oldest and says how many', async () => {
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const looking = new Run(await world.look(LOOKER), () => held);
      const run = new Run(await world.start(ALL), acknowledge);
      await world.settle();
      const taken = publish(range(0, 200));
      await run.hasGot(200);
      await vi.waitFor(() => expect(taken).toHaveLength(200), { timeout: 20_000 });
      await world.settle();
      expect(looking.numbers()).toEqual([0]);
      release();
      await vi.waitFor(() => expect(looking.numbers().at(-1)).toBe(199), { timeout: 20_000 });
      const numbers = looking.numbers();
      expect(numbers.every((number, i) => i === 0 || number > (numbers[i - 1] ?? 0))).toBe(true);
      expect(numbers.length).toBeLessThan(20);
      expect(looking.consumer.dropped).toBe(200 - numbers.length);
    });

    test('17: a spectator that crashed, and its successor, change nothing for the others', async () => {
      const run = new Run(await world.start(ALL), acknowledge);
      const first = new Run(await world.look(LOOKER));
      await world.settle();
      publish([0]);
      await first.hasGot(1);
      await world.crash(first.consumer);
      publish(range(1, 100));
      await run.hasGot(100);
      const next = new Run(await world.look(LOOKER));
      await world.settle();
      publish([100]);
      await next.hasGot(1);
      expect(next.numbers()).toEqual([100]);
      await run.hasGot(101);
      expect(run.numbers()).toEqual(range(0, 101));
    });

    test('18: a spectator whose reader throws stops with its reason', async () => {
      const failure = new Error('cannot show');
      const looking = new Run(await world.look(LOOKER), () => {
        throw failure;
      });
      await world.settle();
      const run = new Run(await world.start(ALL), acknowledge);
      publish(range(0, 3));
      expect(await looking.ended).toBe(failure);
      await run.hasGot(3);
    });
  });
}
