/**
 * How whale scores fall on recordings under each size model: the Markdown table of docs/SCORING.md.
 *
 *     node scripts/score-distribution.ts CAPTURE…
 */

import { basename } from 'node:path';
import { IngestShard } from '../src/actors/ingest-shard.ts';
import { readCapture } from '../src/collect/capture-reader.ts';
import { RecordReader } from '../src/collect/record-batch.ts';
import { wireRegistry } from '../src/exchanges/registry.ts';
import type { BookView } from '../src/model/event.ts';
import { GoodnessOfFit } from '../src/scoring/goodness-of-fit.ts';
import { SCORE_VALUES, ScoreTally } from '../src/scoring/score-tally.ts';
import type { SizeModel } from '../src/scoring/size-model.ts';
import { SIZE_MODELS } from '../src/scoring/size-models.ts';
import type { ScorerState } from '../src/scoring/whale-score.ts';
import { emptyScore, initialScorer, scoreBookEvent } from '../src/scoring/whale-score.ts';

/** The scores of one recording under one model. */
class Distribution {
  readonly model: SizeModel<unknown>;
  readonly tally = new ScoreTally();
  readonly fit = new GoodnessOfFit();
  private readonly scorers = new Map<string, ScorerState<unknown>>();
  private readonly score = emptyScore();

  constructor(model: SizeModel<unknown>) {
    this.model = model;
  }

  take(view: BookView): void {
    const { symbol } = view.header;
    const scorer = this.scorers.get(symbol) ?? initialScorer(this.model);
    this.scorers.set(symbol, scorer);
    scoreBookEvent(this.model, scorer, view, this.score, (score) => {
      this.tally.add(score);
      this.fit.add(score.z);
    });
  }
}

async function distributionsOf(path: string): Promise<readonly Distribution[]> {
  const distributions = Object.values(SIZE_MODELS).map(
    (make) => new Distribution(make({ halfLifeS: 3600, minOrders: 100 })),
  );
  const shard = new IngestShard({
    wires: wireRegistry,
    partitions: 1,
    owns: () => true,
    effects: {
      emit: (_partition, view) => {
        if (view.kind === 'book.delta') for (const one of distributions) one.take(view);
      },
      requestSnapshot() {},
      resubscribe() {},
      renew() {},
      malformed() {},
      actorFailed() {},
      readGenerally() {},
      refused() {},
    },
  });
  const reader = new RecordReader();
  let frame = 0;
  for await (const { bytes } of readCapture(path)) {
    reader.read(bytes, (record) => shard.process(record, frame++, true));
  }
  return distributions;
}

const rows = [['recording', 'model', ...SCORE_VALUES, 'KS distance']];
for (const path of process.argv.slice(2)) {
  const name = basename(path).replace('.capture.ndjson.gz', '');
  for (const { model, tally, fit } of await distributionsOf(path)) {
    const counts = tally.toRecord();
    const distance = Number.isNaN(fit.statistic) ? '' : fit.statistic.toFixed(3);
    rows.push([name, model.name, ...SCORE_VALUES.map((value) => counts[value].toLocaleString('en')), distance]);
  }
}
for (const [i, row] of rows.entries()) {
  console.log(`| ${row.join(' | ')} |`);
  if (i === 0) console.log(`|${row.map((_, column) => (column < 2 ? ' --- ' : ' --: ')).join('|')}|`);
}
