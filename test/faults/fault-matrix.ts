/**
 * What the product makes of every fault on every simulated venue: faults are injected one after another, and each live
 * event is held against what the venue's book really was. One cell is one venue and one fault; its seed runs it again,
 * frame by frame.
 */

import { createPrng, int, pick, type Prng } from '../../src/lib/prng.ts';
import type { EventView } from '../../src/model/event.ts';
import { binance } from '../../src/simulator/binance-server.ts';
import type { FaultKind } from '../../src/simulator/fault-plan.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import type { VenueDefinition } from '../../src/simulator/venue-protocol.ts';
import { VENUES, type VenueName } from '../../src/simulator/venues.ts';
import type { Proof } from './proof.ts';
import { isAlwaysNoticed, proofOf } from './proof.ts';
import { TrueBooks } from './true-books.ts';
import { VenueDesk } from './venue-desk.ts';

export interface CellOptions {
  readonly venue: VenueName;
  readonly fault: FaultKind;
  readonly injections: number;
  readonly seed: string;
  /** How often each book is held against the venue's own by REST, µs; never where absent. */
  readonly compareEveryUs?: number;
  /** Claims another proof than the venue gives, to see that the matrix can fail. */
  readonly proof?: Proof;
}

/** What became of one injection. */
export type Outcome =
  /** The book left `live`, or refused its snapshot. */
  | 'leftLive'
  /** An update was left out or put in place by its number, and the book was right all the time. */
  | 'byNumber'
  /** No wrong row was told, and nothing had to be done. */
  | 'harmless'
  /** Wrong rows were told as live, and the product never knew. */
  | 'unseen';

export interface CellResult {
  readonly venue: VenueName;
  readonly fault: FaultKind;
  readonly seed: string;
  /** Faults that struck. */
  injections: number;
  readonly outcomes: Record<Outcome, number>;
  /** Live events of the struck books that told a wrong one. */
  wrong: number;
  /** The most after one injection. */
  wrongMax: number;
  /** Those that were told although the venue had sent what proves the fault. */
  wrongProven: number;
  /** Live events that told a wrong book of a pair that was not struck. */
  wrongElsewhere: number;
  /** Injections after which all books came to be live and right by themselves. */
  rightAgain: number;
  /** Those after which it took a comparison with the venue's own book. */
  rightByComparison: number;
  /** Comparisons that found a book right, and wrong. */
  comparedSame: number;
  comparedDiffering: number;
  /** Those after which it took a new connection, as no frame shows the fault. */
  rightByResync: number;
  /** Each says what must hold and did not. */
  readonly failures: string[];
}

/** Prices and sizes of both are written with decimals by every venue. */
const PAIRS = ['ETH-USD', 'XRP-USDT'] as const;
/** Frames that change places are to be of the same book, so there is one only. */
const REORDERED_PAIRS = PAIRS.slice(0, 1);
const MARKET = { ratePerPair: 40, whalesPerMinute: 30, levelsPerSide: 40, driveManually: true } as const;
const SLICE_US = 10_000;
/** Of a silent venue nothing comes that would need finer steps. */
const SILENT_STEP_US = 1_000_000;
const DELAY_US_MAX = 300_000;
/** Longer than any venue may be silent. */
const FREEZE_US = 120_000_000;
/** Longer than a delay and the two updates after it. */
const WATCH_US = 600_000;
const STRIKE_US_MAX = 5_000_000;
const RECOVERY_US_MAX = 10_000_000;
/** While nothing but a comparison is waited for, and how long after its turn one may take. */
const WAITING_STEP_US = 50_000;
const COMPARISON_US_MAX = 10_000_000;

/** Depths at which the checksum of a venue covers the whole book. */
const BOOK_DEPTHS: Partial<Readonly<Record<VenueName, number>>> = { kraken: 10, bitfinex: 25 };
const BOOK_DEPTH = 100;
/** Limits that a desk would break which asks the venue for a sign of life at each step, and resyncs all the time. */
const DEFINITIONS: Partial<Readonly<Record<VenueName, VenueDefinition>>> = {
  binance: binance({ messagesPerSecond: Infinity, weightPerMinute: Infinity }),
};

/** Starts the venue, injects the faults, and stops it again. What the product did wrong is in the result's failures. */
export async function measureCell(options: CellOptions): Promise<CellResult> {
  const { venue, fault, injections, seed, proof: claimed = null, compareEveryUs } = options;
  const depth = BOOK_DEPTHS[venue] ?? BOOK_DEPTH;
  const truth = new TrueBooks({ depth, isInMilliseconds: venue === 'bitfinex' });
  const cellSeed = `${seed}/${venue}/${fault}`;
  const pairs = fault === 'reorder' ? REORDERED_PAIRS : PAIRS;
  const simulator = await startSimulator({
    ...MARKET,
    pairs,
    seed: cellSeed,
    venues: [venue],
    faults: { rates: {}, delayUsMax: DELAY_US_MAX, freezeUs: FREEZE_US },
    definitions: { [venue]: truth.witness(DEFINITIONS[venue] ?? VENUES[venue]()) },
  });
  try {
    const cell = new Cell({ venue, fault, seed }, { simulator, truth, pairs, claimed, compareEveryUs });
    await cell.run(injections, depth, cellSeed);
    return cell.result;
  } finally {
    await simulator.stop();
  }
}

/** How a book stands in the eyes of one who hears its events. */
interface Standing {
  /** Live events so far. */
  events: number;
  /** Whether the last of them told the truth. */
  isRight: boolean;
}

interface World {
  readonly simulator: Simulator;
  readonly truth: TrueBooks;
  readonly pairs: readonly string[];
  readonly claimed: Proof | null;
  readonly compareEveryUs: number | undefined;
}

class Cell {
  readonly result: CellResult;
  private readonly simulator: Simulator;
  private readonly truth: TrueBooks;
  private readonly pairs: readonly string[];
  private readonly standings: ReadonlyMap<string, Standing>;
  /** The pair that is or was last struck, and what came of it. */
  private struck = '';
  private wrong = 0;
  private hasLeftLive = false;
  /** Updates of it that had been left out or put in place by their numbers before. */
  private numbered = 0;
  /** Comparisons so far that found any book wrong. */
  private differing = 0;
  private readonly claimed: Proof | null;
  private readonly compareEveryUs: number | undefined;
  private isProvable = true;

  constructor({ venue, fault, seed }: Pick<CellResult, 'venue' | 'fault' | 'seed'>, world: World) {
    this.simulator = world.simulator;
    this.truth = world.truth;
    this.pairs = world.pairs;
    this.claimed = world.claimed;
    this.compareEveryUs = world.compareEveryUs;
    this.standings = new Map(world.pairs.map((pair) => [pair, { events: 0, isRight: false }]));
    this.result = {
      ...{ venue, fault, seed, injections: 0, wrong: 0, wrongMax: 0, wrongProven: 0, wrongElsewhere: 0 },
      ...{ rightAgain: 0, rightByComparison: 0, comparedSame: 0, comparedDiffering: 0 },
      ...{ rightByResync: 0, failures: [] },
      outcomes: { leftLive: 0, byNumber: 0, harmless: 0, unseen: 0 },
    };
  }

  /** Stops at the first failure after which nothing can be told. */
  async run(injections: number, bookDepth: number, seed: string): Promise<void> {
    const { simulator, result, pairs } = this;
    const { venue, fault } = result;
    const desk = await VenueDesk.open({
      ...{ simulator, venue, pairs, bookDepth, seed },
      ...(this.compareEveryUs === undefined ? {} : { compareEveryUs: this.compareEveryUs }),
      onEvent: (view) => this.onEvent(desk, view),
    });
    this.isProvable = (this.claimed ?? proofOf(desk.wire.rules, fault)) === 'at-once';
    const prng = createPrng(`${seed}/injections`);
    try {
      let isWell = await this.isRightWithin(desk, RECOVERY_US_MAX);
      if (!isWell) this.fail('the books were not right at the start');
      for (let n = 0; n < injections && isWell; n++) isWell = await this.inject(desk, prng);
    } catch (error) {
      this.fail(String(error));
    }
    await desk.close();
  }

  /** @returns whether every book was right again in the end */
  private async inject(desk: VenueDesk, prng: Prng): Promise<boolean> {
    const { simulator, result } = this;
    const { venue, fault } = result;
    for (let slices = int(prng, 0, 20); slices > 0; slices--) await desk.pass(SLICE_US);
    const pair = pick(prng, this.pairs);
    const before = simulator.faultCounts(venue)[fault];
    this.begin(desk, pair);
    simulator.faultNext(venue, pair, fault);
    // A snapshot is asked for by a new connection.
    if (fault === 'stale-snapshot') simulator.disconnect(venue);
    const hasStruck = (): boolean => simulator.faultCounts(venue)[fault] > before;
    if (!(await passUntil(desk, STRIKE_US_MAX, hasStruck))) {
      this.fail('the fault did not strike');
      return false;
    }
    result.injections++;
    const wasRefused = await this.observe(desk, pair);
    const { staleUpdates, healed } = desk.book(pair).counters;
    const outcome = this.outcome(wasRefused, staleUpdates + healed > this.numbered);
    result.outcomes[outcome]++;
    if (outcome === 'unseen' && this.isProvable) this.fail('the book was wrong, and nobody noticed');
    if (outcome === 'harmless' && isAlwaysNoticed(desk.wire.rules, fault)) this.fail('nobody noticed the fault');
    const isRight = await this.recover(desk);
    this.judgeComparisons(desk);
    return isRight;
  }

  private begin(desk: VenueDesk, pair: string): void {
    const { staleUpdates, healed } = desk.book(pair).counters;
    this.struck = pair;
    this.wrong = 0;
    this.hasLeftLive = false;
    this.numbered = staleUpdates + healed;
  }

  /** Lets the fault have its effects. @returns whether the book asked once more for what it was given */
  private async observe(desk: VenueDesk, pair: string): Promise<boolean> {
    const { silenceMs } = desk.wire.limits;
    const heardBefore = desk.told.length;
    if (desk.isMute) {
      await passUntil(desk, 2000 * silenceMs, () => !desk.isMute);
      this.hasLeftLive ||= desk.book(pair).trust !== 'live';
    }
    await passUntil(desk, WATCH_US, () => false);
    const symbol = desk.symbolOf(pair);
    return desk.told
      .slice(heardBefore)
      .some((wish) => wish === `request ${symbol}` || wish === `resubscribe ${symbol}`);
  }

  private outcome(wasRefused: boolean, hasNumbered: boolean): Outcome {
    const isNoticed = this.result.fault === 'stale-snapshot' ? wasRefused : this.hasLeftLive;
    if (isNoticed) return 'leftLive';
    if (this.wrong > 0) return 'unseen';
    return hasNumbered ? 'byNumber' : 'harmless';
  }

  /** A book that nobody knows to be wrong has to be begun anew. */
  private async recover(desk: VenueDesk): Promise<boolean> {
    const { simulator, result } = this;
    const isKnown = this.isProvable || [...this.standings.values()].every(({ isRight }) => isRight);
    if (!isKnown && (await this.isRightByComparison(desk))) {
      result.rightByComparison++;
      return true;
    }
    if (!isKnown) simulator.disconnect(result.venue);
    const isRight = await this.isRightWithin(desk, RECOVERY_US_MAX);
    if (!isRight) this.fail('the books were not right again');
    else if (isKnown) result.rightAgain++;
    else result.rightByResync++;
    return isRight;
  }

  /** Whether the next comparison of each book, or an update before it, leads to the truth. */
  private async isRightByComparison(desk: VenueDesk): Promise<boolean> {
    const { compareEveryUs } = this;
    if (compareEveryUs === undefined || desk.wire.comparison === undefined) return false;
    const isRight = await this.isRightWithin(desk, compareEveryUs + COMPARISON_US_MAX, WAITING_STEP_US);
    if (!isRight) this.fail('a comparison did not show that the book is wrong');
    return isRight;
  }

  /** A book that is right must not be distrusted for a comparison. */
  private judgeComparisons(desk: VenueDesk): void {
    const { result, pairs } = this;
    const counters = pairs.flatMap((pair) => desk.find(pair)?.counters ?? []);
    result.comparedSame = counters.reduce((sum, one) => sum + one.comparedSame, 0);
    result.comparedDiffering = counters.reduce((sum, one) => sum + one.comparedDiffering, 0);
    if (result.comparedDiffering > this.differing && this.wrong === 0) this.fail('a right book was found to differ');
    this.differing = result.comparedDiffering;
  }

  /** Whether all books come to be live, and to tell something true, within so long. */
  private async isRightWithin(desk: VenueDesk, us: number, stepUs = SLICE_US): Promise<boolean> {
    const before = new Map([...this.standings].map(([pair, { events }]) => [pair, events]));
    const areRight = (): boolean =>
      [...this.standings].every(
        ([pair, { events, isRight }]) =>
          isRight && events > (before.get(pair) ?? 0) && desk.find(pair)?.trust === 'live',
      );
    return passUntil(desk, us, areRight, stepUs);
  }

  private onEvent(desk: VenueDesk, view: EventView): void {
    const { symbol, state } = view.header;
    if (view.kind === 'book.status' && state !== 'live' && symbol === this.struck) this.hasLeftLive = true;
    if ((view.kind !== 'book.snapshot' && view.kind !== 'book.delta') || state !== 'live') return;
    const standing = this.standings.get(symbol);
    const book = desk.find(symbol)?.book;
    if (standing === undefined || book === undefined) return;
    standing.events++;
    standing.isRight = this.truth.isRight(view, book);
    if (!standing.isRight) this.onWrong(symbol);
  }

  private onWrong(symbol: string): void {
    const { result } = this;
    if (symbol !== this.struck) {
      result.wrongElsewhere++;
      this.fail(`${symbol} is live and wrong, and was not struck`);
      return;
    }
    this.wrong++;
    result.wrong++;
    result.wrongMax = Math.max(result.wrongMax, this.wrong);
    // Snapshots end whatever was wrong before, except for the one that was struck.
    if (this.hasLeftLive && result.fault !== 'stale-snapshot')
      this.fail(`${symbol} is live and wrong after its resync`);
    if (!this.isProvable) return;
    result.wrongProven++;
    this.fail(`${symbol} is live and wrong after the proof`);
  }

  private fail(what: string): void {
    const { venue, fault, seed, injections, failures } = this.result;
    const place = `${venue} ${fault} (seed ${seed}, injection ${injections})`;
    failures.push(`${place} at ${this.simulator.nowUs} µs: ${what}`);
  }
}

/** @returns whether the condition came to hold within so much of the market's time */
async function passUntil(
  desk: VenueDesk,
  us: number,
  holds: () => boolean,
  stepUs: number = SLICE_US,
): Promise<boolean> {
  for (let leftUs = us; leftUs > 0 && !holds();) {
    const nextUs = desk.isMute ? SILENT_STEP_US : stepUs;
    await desk.pass(nextUs);
    leftUs -= nextUs;
  }
  return holds();
}
