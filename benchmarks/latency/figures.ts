/**
 * What a run came to, in time. A frame's latency runs from the moment at which it was due to be sent, whenever it was sent:
 * a receiver that makes the sender wait, or a sender that is late by itself, cannot hide it.
 */

import { assert } from '../../src/lib/assert.ts';
import type { Facts } from '../harness/facts.ts';
import type { CaseRounds } from '../harness/interleaved.ts';
import type { Spread } from '../harness/spread.ts';
import { dueBy, dueMs, type Pace } from './pace.ts';

/** Of one run; latencies in µs. */
export interface Figures {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
  /** From the moment at which the socket hands a frame over: what waits before that is left out. */
  readonly workP50Us: number;
  readonly workP99Us: number;
  /** Frames due and not done when half of all were due. */
  readonly behindHalfway: number;
  /** The same when the last one was due: more than halfway means that a queue grew. */
  readonly behindInTheEnd: number;
  /** Bytes of the frames that were due and not done in the end. */
  readonly bytesBehindInTheEnd: number;
  /** How late the sender itself was. */
  readonly senderP99Us: number;
  readonly senderMaxUs: number;
}

/** Of all counted rounds. */
export interface LatencyFigures {
  /** By receiver. */
  readonly receivers: Readonly<Record<string, Readonly<Record<keyof Figures, Spread>>>>;
  /** The product's 99th percentile over tardis-dev's in the same round. */
  readonly p99Ratio: Spread;
  /** The same of the work alone. */
  readonly workP99Ratio: Spread;
}

/** What the sender says of a run. */
export interface Sent extends Pace {
  readonly lateP99Us: number;
  readonly lateMaxUs: number;
}

/** Per frame, on the clock of `machineMs`. */
export interface FrameTimes {
  readonly beganMs: Float64Array;
  /** Never falls. */
  readonly doneMs: Float64Array;
}

/**
 * @param bytes per frame
 * @throws AssertionFailed where a frame was done before it was due, or never
 */
export function figuresOf({ beganMs, doneMs }: FrameTimes, bytes: readonly number[], sent: Sent): Figures {
  assert(!doneMs.includes(NaN), 'a frame was never done');
  const latencies = doneMs.map((done, index) => done - dueMs(sent, index)).sort();
  assert((latencies[0] ?? NaN) > 0, `a frame was done ${latencies[0]} ms after it was due`);
  const work = doneMs.map((done, index) => done - (beganMs[index] ?? NaN)).sort();
  const frames = doneMs.length;
  const inTheEnd = behindAt(doneMs, sent, frames - 1);
  return {
    p50Us: quantileUs(latencies, 0.5),
    p99Us: quantileUs(latencies, 0.99),
    maxUs: quantileUs(latencies, 1),
    workP50Us: quantileUs(work, 0.5),
    workP99Us: quantileUs(work, 0.99),
    behindHalfway: behindAt(doneMs, sent, Math.floor((frames - 1) / 2)),
    behindInTheEnd: inTheEnd,
    bytesBehindInTheEnd: bytes.slice(frames - inTheEnd).reduce((sum, size) => sum + size, 0),
    senderP99Us: sent.lateP99Us,
    senderMaxUs: sent.lateMaxUs,
  };
}

/** @param ascendingMs at least one */
export function quantileUs(ascendingMs: Float64Array, share: number): number {
  const index = Math.max(0, Math.ceil(share * ascendingMs.length) - 1);
  return (ascendingMs[index] ?? NaN) * 1000;
}

/** Frames due and not done at the moment when frame `index` was due; that frame is one of them. */
function behindAt(doneMs: Float64Array, pace: Pace, index: number): number {
  const atMs = dueMs(pace, index);
  const done = doneMs.findIndex((one) => one > atMs);
  return Math.min(dueBy(pace, atMs), doneMs.length) - (done === -1 ? doneMs.length : done);
}

const MEASURED = 'measured: ';

/** Figures differ from run to run, so they travel under names that set them apart from facts. */
export function asMeasured(figures: Figures): Facts {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [MEASURED + name, Number(value)]));
}

/** The figures of every counted round of a case. */
export function measuredIn({ counted }: CaseRounds): Record<keyof Figures, number>[] {
  return counted.map(({ facts }) => {
    const named = Object.entries(facts).filter(([name]) => name.startsWith(MEASURED));
    return Object.fromEntries(named.map(([name, value]) => [name.slice(MEASURED.length), Number(value)])) as Record<
      keyof Figures,
      number
    >;
  });
}

/** The rounds with what they must agree in, and nothing else. */
export function withoutMeasured(rounds: readonly CaseRounds[]): CaseRounds[] {
  const bare = (all: CaseRounds['counted']): CaseRounds['counted'] =>
    all.map((round) => ({
      ...round,
      facts: Object.fromEntries(Object.entries(round.facts).filter(([name]) => !name.startsWith(MEASURED))),
    }));
  return rounds.map(({ name, warmUp, counted }) => ({ name, warmUp: bare(warmUp), counted: bare(counted) }));
}
