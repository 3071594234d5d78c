/**
 * What every wire's book must do when things go wrong, as one numbered suite that is the same for all: what is expected
 * follows from the wire's rules alone. `conformance.ts` has the cases of frames (W01 …), this the cases of books (B01 …).
 */

import { describe, expect, it } from 'vitest';
import { exactLevels } from '../../test/fixtures/book-views.ts';
import { unitsOf } from '../../test/fixtures/exact.ts';
import { IngestWorld } from '../../test/fixtures/ingest-world.ts';
import type { ScriptLevel, VenueScript } from '../../test/fixtures/venue-scripts.ts';
import { VENUE_SCRIPTS } from '../../test/fixtures/venue-scripts.ts';
import type { BookKeeper } from '../actors/book-keeper.ts';
import { assert } from '../lib/assert.ts';
import type { ExchangeWire } from '../ports/exchange-wire.ts';
import { wireRegistry, WIRES } from './registry.ts';

const BOOK: readonly ScriptLevel[] = [
  ['bid', '100.5', '1.5'],
  ['bid', '99.5', '2.5'],
  ['ask', '101.5', '1.5'],
  ['ask', '102.5', '2.5'],
];
/** Each is of one level of the best ten, so that whatever is missing of them matters. */
const MORE: readonly (readonly ScriptLevel[])[] = [
  [['bid', '100.5', '3.5']],
  [['ask', '101.5', '4.5']],
  [['bid', '99.5', '5.5']],
  [['ask', '102.5', '6.5']],
];

class World {
  readonly script: VenueScript;
  private readonly world = new IngestWorld();
  private connections = 0;

  /** With a live book. */
  constructor(make: () => VenueScript) {
    this.script = make();
    this.connect();
    expect([this.book.trust, this.book.reason]).toEqual(['live', 'none']);
    this.world.take();
  }

  get conn(): string {
    return `c.${this.connections}`;
  }

  get book(): BookKeeper {
    return this.world.book(this.script.key);
  }

  connect(): void {
    const { script, world } = this;
    this.connections++;
    world.happen(script.exchange, this.conn, 'open', null, script.url);
    for (const { op, data, url = null } of script.begin(this.connections, BOOK)) {
      world.happen(script.exchange, this.conn, op, data, url);
    }
  }

  receive(...frames: readonly string[]): this {
    for (const frame of frames) this.world.happen(this.script.exchange, this.conn, 'recv', frame);
    return this;
  }

  happen(op: 'close' | 'timer' | 'http', data: string | null = null, url: string | null = null): this {
    this.world.happen(this.script.exchange, this.conn, op, data, url);
    return this;
  }

  /** Asked for since the last time, without words: `request`, `resubscribe`, `renew`. */
  asked(): string[] {
    return this.world.take().asked.map((words) => words.split(' ')[0] ?? '');
  }

  /** Live updates since the last time. What is asked for is forgotten. */
  toldLive(): number {
    const { events } = this.world.take();
    return events.filter(({ kind, header }) => kind === 'book.delta' && header.state === 'live').length;
  }

  expectBook(levels: readonly ScriptLevel[]): void {
    for (const side of ['bid', 'ask'] as const) {
      const should = levels.filter(([one]) => one === side).map(([, price, size]) => [unitsOf(price), unitsOf(size)]);
      expect(exactLevels(this.book.book, side), side).toEqual(should);
    }
  }
}

it('there is a script for every wire of levels', () => {
  const ofLevels = WIRES.filter((wire: ExchangeWire) => wire.orders === undefined).map(({ wire }) => wire);
  expect(VENUE_SCRIPTS.map((make) => make().wire).sort()).toEqual(ofLevels.sort());
});

describe.each(VENUE_SCRIPTS.map((make) => [make().wire, make] as const))('book conformance of %s', (name, make) => {
  const wire = wireRegistry.byName(name);
  assert(wire !== undefined, `no wire ${name}`);
  const { rules } = wire;
  const hasNumbers = rules.sequence === 'range' || rules.sequence === 'connection';
  const hasChecksum = rules.checksum !== null;

  it('B01 is live with the whole book', () => new World(make).expectBook(BOOK));

  it('B02 takes sizes and removals from updates', () => {
    const world = new World(make);
    world.receive(
      ...world.script.update([
        ['bid', '100.5', '0.5'],
        ['ask', '101.5', '0'],
        ['ask', '101.75', '7.5'],
      ]),
    );
    world.expectBook([
      ['bid', '100.5', '0.5'],
      ['bid', '99.5', '2.5'],
      ['ask', '101.75', '7.5'],
      ['ask', '102.5', '2.5'],
    ]);
    expect(world.book.trust).toBe('live');
  });

  it('B03 counts the removal of a level that it does not hold, and stays live', () => {
    const world = new World(make);
    world.receive(...world.script.update([['bid', '98.5', '0']]));
    world.expectBook(BOOK);
    expect([world.book.trust, world.book.counters.unknownRemovals]).toEqual(['live', 1]);
  });

  it('B04 notices a lost update at the next one, where numbers or a checksum show it', () => {
    const world = new World(make);
    world.script.update(MORE[0] ?? []);
    world.receive(...world.script.update(MORE[1] ?? []));
    const isSeen = hasNumbers || hasChecksum;
    expect(world.book.trust).toBe(isSeen ? 'suspect' : 'live');
    expect(world.toldLive()).toBe(isSeen ? 0 : 1);
    if (isSeen) expect(world.book.reason).toBe(hasNumbers ? 'gap' : 'checksum');
  });

  it('B05 takes an update that comes twice once', () => {
    const world = new World(make);
    const frames = world.script.update(MORE[0] ?? []);
    world.receive(...frames, ...frames);
    // A number of the connection twice is left out, or it is a hole in the counting.
    expect(rules.sequence === 'connection' ? ['live', 'suspect'] : ['live']).toContain(world.book.trust);
    if (world.book.trust === 'live') world.expectBook([['bid', '100.5', '3.5'], ...BOOK.slice(1)]);
  });

  it('B06 notices updates that have changed places, where anything shows it', () => {
    const world = new World(make);
    const [one, two] = [world.script.update(MORE[0] ?? []), world.script.update(MORE[1] ?? [])];
    world.receive(...two, ...one);
    expect(world.book.trust === 'live').toBe(rules.sequence === 'none' && !hasChecksum);
  });

  it('B07 refuses a snapshot that is older than the updates, where it comes by REST', () => {
    const world = new World(make);
    const old = world.script.oldSnapshot?.();
    expect(old !== undefined).toBe(rules.snapshot === 'rest');
    if (old === undefined) return;
    world.happen('close').asked();
    world.receive(...world.script.update(MORE[0] ?? []));
    expect(world.asked()).toContain('request');
    world.happen('http', old.data, old.url ?? null);
    expect(world.book.trust).toBe('syncing');
    expect(world.asked()).toContain('request');
  });

  it('B08 is stale once its connection is silent', () => {
    const world = new World(make).happen('timer', 'silence');
    expect([world.book.trust, world.book.reason]).toEqual(['stale', 'silence']);
    world.receive(...world.script.update(MORE[0] ?? []));
    expect(world.toldLive()).toBe(0);
  });

  it('B09 never tells a crossed book as live', () => {
    const world = new World(make);
    world.receive(...world.script.update([['bid', '101.5', '1.25']]));
    expect([world.book.trust, world.book.reason, world.book.counters.crossed]).toEqual(['suspect', 'crossed', 1]);
    expect([world.toldLive(), world.book.counters.resyncs]).toEqual([0, 1]);
  });

  it('B10 tells nothing of an update whose checksum fails', () => {
    const world = new World(make);
    const frames = world.script.wrongChecksum?.(MORE[0] ?? []);
    expect(frames !== undefined).toBe(hasChecksum);
    if (frames === undefined) return;
    world.receive(...frames);
    expect([world.book.trust, world.book.reason, world.book.counters.checksumFailed]).toEqual([
      'suspect',
      'checksum',
      1,
    ]);
    expect(world.toldLive()).toBe(0);
  });

  it('B11 is stale without its connection, and live with the next one, which has other channel numbers', () => {
    const world = new World(make);
    const before = world.book.position?.epoch ?? 0;
    world.happen('close');
    expect([world.book.trust, world.book.reason]).toEqual(['stale', 'disconnected']);
    world.connect();
    expect(world.book.trust).toBe('live');
    expect(world.book.position?.epoch).toBeGreaterThan(before);
    world.receive(...world.script.update(MORE[0] ?? []));
    world.expectBook([['bid', '100.5', '3.5'], ...BOOK.slice(1)]);
    expect(world.book.trust).toBe('live');
  });

  it('B12 is stale during maintenance, and asked for when that is over, where the venue tells of it', () => {
    const world = new World(make);
    const { maintenance } = world.script;
    if (maintenance === undefined) return;
    world.receive(maintenance[0]);
    expect([world.book.trust, world.book.reason]).toEqual(['stale', 'maintenance']);
    world.receive(maintenance[1]);
    expect(world.asked()).toContain('resubscribe');
  });

  it('B13 is not touched by a request that the venue refuses', () => {
    const world = new World(make);
    const { url, body } = world.script.rateLimit;
    if (rules.snapshot === 'rest') world.happen('timer', `compare ${world.book.instrument.venueSymbol}`);
    world.happen('http', body, url);
    expect(world.asked().filter((word) => word === 'malformed')).toHaveLength(1);
    expect(world.book.trust).toBe('live');
    world.receive(...world.script.update(MORE[0] ?? []));
    world.expectBook([['bid', '100.5', '3.5'], ...BOOK.slice(1)]);
  });

  it('B14 is not live on behind a frame that is no JSON, or was cut', () => {
    for (const damage of ['\0\0', ''] as const) {
      const world = new World(make);
      const [frame = '', ...rest] = world.script.update(MORE[0] ?? []);
      world.receive(damage === '' ? frame.slice(0, -3) : damage, ...rest);
      expect(world.asked()).toContain('malformed');
      world.receive(...world.script.update(MORE[1] ?? []));
      expect(world.book.trust).not.toBe('live');
    }
  });

  it('B15 holds the smallest prices and the largest sizes exactly', () => {
    const world = new World(make);
    const small: ScriptLevel = ['bid', '0.00000001', '1000000000000'];
    const huge: ScriptLevel = ['ask', '1000000000000', '0.00000001'];
    world.receive(...world.script.update([small, huge]));
    world.expectBook([...BOOK.slice(0, 2), small, ...BOOK.slice(2), huge]);
    world.receive(
      ...world.script.update([
        ['bid', '0.00000001', '0'],
        ['bid', '99.5', '2.5'],
      ]),
    );
    world.expectBook([...BOOK, huge]);
    expect(world.book.trust).toBe('live');
  });
});
