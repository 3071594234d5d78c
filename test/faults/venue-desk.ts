/**
 * The product's ingest at one simulated venue: what the venue really sends over its sockets and by REST goes into a shard,
 * and the shard's wishes go back to the venue, as a session would carry them. Time is the simulator's and passes by hand,
 * so that the same seed gives the same records.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BookKeeper } from '../../src/actors/book-keeper.ts';
import { IngestShard } from '../../src/actors/ingest-shard.ts';
import { Positions } from '../../src/actors/positions.ts';
import { wireRegistry } from '../../src/exchanges/registry.ts';
import { authoriserOf } from '../../src/exchanges/session-authorisation.ts';
import { assert } from '../../src/lib/assert.ts';
import { createPrng, int, type Prng } from '../../src/lib/prng.ts';
import type { EventView } from '../../src/model/event.ts';
import type { FeedOp, FeedRecord } from '../../src/model/feed-record.ts';
import type { BookChannel, ExchangeWire, Subscription } from '../../src/ports/exchange-wire.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { SocketProbe } from '../../src/simulator/socket-probe.ts';
import type { VenueName } from '../../src/simulator/venues.ts';
import { feedRecord } from '../fixtures/feed-records.ts';
import { SIMULATED_CREDENTIALS } from '../fixtures/simulated-credentials.ts';

export interface VenueDeskOptions {
  /** Driven by hand; the desk advances it. */
  readonly simulator: Simulator;
  readonly venue: VenueName;
  /** Its book by levels where it is not said. */
  readonly channel?: BookChannel;
  /** `BASE-QUOTE`. */
  readonly pairs: readonly string[];
  /** Levels per side, where the venue lets one choose. */
  readonly bookDepth: number;
  /** How long REST answers take comes from it. */
  readonly seed: string;
  /** Gets every event during its emission, when the book is as the event says. It must not throw. */
  readonly onEvent?: (view: EventView) => void;
  /** How often each pair is held against the venue's own book by REST, µs; never where absent. */
  readonly compareEveryUs?: number;
  /** Gets every frame before the shard does. */
  readonly onFrame?: (conn: string, text: string) => void;
  /** Gets every record before the shard does. */
  readonly onRecord?: (record: FeedRecord) => void;
  /** Changes a subscribing frame on its way to the venue. */
  readonly rewrite?: (request: string) => string;
}

interface Line {
  readonly conn: string;
  readonly probe: SocketProbe;
  /** A frame as it goes out to the venue. */
  readonly seal: (request: string) => string;
  isOpen: boolean;
  /** The venue may be frozen on it: no answer can be waited for. */
  isMute: boolean;
  /** Last sign of life, µs. */
  heardUs: number;
  pings: number;
}

/** A pair that is under comparison, and what comes next of it. */
interface Comparison {
  phase: 'request' | 'answer' | 'compared';
  dueUs: number;
}

/** A REST answer on its way. */
interface Answer {
  readonly url: string;
  readonly body: string;
  readonly dueUs: number;
}

type Wish =
  | { readonly kind: 'open' }
  | { readonly kind: 'request'; readonly symbol: string }
  | { readonly kind: 'resubscribe'; readonly symbol: string; readonly channel: string }
  | { readonly kind: 'renew'; readonly conn: string };

/** A book that has waited so long for its snapshot asks again, µs. */
const PATIENCE_US = 1_000_000;
const ANSWER_US_MAX = 200_000;

/** Every event is judged as a consumer does: nothing may be missing, nothing told twice. */
export class VenueDesk {
  readonly wire: ExchangeWire;
  readonly shard: IngestShard;
  /** What the shard said and asked for, oldest first: `resubscribe tXRPUST`, `renew line 1`, `malformed`, `general`. */
  readonly told: string[] = [];
  private readonly options: VenueDeskOptions;
  private readonly subscription: Subscription;
  private readonly prng: Prng;
  private readonly consumer = new Positions();
  /** What may never happen, and did: an error thrown during an emission would pass for the book's own. */
  private readonly violations: string[] = [];
  /** Oldest first. */
  private lines: Line[] = [];
  private opened = 0;
  private frames = 0;
  private lastUs = 0;
  private freezes = 0;
  private wishes: Wish[] = [];
  /** Answers for comparisons, by symbol. */
  private readonly bodies = new Map<string, string>();
  private readonly comparisons = new Map<string, Comparison>();
  /** How often it was the next pair's turn. */
  private turns = 0;
  /** By symbol. */
  private readonly answers = new Map<string, Answer>();

  private constructor(options: VenueDeskOptions) {
    const { venue, pairs, bookDepth, seed, channel } = options;
    const wire = wireRegistry.live(venue, channel);
    assert(wire !== undefined, `no wire for ${venue}`);
    this.options = options;
    this.wire = wire;
    this.subscription = { venueSymbols: pairs.map((pair) => this.symbolOf(pair)), bookDepth, audit: false };
    this.prng = createPrng(`${seed}/answers`);
    this.shard = new IngestShard({
      wires: wireRegistry,
      partitions: 1,
      owns: () => true,
      effects: {
        emit: (_, view) => this.onEvent(view),
        requestSnapshot: (_, symbol) => this.wish({ kind: 'request', symbol }, symbol),
        resubscribe: (_, symbol, channel) => this.wish({ kind: 'resubscribe', symbol, channel }, symbol),
        renew: (conn) => this.wish({ kind: 'renew', conn }, conn),
        malformed: () => this.told.push('malformed'),
        readGenerally: () => this.told.push('general'),
        actorFailed: (book, _, error) => this.violations.push(`${book}: ${String(error)}`),
        refused: (_, symbol, detail) => this.violations.push(`refused ${symbol} ${detail}`),
      },
    });
  }

  /** Learns the venue's instruments, connects and subscribes. No frame is taken before the first `pass`. */
  static async open(options: VenueDeskOptions): Promise<VenueDesk> {
    const desk = new VenueDesk(options);
    const { path } = desk.wire.instrumentsRequest();
    desk.happen('rest', 'http', await desk.get(path), desk.wire.endpoints.rest + path);
    await desk.connect();
    return desk;
  }

  /** The venue's name of a pair. */
  symbolOf(pair: string): string {
    const [base = '', quote = ''] = pair.split('-');
    return this.wire.venueSymbol({ base, quote });
  }

  /** @throws AssertionFailed where nothing was heard of the pair yet */
  book(pair: string): BookKeeper {
    const book = this.find(pair);
    assert(book !== undefined, `no book of ${pair}`);
    return book;
  }

  find(pair: string): BookKeeper | undefined {
    return new Map(this.shard.books()).get(`${this.options.venue}:${pair}`);
  }

  /** Whether there is a connection and the venue is, as far as is known, silent on all of them. */
  get isMute(): boolean {
    return this.lines.length > 0 && this.lines.every((line) => line.isMute);
  }

  /**
   * Lets time pass, takes all that came of it, and lets the venue answer what the shard asks for. Frames that come in one
   * call were received at one moment, its end.
   * @throws AssertionFailed where a step of a book failed, the venue refused something, or a consumer would miss an event
   */
  async pass(us: number): Promise<void> {
    const { simulator, venue } = this.options;
    simulator.advance(us);
    const { freeze } = simulator.faultCounts(venue);
    if (freeze > this.freezes) for (const line of this.lines) line.isMute = true;
    this.freezes = freeze;
    await this.hear();
    this.deliver();
    await this.compare();
    this.shard.nudge(simulator.nowUs - PATIENCE_US, simulator.nowUs);
    const resubscribed = new Set<string>();
    for (let wishes = this.wishes.splice(0); wishes.length > 0; wishes = this.wishes.splice(0)) {
      for (const wish of wishes) await this.grant(wish, resubscribed);
      await this.hear();
    }
    assert(this.violations.length === 0, this.violations.join('; '));
  }

  /** Closes its connections. */
  async close(): Promise<void> {
    await Promise.all(this.lines.filter(({ isOpen }) => isOpen).map(({ probe }) => probe.close()));
  }

  private onEvent(view: EventView): void {
    const { exchange, symbol, epoch, seq } = view.header;
    const verdict = this.consumer.accept(`${exchange}:${symbol}`, view.header);
    if (verdict !== 'new') this.violations.push(`${verdict} ${view.kind} of ${symbol}, epoch ${epoch}, seq ${seq}`);
    this.options.onEvent?.(view);
  }

  private wish(wish: Wish, what: string): void {
    this.told.push(`${wish.kind} ${what}`);
    this.wishes.push(wish);
  }

  private async connect(): Promise<void> {
    const { simulator, venue, rewrite = (request) => request } = this.options;
    const { wire, subscription } = this;
    const url = new URL(simulator.urls[venue]?.ws ?? '').origin + wire.connectPath(subscription);
    const probe = await SocketProbe.open(url);
    const conn = `line ${++this.opened}`;
    const seal = await this.sealing();
    const line: Line = { conn, probe, seal, isOpen: true, isMute: false, heardUs: simulator.nowUs, pings: 0 };
    void probe.closed().then(() => (line.isOpen = false));
    this.lines.push(line);
    this.happen(conn, 'open', null, url);
    for (const request of wire.subscribe(subscription)) {
      this.happen(conn, 'send', request);
      probe.send(rewrite(seal(request)));
    }
  }

  /** What a session would do to frames of a venue that wants to know who asks. */
  private async sealing(): Promise<(request: string) => string> {
    const { simulator, venue } = this.options;
    const { authentication } = this.wire;
    const credentials = SIMULATED_CREDENTIALS[venue];
    if (authentication === undefined || credentials === undefined) return (request) => request;
    const clock = { nowUs: () => simulator.nowUs };
    return authoriserOf({ authentication, credentials, restUrl: simulator.urls[venue]?.rest ?? '', clock })();
  }

  /** Takes what the venue has sent so far. */
  private async hear(): Promise<void> {
    const { nowUs } = this.options.simulator;
    // What was sent before the silence lies in the socket already: it is read within a turn of the event loop.
    for (let turn = 0; turn < 2 && this.lines.some(({ isMute }) => isMute); turn++) await nextTurn();
    for (const line of [...this.lines]) {
      const { conn, probe } = line;
      if (line.isOpen && !line.isMute) await Promise.race([probe.settle(), probe.closed()]);
      const texts = probe.take();
      if (texts.length > 0 || probe.pings.length > line.pings) line.heardUs = nowUs;
      line.pings = probe.pings.length;
      for (const text of texts) this.happen(conn, 'recv', text);
      if (!line.isOpen) this.end(line);
      else if (nowUs - line.heardUs >= this.wire.limits.silenceMs * 1000) await this.giveUp(line);
    }
  }

  /** As a session and its rota do. */
  private async compare(): Promise<void> {
    const { simulator, pairs, compareEveryUs } = this.options;
    const { comparison } = this.wire;
    const conn = this.lines.at(-1)?.conn;
    if (comparison === undefined || compareEveryUs === undefined || conn === undefined) return;
    const { nowUs } = simulator;
    const turn = Math.floor((nowUs * pairs.length) / compareEveryUs);
    if (turn !== this.turns) {
      this.turns = turn;
      const symbol = this.symbolOf(pairs[turn % pairs.length] ?? '');
      if (!this.comparisons.has(symbol)) {
        this.comparisons.set(symbol, { phase: 'request', dueUs: nowUs + comparison.leadMs * 1000 });
        this.happen(conn, 'timer', `compare ${symbol}`);
      }
    }
    for (const [symbol, one] of this.comparisons) {
      if (one.dueUs > nowUs) continue;
      const { path } = comparison.request(symbol);
      if (one.phase === 'request') {
        this.bodies.set(symbol, await this.get(path));
        Object.assign(one, { phase: 'answer', dueUs: nowUs + int(this.prng, 0, ANSWER_US_MAX) });
      } else if (one.phase === 'answer') {
        this.happen(conn, 'http', this.bodies.get(symbol) ?? '', this.wire.endpoints.rest + path);
        Object.assign(one, { phase: 'compared', dueUs: nowUs + comparison.settleMs * 1000 });
      } else {
        this.comparisons.delete(symbol);
        this.happen(conn, 'timer', `compared ${symbol}`);
      }
    }
  }

  private deliver(): void {
    for (const [symbol, { url, body, dueUs }] of this.answers) {
      if (dueUs > this.options.simulator.nowUs) continue;
      this.answers.delete(symbol);
      this.happen(this.lines.at(-1)?.conn ?? 'rest', 'http', body, url);
    }
  }

  /** @param resubscribed a session spaces these wishes out: one per pair and pass */
  private async grant(wish: Wish, resubscribed: Set<string>): Promise<void> {
    switch (wish.kind) {
      case 'open':
        return this.connect();
      case 'request':
        return this.request(wish.symbol);
      case 'resubscribe': {
        const { symbol, channel } = wish;
        if (resubscribed.has(symbol)) return undefined;
        resubscribed.add(symbol);
        const requests = this.wire.resubscribe(symbol, this.subscription, channel);
        const line = this.lines.at(-1);
        for (const request of requests) line?.probe.send(line.seal(request));
        return undefined;
      }
      case 'renew':
        return this.renew(wish.conn);
    }
  }

  /** One request per pair at a time; the answer is of this moment and comes later. */
  private async request(symbol: string): Promise<void> {
    const request = this.wire.snapshotRequest(symbol, this.options.bookDepth);
    if (request === null || this.answers.has(symbol) || this.lines.length === 0) return;
    const body = await this.get(request.path);
    const dueUs = this.options.simulator.nowUs + int(this.prng, 0, ANSWER_US_MAX);
    this.answers.set(symbol, { url: this.wire.endpoints.rest + request.path, body, dueUs });
  }

  /** A new connection takes over from this one. */
  private async renew(conn: string): Promise<void> {
    const line = this.lines.find((one) => one.conn === conn);
    if (line === undefined) return;
    await this.connect();
    await this.hear();
    if (!this.lines.includes(line)) return;
    await line.probe.close();
    this.end(line);
  }

  private async giveUp(line: Line): Promise<void> {
    this.happen(line.conn, 'timer', 'silence');
    this.end(line);
    await line.probe.close();
  }

  private end(line: Line): void {
    this.lines = this.lines.filter((one) => one !== line);
    this.happen(line.conn, 'close', null);
    if (this.lines.length > 0) return;
    this.answers.clear();
    this.comparisons.clear();
    this.wishes.push({ kind: 'open' });
  }

  private async get(path: string): Promise<string> {
    const { simulator, venue } = this.options;
    return (await fetch(`${simulator.urls[venue]?.rest}${path}`)).text();
  }

  private happen(conn: string, op: FeedOp, data: string | null, url: string | null = null): void {
    const { simulator, venue } = this.options;
    // Receive times tell epochs apart.
    this.lastUs = Math.max(simulator.nowUs, this.lastUs + 1);
    const record = feedRecord({ tUs: this.lastUs, exchange: venue, conn, op, url, data });
    this.options.onRecord?.(record);
    this.shard.process(record, this.frames++, true);
  }
}
