/**
 * A seeded market of any number of pairs. It knows no venue and no clock: the caller advances its time, and the same
 * seed gives the same actions at the same times, in whatever steps the caller goes.
 *
 * Actions of all pairs together are one Poisson process: the wait for the next is exponential and the pair is drawn
 * evenly, which is the same as one process per pair. Whales are a second, slower process with its own generator, so
 * that the ordinary traffic before the first whale is the same with and without whales.
 */

import { createPrng, exponential, pick, uniform, type Prng } from '../lib/prng.ts';
import type { SimInstrument } from './instrument.ts';
import { PairMarket, type MarketAction, type PlacedWhale } from './pair-market.ts';

export interface MarketOptions {
  readonly seed: number | string;
  readonly instruments: readonly SimInstrument[];
  /** Mean actions per second of one pair; 0 for a market at rest. */
  readonly ratePerPair: number;
  /** Mean planted whales per minute over all pairs. */
  readonly whalesPerMinute: number;
  /** Levels that a side hovers around. */
  readonly levelsPerSide: number;
  /** Where the market's time begins, µs since the epoch. */
  readonly startUs: number;
}

/** A whale of the ground truth, in the ticks and lots of its pair. */
export interface PlantedWhale extends PlacedWhale {
  readonly exchangeUs: number;
  readonly market: PairMarket;
}

/** Whales stand out by this many sigma, evenly. */
const WHALE_SIGMA_MIN = 4.2;
const WHALE_SIGMA_MAX = 6;
/** The ground truth keeps this many of the latest whales: months at demo rates. */
const WHALES_KEPT_MAX = 100_000;

export class Market {
  readonly pairs: readonly PairMarket[];
  readonly #traffic: PoissonProcess;
  readonly #whaleTraffic: PoissonProcess;
  readonly #whales: PlantedWhale[] = [];
  #nowUs: number;

  constructor(options: MarketOptions) {
    const { seed, instruments, startUs } = options;
    this.pairs = instruments.map(
      (instrument, index) =>
        new PairMarket(instrument, index, options.levelsPerSide, createPrng(`${seed}/${instrument.pair}`), startUs),
    );
    this.#nowUs = startUs;
    const ratePerUs = (options.ratePerPair * this.pairs.length) / 1e6;
    this.#traffic = new PoissonProcess(createPrng(`${seed}/traffic`), ratePerUs, startUs);
    const whalesPerUs = this.pairs.length === 0 ? 0 : options.whalesPerMinute / 60e6;
    this.#whaleTraffic = new PoissonProcess(createPrng(`${seed}/whales`), whalesPerUs, startUs);
  }

  /** The market's time, µs since the epoch. */
  get nowUs(): number {
    return this.#nowUs;
  }

  /** Whales planted so far, oldest first; at most the latest 100,000. */
  get whales(): readonly PlantedWhale[] {
    return this.#whales;
  }

  /** Lets everything happen that is due up to and including `toUs`, in the order of time. */
  advance(toUs: number, emit: (action: MarketAction) => void): void {
    for (;;) {
      const whaleIsNext = this.#whaleTraffic.nextUs < this.#traffic.nextUs;
      const process = whaleIsNext ? this.#whaleTraffic : this.#traffic;
      const atUs = Math.floor(process.nextUs);
      // What happens within the last microsecond is of that microsecond: what a venue publishes at its end has it.
      if (!(atUs <= toUs)) break;
      const market = pick(process.prng, this.pairs);
      if (whaleIsNext) this.#plant(market, atUs, process.prng, emit);
      else market.act(atUs, emit);
      process.schedule();
    }
    this.#nowUs = Math.max(this.#nowUs, toUs);
  }

  /** Lets time pass in which nothing happens, e.g. while the host was asleep. */
  leap(toUs: number): void {
    this.#traffic.leap(toUs);
    this.#whaleTraffic.leap(toUs);
    this.#nowUs = Math.max(this.#nowUs, toUs);
  }

  #plant(market: PairMarket, atUs: number, prng: Prng, emit: (action: MarketAction) => void): void {
    const sigma = WHALE_SIGMA_MIN + uniform(prng) * (WHALE_SIGMA_MAX - WHALE_SIGMA_MIN);
    const placed = market.placeWhale(atUs, sigma, emit);
    this.#whales.push({ ...placed, exchangeUs: atUs, market });
    if (this.#whales.length > WHALES_KEPT_MAX) this.#whales.shift();
  }
}

class PoissonProcess {
  readonly prng: Prng;
  readonly #ratePerUs: number;
  /** When it strikes next, µs since the epoch with a fraction; infinity where it never does. */
  nextUs: number;

  constructor(prng: Prng, ratePerUs: number, startUs: number) {
    this.prng = prng;
    this.#ratePerUs = ratePerUs;
    this.nextUs = startUs;
    this.schedule();
  }

  schedule(): void {
    this.nextUs = this.#ratePerUs > 0 ? this.nextUs + exponential(this.prng, 1 / this.#ratePerUs) : Infinity;
  }

  /** Waiting times have no memory, so one may simply begin to wait anew. */
  leap(toUs: number): void {
    if (Math.floor(this.nextUs) > toUs) return;
    this.nextUs = toUs;
    this.schedule();
  }
}
