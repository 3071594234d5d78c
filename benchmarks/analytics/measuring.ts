/** The analytics of one pass: everything that can be measured, with the defaults of the configuration. */

import { AnalyticsShard } from '../../src/actors/analytics-shard.ts';
import { analyticsOptions, sampleLevels } from '../../src/app/adapters.ts';
import { loadConfig } from '../../src/app/config.ts';
import { assert } from '../../src/lib/assert.ts';
import type { EventView } from '../../src/model/event.ts';
import type { Facts } from '../harness/facts.ts';

const OPTIONS = analyticsOptions(loadConfig({ env: {} }));

/** Of the samples that it needs. */
export const SAMPLE_LEVELS = sampleLevels(OPTIONS);

export class Measuring {
  rows = 0;
  /** Differs in its last bits where any number of any row does. */
  private sum = 0;
  private readonly shard: AnalyticsShard;

  constructor() {
    assert(OPTIONS !== null, 'analytics are off by default');
    this.shard = new AnalyticsShard(OPTIONS, {
      emit: ({ values, count }) => {
        this.rows++;
        for (let i = 0; i < count; i++) this.sum += Number.isNaN(values[i]) ? 1 : (values[i] as number);
      },
    });
  }

  take(view: EventView): void {
    this.shard.step(view);
  }

  facts(): Facts {
    const byKind: Record<string, number> = {};
    for (const counts of this.shard.counts.values()) {
      for (const [kind, count] of Object.entries(counts))
        byKind[`${kind} rows`] = (byKind[`${kind} rows`] ?? 0) + count;
    }
    return { ...byKind, sumOfRows: this.sum };
  }
}
