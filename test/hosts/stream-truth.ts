/** What undisturbed consumers make of the stream of market events, written into tables of their own. */

import { AnalyticsShard } from '../../src/actors/analytics-shard.ts';
import { ScoringShard } from '../../src/actors/scoring-shard.ts';
import { StoreActor } from '../../src/actors/store-actor.ts';
import { chooseSizeModels, type SizeModelChoice } from '../../src/app/size-model-choice.ts';
import { CanonicalWriter } from '../../src/app/threads/canonical-buffer.ts';
import type { AnalyticsOptions } from '../../src/indicators/analytics-plan.ts';
import { openStore, type StoreOptions } from '../../src/storage/open-store.ts';
import { readBatch } from '../../src/transport/codec.ts';
import { readStream } from '../fixtures/stream-writers.ts';

export interface StreamTruthOptions {
  readonly servers: readonly string[];
  readonly store: StoreOptions;
  readonly model: SizeModelChoice;
  readonly analytics: AnalyticsOptions;
}

const BATCH_ROWS = 50_000;

/** @throws StreamHole where the stream itself lacks events */
export async function writeStreamTruth({ servers, store: to, model, analytics }: StreamTruthOptions): Promise<void> {
  const store = await openStore(to);
  const actor = new StoreActor({
    store,
    batchRows: BATCH_ROWS,
    retry: ({ error }) => Promise.reject(error),
    onDurable: () => undefined,
    onWritten: () => undefined,
    nowMs: () => performance.now(),
  });
  const effects = { emit: (view: Parameters<StoreActor['add']>[0]): void => actor.add(view) };
  const modelOf = await chooseSizeModels(model);
  const scoring = new ScoringShard({ modelOf, newBuffer: () => new CanonicalWriter(), effects });
  const measuring = new AnalyticsShard(analytics, effects);
  await readStream(servers, async (_subject, _term, data) => {
    readBatch(data, (view) => {
      actor.add(view);
      scoring.step(view);
      measuring.step(view);
    });
    await actor.makeRoom();
  });
  await actor.flush();
  await store.settle();
  await store.close();
}
