/**
 * What one pair does over and over: a stretch of the recording, then frames that bring its book back to where it began.
 * So every pass of a script counts the same rows, however often it is sent.
 *
 * The book begins with fewer levels than a client asks for, which says that there are no others: every change is then
 * one of a known level, and the market cannot move out of what is known.
 */

import type { DepthStep, Recording, Row, Side, Step, TradeStep } from './recording.ts';
import { bestRows, setLevel } from './recording.ts';
import type { Tally } from './tally.ts';
import { emptyTally } from './tally.ts';

/** A step and what it stands for in the tables. */
export interface ScriptStep {
  readonly step: Step;
  readonly tally: Readonly<Tally>;
}

export interface Script {
  /** Best first. */
  readonly bids: readonly Row[];
  readonly asks: readonly Row[];
  readonly steps: readonly ScriptStep[];
}

export interface ScriptOptions {
  readonly scripts: number;
  /** Recorded depth frames of each. */
  readonly depthFrames: number;
  /** Levels per side that a book begins with. */
  readonly levels: number;
}

/** Levels changed by a frame of the recording, on average: frames that bring a book back are of that size too. */
const ROWS_PER_FRAME = 41;

/** Stretches of the recording, evenly spread over it; they overlap. */
export function makeScripts(recording: Recording, options: ScriptOptions): Script[] {
  const { scripts, depthFrames, levels } = options;
  const depthAt = recording.steps.flatMap(({ kind }, at) => (kind === 'depth' ? [at] : []));
  const room = depthAt.length - depthFrames;
  if (room < 1) throw new RangeError(`the recording has but ${depthAt.length} depth frames`);
  const bids: Side = new Map(recording.bids);
  const asks: Side = new Map(recording.asks);
  const made: Script[] = [];
  let at = 0;
  for (let index = 0; index < scripts; index++) {
    const firstDepth = Math.floor((index * room) / scripts);
    const from = depthAt[firstDepth] ?? 0;
    for (; at < from; at++) applyStep(recording.steps[at], bids, asks);
    const steps = recording.steps.slice(from, depthAt[firstDepth + depthFrames]);
    made.push(scriptOf(bestRows(bids, 'bids', levels), bestRows(asks, 'asks', levels), steps));
  }
  return made;
}

function applyStep(step: Step | undefined, bids: Side, asks: Side): void {
  if (step?.kind !== 'depth') return;
  for (const row of step.bids) setLevel(bids, row);
  for (const row of step.asks) setLevel(asks, row);
}

function scriptOf(startBids: readonly Row[], startAsks: readonly Row[], recorded: readonly Step[]): Script {
  const bids: Side = new Map(startBids);
  const asks: Side = new Map(startAsks);
  const steps = recorded.map((step) => counted(step, bids, asks));
  for (const step of wayBack({ bids, asks }, { bids: startBids, asks: startAsks })) {
    steps.push(counted(step, bids, asks));
  }
  return { bids: startBids, asks: startAsks, steps };
}

/** Removals first: what is left are levels of the beginning, so that the book is crossed at no moment. */
function wayBack(now: { bids: Side; asks: Side }, start: { bids: readonly Row[]; asks: readonly Row[] }): DepthStep[] {
  const changes: { side: 'bids' | 'asks'; row: Row }[] = [];
  for (const side of ['bids', 'asks'] as const) {
    const kept = new Set(start[side].map(([price]) => price));
    for (const price of now[side].keys()) if (!kept.has(price)) changes.push({ side, row: [price, '0.00000000'] });
  }
  for (const side of ['bids', 'asks'] as const) {
    for (const row of start[side]) if (now[side].get(row[0]) !== row[1]) changes.push({ side, row });
  }
  const frames: DepthStep[] = [];
  for (let at = 0; at < changes.length; at += ROWS_PER_FRAME) {
    const some = changes.slice(at, at + ROWS_PER_FRAME);
    const of = (which: 'bids' | 'asks') => some.filter(({ side }) => side === which).map(({ row }) => row);
    frames.push({ kind: 'depth', bids: of('bids'), asks: of('asks') });
  }
  return frames;
}

function counted(step: Step, bids: Side, asks: Side): ScriptStep {
  const tally = emptyTally();
  if (step.kind === 'trade') {
    countTrade(step, tally);
  } else {
    for (const row of step.bids) countLevel(row, setLevel(bids, row), tally);
    for (const row of step.asks) countLevel(row, setLevel(asks, row), tally);
  }
  return { step, tally };
}

/** A row stands for a level whose size changed; a new order for one that grew. */
function countLevel([price, size]: Row, before: number, tally: Tally): void {
  const now = Number(size);
  if (now === before) return;
  tally.changes++;
  tally.prices += Number(price);
  tally.sizes += now;
  if (now > before) tally.newOrders++;
}

function countTrade({ size }: TradeStep, tally: Tally): void {
  tally.trades++;
  tally.tradedSizes += Number(size);
}
