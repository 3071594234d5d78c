/**
 * Depth frames of many simulated Binance pairs as bytes. What a pair sends depends on the pair alone: neither on how many
 * others there are nor on the order in which they get a word in.
 */

import { z } from 'zod';

import { chance, createPrng, int, type Prng } from '../../src/lib/prng.ts';
import { utf8Of } from '../../src/lib/utf8.ts';
import type { FeedRecord } from '../../src/model/feed-record.ts';
import { BinanceBook } from '../../src/simulator/binance-book.ts';
import { binance } from '../../src/simulator/binance-server.ts';
import { describePair, samplePairs } from '../../src/simulator/instrument.ts';
import { PairMarket } from '../../src/simulator/pair-market.ts';

export const pairFramesSchema = z.object({
  seed: z.string(),
  pairs: z.int().min(1),
  /** Depth frames over all pairs that are timed; a multiple of `pairs`. As many come before, untimed. */
  frames: z.int().min(1),
  /**
   * `round-robin`: each pair sends a frame in its turn, so that a book is as cold as can be. `bursty`: a pair drawn at
   * random sends several in a row.
   */
  order: z.enum(['round-robin', 'bursty']),
});
export type PairFramesSpec = Readonly<z.infer<typeof pairFramesSchema>>;

export interface PairFrames {
  /** Opens the connection, brings the snapshots of all books, and frames until the books have settled. */
  readonly before: readonly FeedRecord[];
  readonly timed: readonly FeedRecord[];
}

/** 2026-07-01T00:00:00Z. */
const START_US = 1_782_864_000_000_000;
const LEVELS_PER_SIDE = 100;
/** Traders that act between two frames of a pair: some four rows. */
const ACTIONS_PER_FRAME = 3;
const ACTION_US = 33_000;
/** A burst goes on with this probability: eight frames in the mean. */
const BURST_GOES_ON = 7 / 8;
const ORIGIN = 'https://api.binance.com';

export function pairFrames({ seed, pairs, frames, order }: PairFramesSpec): PairFrames {
  const perPair = Math.floor(frames / pairs);
  const { grid } = binance();
  const sources = samplePairs(pairs).map((pair, index) => {
    const prng = createPrng(`${seed}/${pair}`);
    return new PairSource(new PairMarket(describePair(pair, grid), index, LEVELS_PER_SIDE, prng, START_US));
  });
  const recorder = new Recorder();
  const before = [recorder.open(), ...sources.map((source) => recorder.snapshot(source))];
  for (const index of turns('round-robin', pairs, perPair, createPrng(seed))) {
    before.push(recorder.frame(sources[index] as PairSource));
  }
  const timed: FeedRecord[] = [];
  for (const index of turns(order, pairs, perPair, createPrng(`${seed}/order`))) {
    timed.push(recorder.frame(sources[index] as PairSource));
  }
  return { before, timed };
}

/** Which pair sends next; each has `perPair` turns. */
function* turns(order: PairFramesSpec['order'], pairs: number, perPair: number, prng: Prng): Generator<number> {
  if (order === 'round-robin') {
    for (let turn = 0; turn < perPair; turn++) for (let pair = 0; pair < pairs; pair++) yield pair;
    return;
  }
  const waiting = Array.from({ length: pairs }, (_, pair) => ({ pair, left: perPair }));
  while (waiting.length > 0) {
    const at = int(prng, 0, waiting.length - 1);
    const one = waiting[at];
    const last = waiting.at(-1);
    if (one === undefined || last === undefined) return;
    do {
      yield one.pair;
      one.left--;
    } while (one.left > 0 && chance(prng, BURST_GOES_ON));
    if (one.left > 0) continue;
    waiting[at] = last;
    waiting.pop();
  }
}

class PairSource {
  private readonly book: BinanceBook;
  private nowUs = START_US;

  constructor(market: PairMarket) {
    this.book = new BinanceBook(market);
  }

  get symbol(): string {
    return this.book.symbol;
  }

  snapshot(limit: number): string {
    return this.book.snapshot(limit);
  }

  /** A depth frame with at least one change. */
  frame(): string {
    const { book } = this;
    do {
      for (let action = 0; action < ACTIONS_PER_FRAME; action++) {
        this.nowUs += ACTION_US;
        book.market.act(this.nowUs, (done) => book.apply(done));
      }
    } while (!book.isDirty);
    return `{"stream":"${book.symbol.toLowerCase()}@depth@100ms","data":${book.takeDepth(this.nowUs)}}`;
  }
}

/** Stamps what comes with receive times, one µs apart. */
class Recorder {
  private tUs = START_US;

  open(): FeedRecord {
    return this.record('open', 'wss://stream.binance.com:9443/stream', null);
  }

  snapshot(source: PairSource): FeedRecord {
    const limit = 5000;
    return this.record('http', `${ORIGIN}/api/v3/depth?symbol=${source.symbol}&limit=${limit}`, source.snapshot(limit));
  }

  frame(source: PairSource): FeedRecord {
    return this.record('recv', null, source.frame());
  }

  private record(op: FeedRecord['op'], url: string | null, text: string | null): FeedRecord {
    const data = text === null ? null : utf8Of(text);
    return { tUs: this.tUs++, exchange: 'binance', conn: 'simulated', op, url, data };
  }
}
