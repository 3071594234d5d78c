/**
 * A book whose updates name only a rising moment, against a venue that remembers its whole past: frames are unreadable or
 * late, connections come, go and overlap, and snapshots arrive late or from a cache. Every row that is told as live is the
 * truth. Frames are never lost without a trace here: neither number nor checksum would tell of that.
 */

import { describe, expect, it } from 'vitest';
import { IngestWorld } from '../../test/fixtures/ingest-world.ts';
import { NumberedVenue } from '../../test/fixtures/numbered-venue.ts';
import type { Level } from '../../test/fixtures/venue-frames.ts';
import { chance, createPrng, int, type Prng } from '../lib/prng.ts';
import type { BookView, EventView } from '../model/event.ts';

const SEEDS = 10;
const STEPS = 1_450;
const CALM_STEPS = 50;
const BOOK = 'bitstamp:BTC-USD';
const SNAPSHOT_URL = 'https://www.bitstamp.net/api/v2/order_book/btcusd/?group=1';
/** Moment of update 0, µs, and the time between two. */
const START_US = 1_700_000_000_000_000;
const UPDATE_US = 10;

interface Line {
  readonly name: string;
  /** Place among all frames of the one that it brings next. */
  next: number;
}

class Simulation {
  readonly told = { live: 0, malformed: 0 };
  private readonly prng: Prng;
  private readonly venue: NumberedVenue;
  private readonly world: IngestWorld;
  /** All that the venue has published: the same for every line. */
  private readonly frames: string[] = [];
  /** The last update that a frame tells of. */
  private published = 0;
  private lines: Line[] = [];
  private opened = 0;
  /** Update numbers of the snapshots that are on their way, with the steps until they are here. */
  private answers: { readonly update: number; steps: number }[] = [];
  private wrong: string | null = null;

  constructor(seed: string) {
    this.prng = createPrng(seed);
    this.venue = new NumberedVenue(createPrng(`${seed}/venue`));
    this.world = new IngestWorld({ emit: (view) => this.onEvent(view) });
  }

  /** Runs the story, then a calm end in which the book must become live. @throws Error where a row was not the truth */
  run(): void {
    this.open();
    for (let step = 0; step < STEPS && this.wrong === null; step++) this.step(true);
    for (let step = 0; step < CALM_STEPS && this.wrong === null; step++) this.step(false);
    if (this.wrong !== null) throw new Error(this.wrong);
    expect(this.world.book(BOOK).trust).toBe('live');
  }

  private step(faulty: boolean): void {
    const { prng, venue, world } = this;
    for (let updates = int(prng, 0, 2); updates > 0; updates--) venue.update();
    if (venue.last > this.published && chance(prng, 0.8)) this.publish();
    if (faulty && chance(prng, 0.02)) this.open();
    if (faulty && chance(prng, 0.02)) this.close();
    if (this.lines.length === 0) this.open();
    // An answer that nobody asked for any more, from a cache.
    if (chance(prng, 0.02)) this.answers.push({ update: this.ago(30), steps: int(prng, 0, 8) });
    for (const line of this.lines) {
      for (let frames = chance(prng, 0.4) ? 0 : int(prng, 1, 3); frames > 0; frames--) this.send(line, faulty);
    }
    this.answer();
    for (const wish of world.take().asked) {
      if (wish.startsWith('request')) this.answers.push({ update: this.ago(6), steps: int(prng, 0, 6) });
    }
  }

  /** An update of the latest so many, whether it has been published or not. */
  private ago(updates: number): number {
    return Math.max(0, this.venue.last - int(this.prng, 0, updates));
  }

  private publish(): void {
    const { venue } = this;
    const { data } = JSON.parse(venue.delta(this.published + 1, venue.last)) as { data: { b: Level[]; a: Level[] } };
    this.published = venue.last;
    this.frames.push(
      JSON.stringify({
        data: { ...timesOf(this.published), bids: data.b, asks: data.a },
        channel: 'diff_order_book_btcusd',
        event: 'data',
      }),
    );
  }

  private open(): void {
    const name = `line${this.opened++}`;
    this.lines.push({ name, next: this.frames.length });
    this.world.happen('bitstamp', name, 'open', null, 'wss://ws.bitstamp.net');
  }

  private close(): void {
    const line = this.lines.shift();
    if (line !== undefined) this.world.happen('bitstamp', line.name, 'close', null);
  }

  /** The line's next frame, where there is one; it may be unreadable. */
  private send(line: Line, faulty: boolean): void {
    const frame = this.frames[line.next];
    if (frame === undefined) return;
    line.next++;
    const isBad = faulty && chance(this.prng, 0.01);
    if (isBad) this.told.malformed++;
    this.world.happen('bitstamp', line.name, 'recv', isBad ? frame.replace('"bids":[', '"bids":[[],') : frame);
  }

  private answer(): void {
    for (const answer of this.answers) answer.steps--;
    const due = this.answers.filter(({ steps }) => steps < 0);
    this.answers = this.answers.filter(({ steps }) => steps >= 0);
    for (const { update } of due) {
      const { bids, asks } = this.venue.at(update);
      const body = JSON.stringify({ ...timesOf(update), bids: rowsOf(bids), asks: rowsOf(asks) });
      this.world.happen('bitstamp', 'rest', 'http', body, SNAPSHOT_URL);
    }
  }

  private onEvent(view: EventView): void {
    if (view.kind !== 'book.delta' && view.kind !== 'book.snapshot') return;
    if (view.header.state !== 'live') return;
    this.told.live++;
    this.wrong ??= this.differenceOf(view);
  }

  /** What is not the truth about a live event; null where all is. */
  private differenceOf({ venueSeq }: BookView): string | null {
    const truth = this.venue.at((venueSeq - START_US) / UPDATE_US);
    const sides = this.world.book(BOOK).book.state().narrow;
    if (sides === null) return 'the book is wide';
    for (const [name, ladder, sign] of [
      ['bids', sides.bids, 1],
      ['asks', sides.asks, -1],
    ] as const) {
      const held = new Map(Array.from(ladder.keys, (key, i) => [sign * key, ladder.sizes[i]] as const));
      for (const price of new Set([...held.keys(), ...truth[name].keys()])) {
        const should = truth[name].get(price);
        if (held.get(price) !== should) return `${venueSeq}: ${name} ${price} is ${held.get(price)}, not ${should}`;
      }
    }
    return null;
  }
}

function timesOf(update: number): { readonly timestamp: string; readonly microtimestamp: string } {
  const us = START_US + UPDATE_US * update;
  return { timestamp: String(Math.floor(us / 1e6)), microtimestamp: String(us) };
}

function rowsOf(side: ReadonlyMap<number, number>): Level[] {
  return [...side].map(([price, size]) => [String(price), String(size)]);
}

describe('a book of rising moments in bad weather', () => {
  it.each(Array.from({ length: SEEDS }, (_, i) => `rising-${i}`))('tells nothing but the truth (seed %s)', (seed) => {
    const simulation = new Simulation(seed);
    simulation.run();
    const { live, malformed } = simulation.told;
    // The weather was bad, and still much of it was told.
    expect(malformed).toBeGreaterThan(0);
    expect(live).toBeGreaterThan(STEPS / 4);
  });
});
