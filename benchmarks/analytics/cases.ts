/** The cases: frames through books and the whale score, and the same with all analytics behind them. */

import { z } from 'zod';

import type { EventView } from '../../src/model/event.ts';
import { frameSourceSchema, loadFrames, timedTexts } from '../frame-to-book/frames.ts';
import { ProductPath } from '../frame-to-book/product-path.ts';
import { ScoreTally } from '../frame-to-book/score-tally.ts';
import type { PreparedCase } from '../harness/serve-case.ts';
import { Measuring, SAMPLE_LEVELS } from './measuring.ts';

/** The first is the baseline. */
export const CASES = ['book + score', 'book + score + analytics'] as const;

const caseSpec = z.object({ name: z.enum(CASES), source: frameSourceSchema });
export type CaseSpec = Readonly<z.infer<typeof caseSpec>>;

/**
 * @param spec a `CaseSpec`
 * @throws AppError as `loadFrames` does
 */
export async function prepareCase(spec: unknown): Promise<PreparedCase> {
  const { name, source } = caseSpec.parse(spec);
  const frames = await loadFrames(source);
  const withAnalytics = name === 'book + score + analytics';
  let scores = new ScoreTally();
  let measuring = new Measuring();
  let path: ProductPath | null = null;
  return {
    reset() {
      scores = new ScoreTally();
      measuring = new Measuring();
      const measure = withAnalytics ? (view: EventView): void => measuring.take(view) : (): void => {};
      path = new ProductPath(
        frames,
        (view) => {
          scores.take(view);
          measure(view);
        },
        measure,
        withAnalytics ? SAMPLE_LEVELS : null,
      );
      path.feed(0, frames.timedFrom);
    },
    run: () => (path?.feed(frames.timedFrom, frames.records.length) ?? 0) + scores.newOrders + measuring.rows,
    facts: () => ({
      frames: timedTexts(frames).length,
      ...path?.facts(),
      ...scores.facts(),
      ...(withAnalytics ? measuring.facts() : {}),
    }),
  };
}
