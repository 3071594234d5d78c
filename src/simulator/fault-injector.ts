/**
 * Stands between a venue and one connection, and spoils what passes: by rates, or as asked for. Faults hit market data
 * only; acknowledgements, pongs and heartbeats go through, except in a freeze, which silences everything, and behind
 * delayed frames, since a connection keeps its order. At most one fault hits a frame.
 */

import { int, uniform, type Prng } from '../lib/prng.ts';
import { FAULT_KINDS, type FaultCounts, type FaultPlan, type FrameFault } from './fault-plan.ts';

/** Where the frames go that the faults let through. */
export interface FaultOutput {
  deliver(text: string): void;
  /** Break the connection. */
  cut(): void;
}

const DELAY_US_MAX = 2_000_000;
const FREEZE_US = 30_000_000;

/** Counts into `counts`, which connections may share. */
export class FaultInjector {
  readonly #plan: FaultPlan;
  readonly #prng: Prng;
  readonly #counts: FaultCounts;
  readonly #output: FaultOutput;
  /** Faults with a rate that may hit any data frame. */
  readonly #frameRates: readonly (readonly [FrameFault, number])[];
  #swapped: string | undefined;
  #late: string[] = [];
  #lateUntilUs = 0;
  #frozenUntilUs = 0;

  constructor(plan: FaultPlan, prng: Prng, counts: FaultCounts, output: FaultOutput) {
    this.#plan = plan;
    this.#prng = prng;
    this.#counts = counts;
    this.#output = output;
    this.#frameRates = FAULT_KINDS.flatMap((kind) => {
      const rate = plan.rates[kind] ?? 0;
      return kind === 'stale-snapshot' || rate === 0 ? [] : [[kind, rate] as const];
    });
  }

  /** A frame that faults spare, e.g. an acknowledgement. */
  control(text: string, nowUs: number): void {
    this.#pass(text, nowUs);
  }

  /** A frame of market data. @param asked strikes instead of what the rates would draw */
  data(text: string, nowUs: number, asked?: FrameFault): void {
    const fault = asked ?? this.#draw();
    const swapped = this.#swapped;
    this.#swapped = undefined;
    if (fault === undefined) this.#pass(text, nowUs);
    else this.#strike(fault, text, nowUs);
    if (swapped !== undefined) this.#pass(swapped, nowUs);
  }

  /** Silence from now on. */
  freeze(untilUs: number): void {
    this.#counts.freeze += 1;
    this.#frozenUntilUs = Math.max(this.#frozenUntilUs, untilUs);
  }

  isFrozen(nowUs: number): boolean {
    return nowUs < this.#frozenUntilUs;
  }

  /** Sends what is due of the delayed frames. */
  release(nowUs: number): void {
    if (this.#late.length === 0 || nowUs < this.#lateUntilUs) return;
    const late = this.#late;
    this.#late = [];
    for (const text of late) this.#pass(text, nowUs);
  }

  #draw(): FrameFault | undefined {
    if (this.#frameRates.length === 0) return undefined;
    let drawn = uniform(this.#prng);
    for (const [kind, rate] of this.#frameRates) {
      if (drawn < rate) return kind;
      drawn -= rate;
    }
    return undefined;
  }

  #strike(fault: FrameFault, text: string, nowUs: number): void {
    if (fault === 'freeze') return this.freeze(nowUs + (this.#plan.freezeUs ?? FREEZE_US));
    this.#counts[fault] += 1;
    switch (fault) {
      case 'drop':
        return undefined;
      case 'duplicate':
        this.#pass(text, nowUs);
        return this.#pass(text, nowUs);
      case 'reorder':
        this.#swapped = text;
        return undefined;
      case 'truncate':
        return this.#pass(text.slice(0, int(this.#prng, 1, text.length - 1)), nowUs);
      case 'corrupt':
        return this.#pass(corruptDigit(text, this.#prng), nowUs);
      case 'delay':
        this.#delay(nowUs + int(this.#prng, 1, this.#plan.delayUsMax ?? DELAY_US_MAX));
        return this.#pass(text, nowUs);
      case 'disconnect':
        return this.#output.cut();
    }
  }

  #delay(untilUs: number): void {
    this.#lateUntilUs = Math.max(this.#lateUntilUs, untilUs);
  }

  #pass(text: string, nowUs: number): void {
    if (this.isFrozen(nowUs)) return;
    if (nowUs < this.#lateUntilUs || this.#late.length > 0) this.#late.push(text);
    else this.#output.deliver(text);
  }
}

/** A number with a decimal point that is no part of a time of day: a price or a size. */
const DECIMAL = /(?<!\d:|\d)\d+\.\d+(?![\dZ])/g;

/** A list of nothing but numbers within another list: a level whose price and size are whole, `[10092,[64250,0,-1],7]`. */
const ROW = /(?<!^)\[[-\d,.eE]+\]/g;
const DIGIT = /\d/g;

/** The text with one digit of one of its prices or sizes changed; where it has none, any digit. */
export function corruptDigit(text: string, prng: Prng): string {
  const positions = [DECIMAL, ROW].map((kind) => digitsOf(text, kind)).find(({ length }) => length > 0);
  return corruptOneOf(positions ?? digitsOf(text, DIGIT), text, prng);
}

/** Where the digits stand in the parts of a text that are of this kind. */
function digitsOf(text: string, kind: RegExp): number[] {
  return [...text.matchAll(kind)].flatMap(({ index, 0: part }) =>
    [...part.matchAll(DIGIT)].map((digit) => index + digit.index),
  );
}

function corruptOneOf(positions: readonly number[], text: string, prng: Prng): string {
  const at = positions[int(prng, 0, positions.length - 1)];
  if (at === undefined) return text;
  const digit = (Number(text[at]) + int(prng, 1, 9)) % 10;
  return `${text.slice(0, at)}${digit}${text.slice(at + 1)}`;
}
