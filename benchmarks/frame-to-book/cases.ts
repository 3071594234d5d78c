/**
 * The cases: the same frames through `JSON.parse` alone, through an ingest shard, through an ingest shard with the whale
 * score behind it, and through the libraries of others.
 */

import { hash } from 'node:crypto';

import { z } from 'zod';

import type { Facts } from '../harness/facts.ts';
import type { PreparedCase } from '../harness/serve-case.ts';
import type { BookPath } from './book-path.ts';
import { lastQuotes } from './book-path.ts';
import type { Frames } from './frames.ts';
import { frameSourceSchema, loadFrames, timedTexts } from './frames.ts';
import type { Peer } from './peers.ts';
import { peerPath, PEERS } from './peers.ts';
import { ProductPath } from './product-path.ts';
import { ScoreTally } from './score-tally.ts';

/** The first is the baseline. */
export const OWN_CASES = ['JSON.parse', 'whalewatch', 'whalewatch + score'] as const;

const caseSpec = z.object({ name: z.enum([...OWN_CASES, ...PEERS]), source: frameSourceSchema });
export type CaseSpec = Readonly<z.infer<typeof caseSpec>>;

/**
 * @param spec a `CaseSpec`
 * @throws AppError as `loadFrames` does
 */
export async function prepareCase(spec: unknown): Promise<PreparedCase> {
  const { name, source } = caseSpec.parse(spec);
  const frames = await loadFrames(source);
  const texts = timedTexts(frames);
  const input = { frames: texts.length, input: hash('sha256', texts.join('\n'), 'hex') };
  switch (name) {
    case 'JSON.parse':
      return parseOnly(frames, input);
    case 'whalewatch':
      return books(frames, input);
    case 'whalewatch + score':
      return booksAndScores(frames, input);
    case 'tardis-dev':
    case 'ccxt':
      return peer(name, await peerPath(name, frames), frames, input);
  }
}

function parseOnly(frames: Frames, input: Facts): PreparedCase {
  const texts = timedTexts(frames);
  const untimed = frames.texts.slice(0, frames.timedFrom).filter((text) => text !== null);
  return {
    // As the others: what is timed meets the caches that those before it have left.
    reset: () => void parseAll(untimed),
    run: () => parseAll(texts),
    facts: () => input,
  };
}

/** @returns how many are objects or arrays */
function parseAll(texts: readonly string[]): number {
  let containers = 0;
  for (const text of texts) {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) containers++;
  }
  return containers;
}

function books(frames: Frames, input: Facts): PreparedCase {
  let path = new ProductPath(frames, () => {});
  return {
    reset() {
      path = new ProductPath(frames, () => {});
      path.feed(0, frames.timedFrom);
    },
    run: () => path.feed(frames.timedFrom, frames.records.length),
    facts: () => ({ ...input, ...path.facts(), ...ownQuotes(path) }),
  };
}

function booksAndScores(frames: Frames, input: Facts): PreparedCase {
  let scores = new ScoreTally();
  let path = new ProductPath(frames, (view) => scores.take(view));
  return {
    reset() {
      scores = new ScoreTally();
      path = new ProductPath(frames, (view) => scores.take(view));
      path.feed(0, frames.timedFrom);
    },
    run: () => path.feed(frames.timedFrom, frames.records.length) + scores.newOrders,
    facts: () => ({ ...input, ...path.facts(), ...ownQuotes(path), ...scores.facts() }),
  };
}

function peer(name: Peer, path: BookPath, frames: Frames, input: Facts): PreparedCase {
  const { instruments, timedFrom, records } = frames;
  return {
    async reset() {
      path.open();
      await path.feed(0, timedFrom);
    },
    run: () => path.feed(timedFrom, records.length),
    facts: () => {
      const quotes = instruments.map(({ symbol, venueSymbol }) => [symbol, path.quote(venueSymbol)] as const);
      return { ...input, ...lastQuotes(quotes), [`${name}: failures`]: path.failures };
    },
  };
}

function ownQuotes(path: ProductPath): Facts {
  return lastQuotes([...path.quotes()].map(([{ symbol }, quote]) => [symbol, quote] as const));
}
