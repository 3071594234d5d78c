import { describe, expect, it } from 'vitest';

import { compareBooks } from './agreement.ts';
import type { BookPath, Quote } from './book-path.ts';
import { NO_QUOTE } from './book-path.ts';
import { loadFrames } from './frames.ts';
import { peerPath } from './peers.ts';

const frames = await loadFrames({ kind: 'kraken-v2', seed: 'agreement', pairs: 2, depth: 10, updates: 200 });

type Levels = ReturnType<BookPath['levels']>;

/** A right path, but for what is put in between. */
async function pathWith(between: {
  quote?: (right: Quote) => Quote;
  levels?: (right: Levels) => Levels;
}): Promise<BookPath> {
  const { quote = (right) => right, levels = (right) => right } = between;
  const path = await peerPath('ccxt', frames);
  path.open();
  return {
    open: () => path.open(),
    feed: (from, to) => path.feed(from, to),
    failures: 0,
    quote: (symbol) => quote(path.quote(symbol)),
    levels: (symbol) => levels(path.levels(symbol)),
  };
}

describe('the comparison of books', () => {
  it('finds nothing where they are the same', async () => {
    const agreement = await compareBooks(frames, await pathWith({}));
    expect(agreement).toMatchObject({ otherQuotes: 0, levels: 40, levelsLacking: 0, levelsTooMany: 0, failures: 0 });
    expect(agreement.quotes).toBeGreaterThan(10);
  });

  it('counts every frame after which a quote is another', async () => {
    const { otherQuotes } = await compareBooks(frames, await pathWith({ quote: () => NO_QUOTE }));
    expect(otherQuotes).toBeGreaterThan(frames.records.length);
  });

  it('counts levels that are lacking', async () => {
    const levels = (): Levels => ({ bids: new Map(), asks: new Map() });
    const agreement = await compareBooks(frames, await pathWith({ levels }));
    expect(agreement).toMatchObject({ levels: 0, levelsLacking: 40, levelsTooMany: 0 });
  });

  it('counts a level of another size as lacking and as too many', async () => {
    const levels = ({ bids, asks }: Levels): Levels => {
      return { bids: new Map([...bids].map(([price, size]) => [price, 2 * size])), asks };
    };
    const agreement = await compareBooks(frames, await pathWith({ levels }));
    expect(agreement).toMatchObject({ levels: 40, levelsLacking: 20, levelsTooMany: 20 });
  });
});
