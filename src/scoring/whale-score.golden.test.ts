/** Twenty orders of a recording whose scores were worked out from its raw frames by `test/golden/whale_scores.py`. */

import { expect, it } from 'vitest';
import { describeWithData } from '../../test/data.ts';
import { captureParts, recordsAt } from '../../test/fixtures/captures.ts';
import { runIngest } from '../../test/fixtures/run-ingest.ts';
import golden from '../../test/golden/whale-scores.json' with { type: 'json' };
import type { ScoreView } from '../model/event.ts';
import { BID } from '../model/event.ts';
import { lognormal } from './lognormal.ts';
import { emptyScore, initialScorer, scoreBookEvent } from './whale-score.ts';

describeWithData('whale scores of 650 s of Binance BTC-USDT', captureParts('binance-650s'), (path) => {
  const model = lognormal({ halfLifeS: 3600, minOrders: 100 });
  const state = initialScorer(model);
  const out = emptyScore();
  const scores: ScoreView[] = [];
  runIngest(recordsAt(path), {
    onEvent: (view) => {
      if (view.kind !== 'book.delta') return;
      scoreBookEvent(model, state, view, out, (score) => scores.push(structuredClone(score)));
    },
  });

  it('are as many as a plain reading finds', () => {
    expect(scores).toHaveLength(golden.orders);
    expect(scores.filter(({ score }) => !Number.isNaN(score))).toHaveLength(golden.scored);
  });

  it.each(golden.rows)('$side $size at $price, $exchange_us: $whale_score', (row) => {
    const found = scores.filter(
      ({ header, side, price, size }) =>
        header.exchangeUs === row.exchange_us &&
        (side === BID ? 'bid' : 'ask') === row.side &&
        price === row.price &&
        size === row.size,
    );
    expect(found).toHaveLength(1);
    const [score] = found;
    expect(score).toMatchObject({
      score: row.whale_score,
      scoreSize: row.score_size,
      scoreSpread: row.score_spread,
      scoreMid: row.score_mid,
      scoreImbalance: row.score_imbalance,
      model: 'lognormal',
    });
    expect(score?.z).toBeCloseTo(row.z, 9);
    expect(score?.spreadBps).toBeCloseTo(row.spread_bps, 9);
    expect(score?.midDistanceBps).toBeCloseTo(row.mid_distance_bps, 9);
    expect(score?.imbalance).toBeCloseTo(row.imbalance, 7);
  });
});
