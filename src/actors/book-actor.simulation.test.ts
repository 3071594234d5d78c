/**
 * A numbered book against a venue that remembers its whole past, while frames are lost, doubled, late and unreadable,
 * connections come, go and overlap, and snapshots arrive late or ahead: every row that is told as live is the truth.
 */

import { describe, expect, it } from 'vitest';
import { IngestWorld } from '../../test/fixtures/ingest-world.ts';
import { NumberedVenue } from '../../test/fixtures/numbered-venue.ts';
import { chance, createPrng, int, type Prng } from '../lib/prng.ts';
import type { BookView, EventView } from '../model/event.ts';
import { BID, KNOWN } from '../model/event.ts';

const SEEDS = 15;
const STEPS = 1_500;
const LIMIT = 20;
const BOOK = 'binance:BTC-USDT';

interface Line {
  readonly name: string;
  /** The last update that it has sent. */
  sent: number;
}

class Simulation {
  readonly told = { live: 0, orders: 0, resyncs: 0, gaps: 0, refreshes: 0, healed: 0 };
  private readonly prng: Prng;
  private readonly venue: NumberedVenue;
  private readonly world: IngestWorld;
  private lines: Line[] = [];
  private opened = 0;
  /** Update numbers of the snapshots that are on their way, with the steps until they are here. */
  private answers: { readonly update: number; steps: number }[] = [];
  private lastTold = NaN;
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
    for (let step = 0; step < 50 && this.wrong === null; step++) this.step(false);
    if (this.wrong !== null) throw new Error(this.wrong);
    const { trust, counters } = this.world.book(BOOK);
    expect(trust).toBe('live');
    const { resyncs, gaps, refreshes, healed } = counters;
    Object.assign(this.told, { resyncs, gaps, refreshes, healed });
  }

  private step(faulty: boolean): void {
    const { prng, venue, world } = this;
    for (let updates = int(prng, 0, 3); updates > 0; updates--) venue.update();
    if (faulty && chance(prng, 0.01)) this.open();
    if (faulty && chance(prng, 0.01)) this.close();
    if (this.lines.length === 0) this.open();
    for (const line of this.lines) if (!chance(prng, 0.3)) this.send(line, faulty);
    this.answer();
    for (const wish of world.take().asked) if (wish.startsWith('request')) this.ask();
  }

  private open(): void {
    const name = `line${this.opened++}`;
    this.lines.push({ name, sent: this.venue.last });
    this.world.happen('binance', name, 'open', null, 'wss://stream.binance.com:9443/stream');
  }

  private close(): void {
    const line = this.lines.shift();
    if (line !== undefined) this.world.happen('binance', line.name, 'close', null);
  }

  /** One frame with some or all of what the line has not sent yet. */
  private send(line: Line, faulty: boolean): void {
    const { prng, venue, world } = this;
    if (line.sent === venue.last) return;
    const first = line.sent + 1;
    line.sent = int(prng, first, venue.last);
    const frame = venue.delta(first, line.sent);
    const isLost = faulty && chance(prng, 0.01);
    const isCut = faulty && chance(prng, 0.01);
    if (!isLost)
      world.happen('binance', line.name, 'recv', isCut ? frame.slice(0, int(prng, 0, frame.length - 1)) : frame);
    if (faulty && chance(prng, 0.02)) world.happen('binance', line.name, 'recv', frame);
  }

  private ask(): void {
    const { prng, venue } = this;
    // What the venue answers may be old by the time it is here, or newer than what the lines have brought.
    this.answers.push({ update: Math.max(0, venue.last - int(prng, 0, 4)), steps: int(prng, 0, 6) });
  }

  private answer(): void {
    for (const answer of this.answers) answer.steps--;
    const due = this.answers.filter(({ steps }) => steps < 0);
    this.answers = this.answers.filter(({ steps }) => steps >= 0);
    for (const { update } of due) {
      const { url, body } = this.venue.snapshot(update, LIMIT);
      this.world.happen('binance', 'rest', 'http', body, url);
    }
  }

  private onEvent(view: EventView): void {
    if (view.kind !== 'book.delta' && view.kind !== 'book.snapshot') return;
    if (view.header.state === 'live') {
      this.told.live++;
      this.wrong ??= this.differenceOf(view);
    }
    this.lastTold = view.venueSeq;
  }

  /** What is not the truth about a live event; null where all is. */
  private differenceOf({ kind, venueSeq, changes }: BookView): string | null {
    const { book } = this.world.book(BOOK);
    const truth = this.venue.at(venueSeq);
    const sides = book.state().narrow;
    if (sides === null) return 'the book is wide';
    for (const [name, ladder, sign] of [
      ['bids', sides.bids, 1],
      ['asks', sides.asks, -1],
    ] as const) {
      const held = new Map(Array.from(ladder.keys, (key, i) => [sign * key, ladder.sizes[i]] as const));
      for (const [price, size] of held) {
        if (truth[name].get(price) !== size) return `${venueSeq}: ${name} ${price} is held with ${size}`;
      }
      for (const price of truth[name].keys()) {
        const covered = sign * price >= ladder.horizon;
        if (covered && !held.has(price)) return `${venueSeq}: ${name} ${price} is missing`;
      }
    }
    if (kind === 'book.snapshot') return null;
    const before = this.venue.at(this.lastTold);
    for (let row = 0; row < changes.count; row++) {
      if (changes.kind[row] !== KNOWN) continue;
      const name = changes.side[row] === BID ? 'bids' : 'asks';
      const price = changes.price[row] ?? NaN;
      const really = (truth[name].get(price) ?? 0) - (before[name].get(price) ?? 0);
      if (really !== changes.change[row]) return `${venueSeq}: ${name} ${price} changed by ${really}`;
      if (really > 0) this.told.orders++;
    }
    return null;
  }
}

describe('a numbered book in bad weather', () => {
  it.each(Array.from({ length: SEEDS }, (_, i) => `weather-${i}`))('tells nothing but the truth (seed %s)', (seed) => {
    const simulation = new Simulation(seed);
    simulation.run();
    const { live, orders, resyncs, healed } = simulation.told;
    // The weather was bad, and still most of it was told.
    expect(resyncs + healed).toBeGreaterThan(0);
    expect(live).toBeGreaterThan(STEPS / 4);
    expect(orders).toBeGreaterThan(STEPS / 4);
  });
});
