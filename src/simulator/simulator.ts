/**
 * Simulated exchanges on loopback: seeded markets behind the true protocols, with ground truth for what is planted and
 * faults on demand. One thing serves the demo (real time), the tests (time advanced by hand) and load generation.
 */

import { ASK, BID } from '../model/event.ts';
import type { FaultCounts, FaultKind, FaultPlan } from './fault-plan.ts';
import { FaultDesk } from './faults.ts';
import { describePair, samplePairs } from './instrument.ts';
import type { Ladder } from './ladder.ts';
import { Market } from './market.ts';
import { LEVELS_MIN } from './pair-market.ts';
import { SimulatorError } from './simulator-error.ts';
import { startRealTime } from './real-time.ts';
import { VenueHost } from './venue-host.ts';
import type { VenueDefinition } from './venue-protocol.ts';
import { VENUES, type VenueName } from './venues.ts';

export interface SimulatorOptions {
  /** Everything random comes from it. */
  readonly seed: number | string;
  readonly venues: readonly VenueName[];
  /** Pairs of every venue, `BASE-QUOTE`, or how many of the sample pairs. */
  readonly pairs: readonly string[] | number;
  /** Mean actions per second and pair. Default 10. */
  readonly ratePerPair?: number;
  /** Mean planted whales per minute and venue. Default 2. */
  readonly whalesPerMinute?: number;
  /** Levels that each side of a book hovers around. Default 150. */
  readonly levelsPerSide?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Ports by venue; any free one where absent or 0. */
  readonly ports?: Partial<Readonly<Record<VenueName, number>>>;
  readonly faults?: FaultPlan;
  /** Time passes only by `advance`, from `startUs` on. Default false: time is the host's clock. */
  readonly driveManually?: boolean;
  /** Where simulated time begins when driven by hand, µs since the epoch. */
  readonly startUs?: number;
  /** Replaces the definition of a venue, e.g. to tighten its limits. */
  readonly definitions?: Partial<Readonly<Record<VenueName, VenueDefinition>>>;
}

/** A planted whale in the venue's decimals. */
export interface TrueWhale {
  readonly exchange: VenueName;
  readonly pair: string;
  readonly exchangeUs: number;
  readonly side: 'bid' | 'ask';
  readonly price: string;
  readonly size: string;
  /** Deviations above the mean of ln(size) of ordinary orders. */
  readonly sigma: number;
}

/** Levels as the venue writes them, best first. */
export interface TrueBook {
  readonly bids: readonly (readonly [price: string, size: string])[];
  readonly asks: readonly (readonly [price: string, size: string])[];
}

/** Orders in the order in which they are served. */
export interface TrueOrders {
  readonly bids: readonly (readonly [id: number, price: string, size: string])[];
  readonly asks: readonly (readonly [id: number, price: string, size: string])[];
}

export interface Simulator {
  /** Base addresses per venue, without a slash at the end; Kraken's `ws` includes its `/v2`. */
  readonly urls: Readonly<Partial<Record<VenueName, { readonly ws: string; readonly rest: string }>>>;
  /** Simulated time, µs since the epoch. */
  readonly nowUs: number;
  /** Lets simulated time pass. @throws SimulatorError `simulator.option-invalid` where the clock drives it */
  advance(us: number): void;
  /** Whales planted so far, by venue and then time. */
  truth(): TrueWhale[];
  /** The book of this moment. @throws SimulatorError `simulator.pair-unknown` */
  book(exchange: VenueName, pair: string): TrueBook;
  /**
   * The single orders of this moment: ids and sizes as the venue writes them, best price first, of each price first come
   * first. @throws SimulatorError `simulator.pair-unknown`, also where the venue has no channel of single orders
   */
  orders(exchange: VenueName, pair: string): TrueOrders;
  /** Open connections of a venue. */
  connections(venue: VenueName): number;
  /** Faults that have struck so far. */
  faultCounts(venue: VenueName): Readonly<FaultCounts>;
  /** Breaks all connections of a venue. */
  disconnect(venue: VenueName): void;
  /** Silences all open connections of a venue for this long. */
  freeze(venue: VenueName, durationUs: number): void;
  /** Lets the fault hit the next book frame (for `stale-snapshot`: the next snapshot) of the pair. */
  faultNext(venue: VenueName, pair: string, kind: FaultKind): void;
  /** Short for the most asked fault. */
  dropNext(venue: VenueName, pair: string): void;
  /** Breaks all connections and frees the ports. */
  stop(): Promise<void>;
}

/** 2026-07-01T00:00:00Z: a fixed beginning, so that runs by hand can be compared. */
const START_US = 1_782_864_000_000_000;
const RATE_PER_PAIR = 10;
const WHALES_PER_MINUTE = 2;
const LEVELS_PER_SIDE = 150;

/**
 * Starts the venues; they serve when this resolves.
 * @throws SimulatorError where an option makes no sense; the system's error where a port cannot be bound
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  checkNumbers(options);
  const startUs = options.driveManually === true ? (options.startUs ?? START_US) : Date.now() * 1_000;
  const hosts = new Map(options.venues.map((venue) => [venue, createHost(venue, options, startUs)]));
  const urls: Partial<Record<VenueName, { ws: string; rest: string }>> = {};
  try {
    for (const [venue, host] of hosts) {
      urls[venue] = await host.listen(options.host ?? '127.0.0.1', options.ports?.[venue] ?? 0);
    }
  } catch (error) {
    await stopAll(hosts);
    throw error;
  }
  return new RunningSimulator(hosts, urls, startUs, options.driveManually === true);
}

function checkNumbers(options: SimulatorOptions): void {
  const { ratePerPair = RATE_PER_PAIR, whalesPerMinute = WHALES_PER_MINUTE, levelsPerSide = LEVELS_PER_SIDE } = options;
  const minima = {
    ratePerPair: [ratePerPair, 0],
    whalesPerMinute: [whalesPerMinute, 0],
    levelsPerSide: [levelsPerSide, LEVELS_MIN],
  } as const;
  for (const [option, [value, min]] of Object.entries(minima)) {
    if (Number.isFinite(value) && value >= min) continue;
    throw new SimulatorError('simulator.option-invalid', `${option} is ${value}`, {
      remedy: `Make ${option} a number from ${min} up.`,
      context: { [option]: value },
    });
  }
}

function createHost(venue: VenueName, options: SimulatorOptions, startUs: number): VenueHost {
  const definition = options.definitions?.[venue] ?? VENUES[venue]();
  const pairs = typeof options.pairs === 'number' ? samplePairs(options.pairs) : options.pairs;
  const seed = `${options.seed}/${venue}`;
  const market = new Market({
    seed,
    instruments: [...new Set(pairs)].map((pair) => describePair(pair, definition.grid)),
    ratePerPair: options.ratePerPair ?? RATE_PER_PAIR,
    whalesPerMinute: options.whalesPerMinute ?? WHALES_PER_MINUTE,
    levelsPerSide: options.levelsPerSide ?? LEVELS_PER_SIDE,
    startUs,
  });
  const faults = new FaultDesk(options.faults ?? { rates: {} }, `${seed}/faults`);
  return new VenueHost(market, definition.create({ market, faults }), faults);
}

async function stopAll(hosts: ReadonlyMap<VenueName, VenueHost>): Promise<void> {
  await Promise.all([...hosts.values()].map((host) => host.stop()));
}

class RunningSimulator implements Simulator {
  readonly urls: Simulator['urls'];
  readonly #hosts: ReadonlyMap<VenueName, VenueHost>;
  /** Stops the driver; `undefined` where time is driven by hand. */
  readonly #stopDriver: (() => void) | undefined;
  #nowUs: number;

  constructor(
    hosts: ReadonlyMap<VenueName, VenueHost>,
    urls: Simulator['urls'],
    startUs: number,
    driveManually: boolean,
  ) {
    this.#hosts = hosts;
    this.urls = urls;
    this.#nowUs = startUs;
    this.#stopDriver = driveManually
      ? undefined
      : startRealTime(startUs, {
          advanceTo: (us) => this.#advanceTo(us),
          leapTo: (us) => this.#leapTo(us),
        });
  }

  get nowUs(): number {
    return this.#nowUs;
  }

  advance(us: number): void {
    if (this.#stopDriver !== undefined) {
      throw new SimulatorError('simulator.option-invalid', 'the clock drives this simulator', {
        remedy: 'Start it with driveManually: true to advance its time by hand.',
      });
    }
    this.#advanceTo(this.#nowUs + us);
  }

  truth(): TrueWhale[] {
    return [...this.#hosts].flatMap(([exchange, { market, protocol }]) =>
      market.whales.map(({ market: { instrument }, side, price, size, sigma, exchangeUs }) => {
        const [priceText, sizeText] = protocol.levelText(instrument, price, size);
        const sideName = side === BID ? 'bid' : 'ask';
        return { exchange, pair: instrument.pair, exchangeUs, side: sideName, price: priceText, size: sizeText, sigma };
      }),
    );
  }

  book(exchange: VenueName, pair: string): TrueBook {
    const { market, protocol } = this.#host(exchange);
    const found = market.pairs.find(({ instrument }) => instrument.pair === pair);
    if (found === undefined) throw unknownPair(exchange, pair);
    const levels = (ladder: Ladder): [string, string][] =>
      Array.from({ length: ladder.length }, (_, rank) =>
        protocol.levelText(found.instrument, ladder.priceAt(rank) ?? 0, ladder.sizeAt(rank)),
      );
    return { bids: levels(found.bids), asks: levels(found.asks) };
  }

  orders(exchange: VenueName, pair: string): TrueOrders {
    const { market, protocol } = this.#host(exchange);
    const found = market.pairs.find(({ instrument }) => instrument.pair === pair);
    const orders = found === undefined ? undefined : protocol.orders?.(found);
    if (found === undefined || orders === undefined || orders === null) throw unknownPair(exchange, pair);
    const rows = (side: number): [number, string, string][] =>
      orders.list(side).map(({ id, price, size }) => [id, ...protocol.levelText(found.instrument, price, size)]);
    return { bids: rows(BID), asks: rows(ASK) };
  }

  connections(venue: VenueName): number {
    return this.#host(venue).connections.size;
  }

  faultCounts(venue: VenueName): Readonly<FaultCounts> {
    return this.#host(venue).faults.counts;
  }

  disconnect(venue: VenueName): void {
    const { connections, faults } = this.#host(venue);
    faults.counts.disconnect += connections.size;
    for (const connection of connections) connection.terminate();
  }

  freeze(venue: VenueName, durationUs: number): void {
    for (const connection of this.#host(venue).connections) connection.freeze(durationUs);
  }

  faultNext(venue: VenueName, pair: string, kind: FaultKind): void {
    const { market, faults } = this.#host(venue);
    if (!market.pairs.some(({ instrument }) => instrument.pair === pair)) throw unknownPair(venue, pair);
    faults.askNext(pair, kind);
  }

  dropNext(venue: VenueName, pair: string): void {
    this.faultNext(venue, pair, 'drop');
  }

  async stop(): Promise<void> {
    this.#stopDriver?.();
    await stopAll(this.#hosts);
  }

  #advanceTo(us: number): void {
    this.#nowUs = us;
    for (const host of this.#hosts.values()) host.advance(us);
  }

  #leapTo(us: number): void {
    this.#nowUs = us;
    for (const { market } of this.#hosts.values()) market.leap(us);
  }

  #host(venue: VenueName): VenueHost {
    const host = this.#hosts.get(venue);
    if (host !== undefined) return host;
    throw new SimulatorError('simulator.option-invalid', `${venue} is not simulated here`, {
      remedy: 'Name the venue in the simulator\'s option "venues".',
      context: { venue },
    });
  }
}

function unknownPair(venue: VenueName, pair: string): SimulatorError {
  return new SimulatorError('simulator.pair-unknown', `${venue} does not list ${pair} here`, {
    remedy: 'Name the pair in the simulator\'s option "pairs".',
    context: { venue, pair },
  });
}
