/** The whale scores of one pass by value, with the product's default size model. */

import type { BookView } from '../../src/model/event.ts';
import type { LognormalState } from '../../src/scoring/lognormal.ts';
import { lognormal } from '../../src/scoring/lognormal.ts';
import type { ScorerState } from '../../src/scoring/whale-score.ts';
import { emptyScore, initialScorer, scoreBookEvent } from '../../src/scoring/whale-score.ts';
import type { Facts } from '../harness/facts.ts';

const MODEL = lognormal({ halfLifeS: 3600, minOrders: 100 });
const SCORE_MAX = 6;

export class ScoreTally {
  newOrders = 0;
  private readonly scorers = new Map<string, ScorerState<LognormalState>>();
  private readonly byScore = new Float64Array(SCORE_MAX + 1);
  private abstained = 0;
  /** Differs in its last bits where any score's z, or the order of the scores, does. */
  private sumOfZ = 0;
  private readonly score = emptyScore();

  take(view: BookView): void {
    if (view.kind !== 'book.delta') return;
    let scorer = this.scorers.get(view.header.symbol);
    if (scorer === undefined) {
      scorer = initialScorer(MODEL);
      this.scorers.set(view.header.symbol, scorer);
    }
    scoreBookEvent(MODEL, scorer, view, this.score, ({ score, z }) => {
      this.newOrders++;
      if (Number.isNaN(score)) {
        this.abstained++;
      } else {
        this.byScore[score] = (this.byScore[score] ?? 0) + 1;
        this.sumOfZ += z;
      }
    });
  }

  facts(): Facts {
    const byScore = Object.fromEntries([...this.byScore].map((count, score) => [`score${score}`, count]));
    return { newOrders: this.newOrders, scoreNone: this.abstained, ...byScore, sumOfZ: this.sumOfZ };
  }
}
