import { expect, it } from 'vitest';
import { FRAME_BEGINS, FRAME_ENDS } from './protocol.ts';
import { frameTimes } from './script-time.ts';

const MAIN = { pid: 1, tid: 1 };

/** Of a thread that has the processor half of the time. */
function event(name: string, ts: number, dur?: number, thread = MAIN): object {
  return { name, ...thread, ts, tts: ts / 2, ...(dur === undefined ? {} : { dur, tdur: dur / 2 }) };
}

it('tells collections of garbage from scripts, each once, those of the thread and the frame alone', () => {
  const traceEvents = [
    event(FRAME_BEGINS, 10_000),
    event('V8.GCIncrementalMarking', 10_200, 100),
    // One within another, as the browser tells them: the outer one behind it.
    event('MinorGC', 11_000, 500),
    event('MajorGC', 11_000, 2000),
    event('MajorGC', 11_100, 600, { pid: 1, tid: 2 }),
    event('MajorGC', 11_100, 600, { pid: 2, tid: 1 }),
    event(FRAME_ENDS, 20_000),
    event('MinorGC', 21_000, 400),
    event(FRAME_BEGINS, 30_000),
    event(FRAME_ENDS, 31_000),
  ];
  expect(frameTimes(JSON.stringify({ traceEvents }), 2)).toEqual([
    { scriptMs: 3.95, collectionsMs: 1.05 },
    { scriptMs: 0.5, collectionsMs: 0 },
  ]);
});

it('leaves a collection without the time of its thread with the script, on whichever thread it was', () => {
  const untimed = (thread: typeof MAIN): object => ({ name: 'MajorGC', ...thread, ts: 12_000, dur: 1000 });
  const traceEvents = [
    ...[event(FRAME_BEGINS, 10_000), untimed(MAIN), untimed({ pid: 1, tid: 2 })],
    ...[event('MinorGC', 14_000, 1000), event(FRAME_ENDS, 20_000)],
  ];
  expect(frameTimes(JSON.stringify({ traceEvents }), 1)).toEqual([{ scriptMs: 4.5, collectionsMs: 0.5 }]);
});

it('refuses a trace without the marks of every frame', () => {
  const text = JSON.stringify({ traceEvents: [event(FRAME_BEGINS, 1), event(FRAME_ENDS, 2)] });
  expect(() => frameTimes(text, 2)).toThrow('1 marks of 2 frames');
});
