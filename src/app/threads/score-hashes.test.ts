import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { createPrng, uniform } from '../../lib/prng.ts';
import type { ScoreView } from '../../model/event.ts';
import { emptyScore } from '../../scoring/whale-score.ts';
import { ScoreHashes } from './score-hashes.ts';

const SEED = 'score-hashes-1';
const SCORES = 300;

it(`tells the CRC-32 of all numbers of a book's scores, also when asked in between (seed ${SEED})`, () => {
  const random = createPrng(SEED);
  const hashes = new ScoreHashes();
  const numbers: Record<string, number[]> = { 'kraken:BTC-USD': [], 'kraken:ETH-USD': [] };
  for (let at = 0; at < SCORES; at++) {
    const symbol = uniform(random) < 0.7 ? 'BTC-USD' : 'ETH-USD';
    const score = scoreOf(symbol, () => uniform(random));
    hashes.add(score);
    const { side, price, size, z, scoreSize, scoreSpread, scoreMid, scoreImbalance } = score;
    const row = [side, price, size, score.score, z, scoreSize, scoreSpread, scoreMid, scoreImbalance];
    numbers[`kraken:${symbol}`]?.push(...row);
    if (at % 50 !== 49) continue;
    const wanted = Object.entries(numbers).map(([book, all]) => {
      const crc = crc32(new Uint8Array(new Float64Array(all).buffer));
      return [book, crc.toString(16).padStart(8, '0')];
    });
    expect(hashes.toRecord()).toEqual(Object.fromEntries(wanted));
  }
});

function scoreOf(symbol: string, draw: () => number): ScoreView {
  const score = emptyScore();
  Object.assign(score.header, { exchange: 'kraken', symbol });
  const whole = (below: number): number => Math.floor(draw() * below);
  return Object.assign(score, {
    ...{ side: whole(2), price: whole(1e9), size: whole(1e6), score: whole(7), z: draw() < 0.2 ? NaN : draw() },
    ...{ scoreSize: whole(4), scoreSpread: whole(2), scoreMid: whole(2), scoreImbalance: whole(2) },
  });
}
