import { expect, it } from 'vitest';
import type { InstrumentRow } from '../book/wire-message.ts';
import type { InstrumentVersion } from '../model/instrument.ts';
import { InstrumentWatch } from './instrument-watch.ts';

const row = (base: string): InstrumentRow => {
  return { venueSymbol: `${base}USD`, base, quote: 'USD', tickSize: '0.1', lotSize: '1', tradable: true };
};

class World {
  readonly lists = new Map<string, readonly InstrumentRow[] | string>([['x', [row('BTC')]]]);
  readonly stored: InstrumentVersion[] = [];
  readonly told: string[] = [];
  nowUs = 10;
  storeIsAway = false;
  private due: (() => void) | null = null;
  readonly watch = new InstrumentWatch({
    exchanges: ['x', 'y'],
    refreshMs: 1000,
    modifiedBy: 'test 1',
    clock: {
      nowUs: () => this.nowUs,
      setTimer: (_ms: number, run: () => void) => {
        this.due = run;
        return () => (this.due = null);
      },
    },
    fetch: (exchange) => Promise.resolve(this.lists.get(exchange) ?? 'nobody answers'),
    load: () => (this.storeIsAway ? Promise.reject(new Error('away')) : Promise.resolve([])),
    write: (versions) => {
      if (this.storeIsAway) return Promise.reject(new Error('away'));
      this.stored.push(...versions);
      return Promise.resolve();
    },
    onChange: ({ kind, exchange, symbol }) => this.told.push(`${kind} ${exchange} ${symbol}`),
    onList: (exchange, rows) => this.told.push(`list ${exchange} ${rows.length}`),
    onProblem: (exchange, reason) => this.told.push(`problem ${exchange}: ${reason}`),
  });

  get isScheduled(): boolean {
    return this.due !== null;
  }

  /** The next look, as the clock would begin it. */
  async next(): Promise<string[]> {
    this.nowUs++;
    this.told.length = 0;
    const { due } = this;
    this.due = null;
    due?.();
    await expect.poll(() => this.due !== null).toBe(true);
    return this.told;
  }
}

const seen = (versions: readonly InstrumentVersion[]): string[] =>
  versions.map(
    ({ symbol, status, validFromUs, validToUs }) => `${symbol} ${status} ${validFromUs}..${validToUs ?? ''}`,
  );

it('writes what changes from list to list, and tells of it; a venue that does not answer is only told of', async () => {
  const world = new World();
  await world.watch.start();
  expect(seen(world.stored)).toEqual(['BTC-USD trading 10..']);
  expect(world.told).toEqual(['list x 1', 'problem y: nobody answers']);
  world.lists.set('x', [row('BTC'), row('ETH')]);
  world.lists.set('y', [row('BTC')]);
  expect(await world.next()).toEqual(['listed x ETH-USD', 'list x 2', 'list y 1']);
  expect(seen(world.stored.slice(1))).toEqual(['ETH-USD trading 11..', 'BTC-USD trading 11..']);
  world.watch.stop();
  expect(world.isScheduled).toBe(false);
});

it('keeps what the store would not take, and writes it with the next list', async () => {
  const world = new World();
  world.storeIsAway = true;
  await world.watch.start();
  expect(world.told).toEqual([
    'problem x: the store cannot be asked: away',
    'problem y: the store cannot be asked: away',
  ]);
  world.storeIsAway = false;
  await world.next();
  expect(seen(world.stored)).toEqual(['BTC-USD trading 11..']);
  world.storeIsAway = true;
  world.lists.set('x', [row('BTC'), row('ETH')]);
  expect(await world.next()).toContain('problem x: its instruments cannot be written: away');
  world.storeIsAway = false;
  world.lists.set('x', 'nobody answers');
  await world.next();
  expect(seen(world.stored.slice(1))).toEqual(['ETH-USD trading 12..']);
  world.watch.stop();
});

it('does not look again once it was stopped during a look', async () => {
  const world = new World();
  const looking = world.watch.start();
  world.watch.stop();
  await looking;
  expect(world.isScheduled).toBe(false);
});
