import { describe, expect, it } from 'vitest';

import { describeWithData } from '../test/data.ts';
import { prepareLatencyCase } from './latency/cases.ts';
import type { FrameTimes, Sent } from './latency/figures.ts';
import { figuresOf } from './latency/figures.ts';
import { dueBy, dueMs, machineMs } from './latency/pace.ts';
import { RECEIVERS } from './latency/receiver.ts';
import { latencyWorkloads } from './latency/workloads.ts';
import { latencyBenchmark } from './latency.ts';

const RECORDING = ['captures', 'binance-spot-4pairs.capture.ndjson.gz'];
/** A frame each 10 ms, from 1000 ms on. */
const SENT: Sent = { startMs: 1000, framesPerSecond: 100, lateP99Us: 5, lateMaxUs: 9 };
const BYTES = Array.from({ length: 10 }, (_, index) => 100 + index);

/** Each frame was handed over a quarter of a ms before it was done. */
function timesOf(doneMs: Float64Array): FrameTimes {
  return { beganMs: doneMs.map((done) => done - 0.25), doneMs };
}

describe('the pace', () => {
  it('has a frame due at its moment and not before', () => {
    for (let index = 0; index < 10; index++) {
      expect(dueBy(SENT, dueMs(SENT, index))).toBe(index + 1);
      expect(dueBy(SENT, dueMs(SENT, index) - 0.1)).toBe(index);
    }
    expect(dueBy(SENT, 0)).toBe(0);
  });

  it('is read on a clock that never falls', () => {
    const times = Array.from({ length: 100 }, () => machineMs());
    expect(times).toEqual(times.toSorted((one, other) => one - other));
  });
});

describe('the figures of a run', () => {
  it('count from the moment at which a frame was due', () => {
    const doneMs = Float64Array.from(BYTES, (_, index) => dueMs(SENT, index) + 1 + index);
    const figures = figuresOf(timesOf(doneMs), BYTES, SENT);
    expect(figures).toMatchObject({ behindHalfway: 1, behindInTheEnd: 1, bytesBehindInTheEnd: 109 });
    expect(figures).toMatchObject({ p50Us: 5000, p99Us: 10_000, maxUs: 10_000, senderP99Us: 5, senderMaxUs: 9 });
    expect([figures.workP50Us, figures.workP99Us].map(Math.round)).toEqual([250, 250]);
  });

  it('show a queue that grows', () => {
    // Each frame takes as long as two may.
    const doneMs = Float64Array.from(BYTES, (_, index) => SENT.startMs + 20 * (index + 1));
    const { behindHalfway, behindInTheEnd, bytesBehindInTheEnd } = figuresOf(timesOf(doneMs), BYTES, SENT);
    expect({ behindHalfway, behindInTheEnd }).toEqual({ behindHalfway: 3, behindInTheEnd: 6 });
    expect(bytesBehindInTheEnd).toBe(104 + 105 + 106 + 107 + 108 + 109);
  });

  it('are refused where a frame was done before it was due, or never', () => {
    const early = Float64Array.from(BYTES, (_, index) => dueMs(SENT, index) - 1);
    expect(() => figuresOf(timesOf(early), BYTES, SENT)).toThrow('after it was due');
    expect(() => figuresOf(timesOf(early.fill(NaN, 9)), BYTES, SENT)).toThrow('never done');
  });
});

describeWithData('the benchmark of latency, in its small mode', RECORDING, (path) => {
  it('brings every frame to every receiver, and the same books', async () => {
    const workloads = latencyWorkloads(true);
    const { workloads: reports } = await latencyBenchmark({ warmUp: 0, rounds: 1, workloads });
    const [report] = reports;
    expect(report?.facts).toMatchObject(workloads[0]?.expected ?? {});
    expect(Object.keys(report?.facts ?? {}).filter((name) => name.startsWith('measured'))).toEqual([]);
    expect(Object.keys(report?.latency.receivers ?? {})).toEqual([...RECEIVERS]);
    for (const { p50Us, maxUs } of Object.values(report?.latency.receivers ?? {})) {
      expect(p50Us.median).toBeGreaterThan(0);
      expect(maxUs.median).toBeGreaterThanOrEqual(p50Us.median);
    }
  });

  it.each(RECEIVERS)('gives no figures where frames are lost: %s', async (name) => {
    // Nobody listens there.
    const feed = { path, frames: 10, framesPerSecond: 1000, port: 9 };
    const prepared = await prepareLatencyCase({ name, feed });
    await prepared.reset();
    await expect(prepared.run()).rejects.toMatchObject({ code: 'benchmark.unexpected' });
  });
});

describeWithData('a feed', ['captures', 'kraken-v1-book1000-10pairs.capture.ndjson.gz'], (path) => {
  it('is refused where the recording is of another venue', async () => {
    const feed = { path, frames: 10, framesPerSecond: 1000, port: 9 };
    const refused = prepareLatencyCase({ name: 'socket alone', feed });
    await expect(refused).rejects.toMatchObject({ code: 'benchmark.unexpected' });
  });
});
