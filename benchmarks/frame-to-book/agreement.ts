/**
 * Do the others come to the same books? The product and one of them take the same frames side by side, untimed, and
 * after each frame the best prices and sizes of all their books are held against each other; in the end all levels are.
 */

import { z } from 'zod';

import type { BookView } from '../../src/model/event.ts';
import type { Facts } from '../harness/facts.ts';
import type { PreparedCase } from '../harness/serve-case.ts';
import type { BookPath, Quote } from './book-path.ts';
import { NO_QUOTE, sameQuote } from './book-path.ts';
import type { Frames } from './frames.ts';
import { frameSourceSchema, loadFrames } from './frames.ts';
import type { Peer } from './peers.ts';
import { peerPath, PEERS } from './peers.ts';
import { nearestDouble, ProductPath } from './product-path.ts';

const agreementSpec = z.object({ peer: z.enum(PEERS), source: frameSourceSchema });
export type AgreementSpec = Readonly<z.infer<typeof agreementSpec>>;

/** What a peer's books were found to be. */
export interface Agreement {
  /** Best prices or sizes that changed, over all books and frames. */
  readonly quotes: number;
  /** Comparisons (a book after a frame) that came out different. */
  readonly otherQuotes: number;
  /** Levels that the peer holds in the end. */
  readonly levels: number;
  /** Levels of the product that the peer has not, or with another size. */
  readonly levelsLacking: number;
  /** Levels of the peer that the product has not, or with another size. */
  readonly levelsTooMany: number;
  /** What the peer could not read or refused. */
  readonly failures: number;
}

/** An agreement as facts, whose names carry the peer's. */
export function agreementFacts(peer: Peer, agreement: Partial<Agreement>): Facts {
  return Object.fromEntries(Object.entries(agreement).map(([name, value]) => [`${peer}: ${name}`, value]));
}

/**
 * @param spec an `AgreementSpec`
 * @throws AppError as `loadFrames` does
 */
export async function prepareAgreement(spec: unknown): Promise<PreparedCase> {
  const { peer, source } = agreementSpec.parse(spec);
  const frames = await loadFrames(source);
  const path = await peerPath(peer, frames);
  let facts: Facts = {};
  return {
    reset: () => path.open(),
    async run() {
      const agreement = await compareBooks(frames, path);
      facts = agreementFacts(peer, agreement);
      return agreement.quotes;
    },
    facts: () => facts,
  };
}

/** Takes all frames through the product and through `path`, which must have been opened. */
export async function compareBooks(frames: Frames, path: BookPath): Promise<Agreement> {
  const symbols = frames.instruments.map(({ venueSymbol }) => venueSymbol);
  const own = new Map<string, Quote>();
  const last = new Map<string, Quote>();
  const product = new ProductPath(frames, (view) => own.set(view.header.venueSymbol, quoteOf(view)));
  let quotes = 0;
  let otherQuotes = 0;
  for (let index = 0; index < frames.records.length; index++) {
    product.feed(index, index + 1);
    await path.feed(index, index + 1);
    for (const symbol of symbols) {
      const quote = own.get(symbol) ?? NO_QUOTE;
      if (!sameQuote(quote, path.quote(symbol))) otherQuotes++;
      if (!sameQuote(quote, last.get(symbol) ?? NO_QUOTE)) quotes++;
      last.set(symbol, quote);
    }
  }
  return { quotes, otherQuotes, failures: path.failures, ...compareLevels(product, path) };
}

function quoteOf({ header: { priceScale, sizeScale, wide }, top }: BookView): Quote {
  const exact = wide ? top.wide : null;
  const of = (narrow: number, mantissa: bigint | null | undefined, scale: number): number => {
    if (Number.isNaN(narrow)) return NaN;
    return nearestDouble(mantissa ?? narrow, scale);
  };
  return {
    bid: of(top.bid, exact?.bid, priceScale),
    bidSize: of(top.bidSize, exact?.bidSize, sizeScale),
    ask: of(top.ask, exact?.ask, priceScale),
    askSize: of(top.askSize, exact?.askSize, sizeScale),
  };
}

function compareLevels(
  product: ProductPath,
  path: BookPath,
): Pick<Agreement, 'levels' | 'levelsLacking' | 'levelsTooMany'> {
  let levels = 0;
  let levelsLacking = 0;
  let levelsTooMany = 0;
  for (const [{ venueSymbol }, own] of product.levels()) {
    const theirs = path.levels(venueSymbol);
    for (const side of ['bids', 'asks'] as const) {
      levels += theirs[side].size;
      levelsLacking += countMissing(own[side], theirs[side]);
      levelsTooMany += countMissing(theirs[side], own[side]);
    }
  }
  return { levels, levelsLacking, levelsTooMany };
}

/** Levels of the one that the other does not have at that size. */
function countMissing(one: ReadonlyMap<number, number>, other: ReadonlyMap<number, number>): number {
  let missing = 0;
  for (const [price, size] of one) if (other.get(price) !== size) missing++;
  return missing;
}
