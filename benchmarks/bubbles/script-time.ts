/** The processor time that a page's main thread spent on each frame, from the browser's own trace. */

import { z } from 'zod';

import { BenchmarkError } from '../harness/benchmark-error.ts';
import { FRAME_BEGINS, FRAME_ENDS } from './protocol.ts';

/** The category of what `performance.mark` tells. */
export const TRACE_CATEGORIES = ['blink.user_timing'];

/** A mark, with the thread's processor time in µs. */
const mark = z.object({ name: z.string(), ts: z.number(), tts: z.number() });
const trace = z.object({ traceEvents: z.array(z.looseObject({ name: z.string() })) });

/**
 * @param text of a trace with the marks of so many frames
 * @returns ms by frame
 */
export function scriptTimes(text: string, frames: number): number[] {
  const { traceEvents } = trace.parse(JSON.parse(text));
  const timesOf = (wanted: string): number[] => {
    const marks = traceEvents.filter(({ name }) => name === wanted).map((event) => mark.parse(event));
    if (marks.length === frames) return marks.sort((one, other) => one.ts - other.ts).map(({ tts }) => tts);
    throw new BenchmarkError(
      'benchmark.unexpected',
      `${marks.length} marks of ${frames} frames`,
      'Is the trace whole?',
    );
  };
  const ends = timesOf(FRAME_ENDS);
  return timesOf(FRAME_BEGINS).map((began, frame) => ((ends[frame] as number) - began) / 1000);
}
