/**
 * What a simulated pair looks like: its number grid, a plausible price and how big its orders usually are. Known assets
 * have a round price of the right magnitude; any other name gets one that is drawn from the name itself, so that a pair
 * looks the same in every simulation.
 */

import { createPrng, uniform } from '../lib/prng.ts';
import { SimulatorError } from './simulator-error.ts';

export interface SimInstrument {
  /** `BASE-QUOTE`. */
  readonly pair: string;
  readonly base: string;
  readonly quote: string;
  readonly priceDecimals: number;
  /** The tick in units of 10^-priceDecimals: mostly 1, for some pairs 5. */
  readonly tickUnits: number;
  /** The lot is 10^-sizeDecimals. */
  readonly sizeDecimals: number;
  /** Mid price at the start, in ticks. */
  readonly startTicks: number;
  /** Sizes of ordinary orders are log-normal: mean and deviation of ln(lots). */
  readonly sizeMu: number;
  readonly sizeSigma: number;
}

/** How a venue cuts its price and size grids. */
export interface GridRule {
  /** Digits of a price, before and after the point together. */
  readonly significantDigits: number;
  /** Decimals of a size: the same for all pairs, or so many that a lot is worth about one dollar. */
  readonly sizeDecimals: number | 'dollar-lots';
}

const USD_PRICE: Readonly<Record<string, number>> = {
  USD: 1,
  USDT: 1,
  USDC: 1,
  EUR: 1.08,
  GBP: 1.27,
  BTC: 64_250,
  ETH: 3_120,
  BNB: 590,
  SOL: 152,
  XRP: 0.61,
  ADA: 0.46,
  DOGE: 0.124,
  LTC: 84,
  LINK: 14.2,
  DOT: 6.3,
  AVAX: 28.5,
  TRX: 0.131,
  ATOM: 7.4,
  UNI: 8.1,
  XLM: 0.108,
};

/** The pairs that `samplePairs` names first. */
const WELL_KNOWN_PAIRS = ['BTC-USDT', 'ETH-USDT', 'SOL-USDT', 'XRP-USDT', 'BTC-USD', 'ETH-USD', 'ETH-BTC', 'DOGE-USDT'];

/** Value of a median order, in US dollars. */
const ORDER_VALUE_USD = 1_500;
const SIZE_SIGMA = 1.1;
/** Lots of a median order stay below this, so that whales and sums of levels are safe integers. */
const MEDIAN_LOTS_LOG10_MAX = 12;
const DECIMALS_MAX = 8;

/** That many pair names: well-known ones first, then `SIM001-USDT`, `SIM002-USDT` and so on. */
export function samplePairs(count: number): string[] {
  const pairs = WELL_KNOWN_PAIRS.slice(0, count);
  for (let i = 1; pairs.length < count; i++) pairs.push(`SIM${String(i).padStart(3, '0')}-USDT`);
  return pairs;
}

/** @throws SimulatorError `simulator.pair-invalid` where the name is not `BASE-QUOTE` in capitals and digits */
export function describePair(pair: string, rule: GridRule): SimInstrument {
  const [base, quote] = splitPair(pair);
  const baseUsd = usdPrice(base);
  const price = baseUsd / usdPrice(quote);
  const priceDecimals = clamp(rule.significantDigits - 1 - Math.floor(Math.log10(price)), 0, DECIMALS_MAX);
  const tickUnits = base in USD_PRICE || uniform(createPrng(`tick/${base}`)) < 0.75 ? 1 : 5;
  const orderSize = ORDER_VALUE_USD / baseUsd;
  const sizeDecimals =
    rule.sizeDecimals === 'dollar-lots'
      ? clamp(Math.round(Math.log10(baseUsd)), 0, 5)
      : clamp(Math.floor(MEDIAN_LOTS_LOG10_MAX - Math.log10(orderSize)), 0, rule.sizeDecimals);
  return {
    pair,
    base,
    quote,
    priceDecimals,
    tickUnits,
    sizeDecimals,
    startTicks: Math.max(1, Math.round((price * 10 ** priceDecimals) / tickUnits)),
    sizeMu: Math.log(orderSize * 10 ** sizeDecimals),
    sizeSigma: SIZE_SIGMA,
  };
}

function splitPair(pair: string): [base: string, quote: string] {
  const match = /^([A-Z0-9]+)-([A-Z0-9]+)$/.exec(pair);
  const [, base, quote] = match ?? [];
  if (base === undefined || quote === undefined || base === quote) {
    throw new SimulatorError('simulator.pair-invalid', `"${pair}" is not the name of a pair`, {
      remedy: 'Name pairs BASE-QUOTE in capitals and digits, e.g. BTC-USDT.',
      context: { pair },
    });
  }
  return [base, quote];
}

/** Known, or between a tenth of a cent and 500 dollars, evenly over the magnitudes. */
function usdPrice(asset: string): number {
  return USD_PRICE[asset] ?? 10 ** (-3 + 5.7 * uniform(createPrng(`price/${asset}`)));
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
