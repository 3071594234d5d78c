/**
 * The cases: frames through books and the scoring actor, and the same with the analytics actor behind them. Both actors are the
 * product's own and whole: with their positions, and the digest of events that scoring keeps.
 */

import { z } from 'zod';

import type { EventView } from '../../src/model/event.ts';
import { frameSourceSchema, loadFrames, timedTexts } from '../frame-to-book/frames.ts';
import { ProductPath } from '../frame-to-book/product-path.ts';
import type { PreparedCase } from '../harness/serve-case.ts';
import { Measuring, SAMPLE_LEVELS } from './measuring.ts';
import { Scoring } from './scoring.ts';

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
  let scoring = new Scoring();
  let measuring = new Measuring();
  let path: ProductPath | null = null;
  return {
    reset() {
      scoring = new Scoring();
      measuring = new Measuring();
      const score = (view: EventView): void => scoring.take(view);
      const scoreAndMeasure = (view: EventView): void => {
        scoring.take(view);
        measuring.take(view);
      };
      const take = withAnalytics ? scoreAndMeasure : score;
      path = new ProductPath(frames, take, take, withAnalytics ? SAMPLE_LEVELS : null);
      path.feed(0, frames.timedFrom);
    },
    run: () => (path?.feed(frames.timedFrom, frames.records.length) ?? 0) + scoring.newOrders + measuring.rows,
    facts: () => ({
      frames: timedTexts(frames).length,
      ...path?.facts(),
      ...scoring.facts(),
      ...(withAnalytics ? measuring.facts() : {}),
    }),
  };
}
