/**
 * The processor time that a page's main thread spent on each frame, from the browser's own trace: in the page's scripts, and in
 * the browser's collections of garbage, which it begins when it likes, in the middle of a script too.
 */

import { z } from 'zod';

import { BenchmarkError } from '../harness/benchmark-error.ts';
import { FRAME_BEGINS, FRAME_ENDS } from './protocol.ts';

/** The categories of what `performance.mark` tells, and of collections. */
export const TRACE_CATEGORIES = ['blink.user_timing', 'v8', 'devtools.timeline'];

/** Collections of everything, of what is young, and steps of one that goes on beside the scripts. */
const COLLECTIONS = new Set(['MajorGC', 'MinorGC', 'V8.GCIncrementalMarking']);

/** With the thread's processor time in µs. */
const timed = z.object({
  pid: z.number(),
  tid: z.number(),
  ts: z.number(),
  tts: z.number(),
  tdur: z.number().default(0),
});
const trace = z.object({ traceEvents: z.array(z.looseObject({ name: z.string() })) });

type Timed = z.infer<typeof timed>;

export interface FrameTime {
  /** Of the thread, without collections. */
  readonly scriptMs: number;
  readonly collectionsMs: number;
}

/** @param text of a trace with the marks of so many frames */
export function frameTimes(text: string, frames: number): FrameTime[] {
  const { traceEvents } = trace.parse(JSON.parse(text));
  // An event may lack its thread's time. A mark without one is missed; a collection without one counts as the script's.
  const eventsOf = (isWanted: (name: string) => boolean): Timed[] =>
    traceEvents
      .filter(({ name }) => isWanted(name))
      .flatMap((event) => timed.safeParse(event).data ?? [])
      .sort((one, other) => one.ts - other.ts || other.tdur - one.tdur);
  const marksOf = (wanted: string): Timed[] => {
    const marks = eventsOf((name) => name === wanted);
    if (marks.length === frames) return marks;
    throw new BenchmarkError(
      'benchmark.unexpected',
      `${marks.length} marks of ${frames} frames`,
      'Is the trace whole?',
    );
  };
  const ends = marksOf(FRAME_ENDS);
  const collections = outermost(eventsOf((name) => COLLECTIONS.has(name)));
  return marksOf(FRAME_BEGINS).map((began, frame) => {
    const ended = ends[frame] as Timed;
    const within = collections.filter(
      ({ pid, tid, ts }) => pid === began.pid && tid === began.tid && ts >= began.ts && ts < ended.ts,
    );
    const collectionsUs = within.reduce((sum, { tdur }) => sum + tdur, 0);
    return { scriptMs: (ended.tts - began.tts - collectionsUs) / 1000, collectionsMs: collectionsUs / 1000 };
  });
}

/** Without those that lie within another one of their thread. @param events in the order of their beginnings */
function outermost(events: readonly Timed[]): Timed[] {
  const endsUs = new Map<string, number>();
  return events.filter(({ pid, tid, tts, tdur }) => {
    const thread = `${pid}:${tid}`;
    const isOuter = tts >= (endsUs.get(thread) ?? -Infinity);
    if (isOuter) endsUs.set(thread, tts + tdur);
    return isOuter;
  });
}
