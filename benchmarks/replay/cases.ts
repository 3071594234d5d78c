/** The cases: whole replays of a recording, and for comparison cases that have its texts in memory beforehand. */

import { z } from 'zod';

import type { ReplayReport } from '../../src/app/replay/report.ts';
import { runReplay } from '../../test/replay/run-replay.ts';
import type { Quote } from '../frame-to-book/book-path.ts';
import { lastQuotes } from '../frame-to-book/book-path.ts';
import { prepareCase } from '../frame-to-book/cases.ts';
import type { PreparedCase } from '../harness/serve-case.ts';

const replaySpec = z.object({
  name: z.enum(['replay, packed', 'replay, unpacked']),
  /** The recording. */
  path: z.string(),
});
export type ReplaySpec = Readonly<z.infer<typeof replaySpec>>;

/**
 * @param spec a `ReplaySpec`, or the `CaseSpec` of a case from frame to book
 * @throws AppError where data are missing
 */
export async function prepareReplayCase(spec: unknown): Promise<PreparedCase> {
  const own = replaySpec.safeParse(spec);
  return own.success ? replayCase(own.data.path) : prepareCase(spec);
}

function replayCase(path: string): PreparedCase {
  let report: ReplayReport | null = null;
  let threadsMs = 0;
  return {
    reset() {},
    async run() {
      const startedMs = performance.now();
      ({ report } = await runReplay([path]));
      threadsMs = performance.now() - startedMs - report.elapsed_ms;
      return report.frames;
    },
    partsMs: () => ({ 'stop of threads': threadsMs }),
    facts() {
      if (report === null) throw new TypeError('facts were asked for before anything was replayed');
      const { frames, digest, malformed, gaps, crossed, restarts, scores, events, books } = report;
      return {
        received: frames,
        digest,
        malformed,
        gaps,
        crossed,
        restarts,
        newOrders: Object.values(scores).reduce((sum, count) => sum + count, 0),
        trades: events['trade'] ?? 0,
        ...lastQuotes(Object.entries(books).map(([name, book]) => [name.slice(name.indexOf(':') + 1), quoteOf(book)])),
      };
    },
  };
}

function quoteOf(book: ReplayReport['books'][string]): Quote {
  return {
    bid: Number(book.best_bid ?? NaN),
    bidSize: Number(book.best_bid_size ?? NaN),
    ask: Number(book.best_ask ?? NaN),
    askSize: Number(book.best_ask_size ?? NaN),
  };
}
