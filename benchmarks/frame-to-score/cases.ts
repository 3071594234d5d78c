/**
 * The cases: the same texts through `JSON.parse` alone, through an ingest shard, and through an ingest shard with the
 * whale score behind it.
 */

import { hash } from 'node:crypto';

import { z } from 'zod';

import type { BookCounters } from '../../src/actors/book.protocol.ts';
import { IngestShard } from '../../src/actors/ingest-shard.ts';
import { wireRegistry } from '../../src/exchanges/registry.ts';
import type { BookView } from '../../src/model/event.ts';
import type { LognormalState } from '../../src/scoring/lognormal.ts';
import { lognormal } from '../../src/scoring/lognormal.ts';
import type { ScorerState } from '../../src/scoring/whale-score.ts';
import { emptyScore, initialScorer, scoreBookEvent } from '../../src/scoring/whale-score.ts';
import type { Facts } from '../harness/facts.ts';
import type { PreparedCase } from '../harness/serve-case.ts';
import { bookDigest } from './book-digest.ts';
import type { Frames } from './frames.ts';
import { frameSourceSchema, loadFrames } from './frames.ts';

/** In the order of the report; the first is the baseline. */
export const CASE_NAMES = ['JSON.parse', 'ingest', 'ingest + score'] as const;
export type CaseName = (typeof CASE_NAMES)[number];

const caseSpec = z.object({ name: z.enum(CASE_NAMES), source: frameSourceSchema });
export type CaseSpec = Readonly<z.infer<typeof caseSpec>>;

const MAKERS: Readonly<Record<CaseName, (frames: Frames, input: Facts) => PreparedCase>> = {
  'JSON.parse': parseOnly,
  ingest,
  'ingest + score': ingestAndScore,
};

/**
 * @param spec a `CaseSpec`
 * @throws AppError as `loadFrames` does
 */
export async function prepareCase(spec: unknown): Promise<PreparedCase> {
  const { name, source } = caseSpec.parse(spec);
  const frames = await loadFrames(source);
  const { texts } = frames;
  return MAKERS[name](frames, { frames: texts.length, input: hash('sha256', texts.join('\n'), 'hex') });
}

function parseOnly({ texts }: Frames, input: Facts): PreparedCase {
  return {
    reset() {},
    run() {
      let containers = 0;
      for (const text of texts) {
        const value: unknown = JSON.parse(text);
        if (typeof value === 'object' && value !== null) containers++;
      }
      return containers;
    },
    facts: () => input,
  };
}

function ingest(frames: Frames, input: Facts): PreparedCase {
  let pass = new IngestPass(frames, () => {});
  return {
    reset() {
      pass = new IngestPass(frames, () => {});
    },
    run: () => pass.run(),
    facts: () => ({ ...input, ...pass.facts() }),
  };
}

function ingestAndScore(frames: Frames, input: Facts): PreparedCase {
  let scores = new ScoreTally();
  let pass = new IngestPass(frames, (view) => scores.take(view));
  return {
    reset() {
      scores = new ScoreTally();
      pass = new IngestPass(frames, (view) => scores.take(view));
    },
    run: () => pass.run() + scores.newOrders,
    facts: () => ({ ...input, ...pass.facts(), ...scores.facts() }),
  };
}

/** One pass of all records through a fresh shard. */
class IngestPass {
  private readonly frames: Frames;
  private readonly shard: IngestShard;
  private changes = 0;
  private failures = 0;

  constructor(frames: Frames, onBook: (view: BookView) => void) {
    this.frames = frames;
    const failed = (): void => void this.failures++;
    this.shard = new IngestShard({
      wires: wireRegistry,
      partitions: 1,
      owns: () => true,
      effects: {
        emit: (_partition, view) => {
          if (view.kind !== 'book.delta') return;
          this.changes += view.changes.count;
          onBook(view);
        },
        // A recording has its answers in it; none that it lacks can be got.
        requestSnapshot() {},
        resubscribe() {},
        renew() {},
        malformed() {},
        actorFailed: failed,
        refused: failed,
      },
    });
    for (const [exchange, rows] of frames.instruments) this.shard.directory(exchange).learn(rows);
  }

  /** @returns changed levels */
  run(): number {
    const { records } = this.frames;
    for (let frame = 0; frame < records.length; frame++) {
      const record = records[frame];
      if (record !== undefined) this.shard.process(record, frame, true);
    }
    return this.changes;
  }

  facts(): Facts {
    const books = [...this.shard.books()];
    const total = (name: keyof BookCounters): number =>
      books.reduce((sum, [, { counters }]) => sum + counters[name], 0);
    return {
      snapshots: total('snapshots'),
      updates: total('updates'),
      staleUpdates: total('staleUpdates'),
      changes: this.changes,
      trades: total('trades'),
      checksumsOk: total('checksumOk'),
      checksumsFailed: total('checksumFailed'),
      auditsOk: total('auditOk'),
      auditsFailed: total('auditFailed'),
      gaps: total('gaps'),
      crossed: total('crossed'),
      malformed: this.shard.counters.malformed,
      ignored: this.shard.counters.ignored,
      failures: this.failures,
      books: bookDigest(books),
    };
  }
}

/** The product's defaults. */
const MODEL = lognormal({ halfLifeS: 3600, minOrders: 100 });
const SCORE_MAX = 6;

/** The scores of one pass by value. */
class ScoreTally {
  newOrders = 0;
  private readonly scorers = new Map<string, ScorerState<LognormalState>>();
  private readonly byScore = new Float64Array(SCORE_MAX + 1);
  private abstained = 0;
  /** Differs in its last bits where any score's z, or the order of the scores, does. */
  private sumOfZ = 0;
  private readonly score = emptyScore();

  take(view: BookView): void {
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
