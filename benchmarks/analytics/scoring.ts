/** The scores of one pass: the actor that gives them in the product, with the defaults of the configuration. */

import { ScoringShard } from '../../src/actors/scoring-shard.ts';
import { modelChoice } from '../../src/app/adapters.ts';
import { loadConfig } from '../../src/app/config.ts';
import { chooseSizeModels } from '../../src/app/size-model-choice.ts';
import { CanonicalWriter } from '../../src/app/threads/canonical-buffer.ts';
import type { EventView } from '../../src/model/event.ts';
import type { Facts } from '../harness/facts.ts';

const modelOf = await chooseSizeModels(modelChoice(loadConfig({ env: {} })));

export class Scoring {
  newOrders = 0;
  /** Differs in its last bits where any score's z, or the order of the scores, does. */
  private sumOfZ = 0;
  private readonly shard: ScoringShard;

  constructor() {
    this.shard = new ScoringShard({
      modelOf,
      newBuffer: () => new CanonicalWriter(),
      effects: {
        emit: ({ z }) => {
          this.newOrders++;
          if (!Number.isNaN(z)) this.sumOfZ += z;
        },
      },
    });
  }

  take(view: EventView): void {
    this.shard.step(view);
  }

  facts(): Facts {
    const byValue = Object.entries(this.shard.scores).map(([value, count]) => [`score ${value}`, count]);
    return { newOrders: this.newOrders, sumOfZ: this.sumOfZ, ...Object.fromEntries(byValue) };
  }
}
