/** The figures as lines for people. */

import type { Spread } from '../harness/spread.ts';
import type { LatencyFigures } from './figures.ts';

/** The table above the notes has a column of it. */
const PACED =
  "time on the clock is the sender's pace, the same for all; processor time is the receiver's whole process";

export function latencyNotes({ receivers, p99Ratio, workP99Ratio }: LatencyFigures): string[] {
  const lines = Object.entries(receivers).flatMap(([name, of]) => [
    `${name}: p50 ${inUs(of.p50Us)}, p99 ${inUs(of.p99Us)}, max ${inUs(of.maxUs)}`,
    `  work on a frame once it is handed over: p50 ${text(of.workP50Us, 1)} µs, p99 ${text(of.workP99Us, 1)} µs`,
    `  frames behind: ${inAll(of.behindHalfway)} halfway, ${inAll(of.behindInTheEnd)} in the end, ` +
      `of ${inAll(of.bytesBehindInTheEnd)} bytes`,
    `  of it the sender was late: p99 ${inUs(of.senderP99Us)}, max ${inUs(of.senderMaxUs)}`,
  ]);
  return [
    PACED,
    ...lines,
    `p99 of whalewatch over that of tardis-dev: ${text(p99Ratio, 2)}; of the work alone: ${text(workP99Ratio, 2)}`,
  ];
}

function inUs(spread: Spread): string {
  return `${text(spread, 0)} µs`;
}

function inAll(spread: Spread): string {
  return text(spread, 0);
}

function text({ median, min, max }: Spread, decimals: number): string {
  return `${median.toFixed(decimals)} (${min.toFixed(decimals)} to ${max.toFixed(decimals)})`;
}
