/**
 * All frames of a connection as bytes, ready to be written: WebSocket header and text, in the order of sending. A pass
 * over the tape sends every script once; before a frame is written again, its numbers and times are written over.
 *
 * Numbers have a fixed width, so that a frame's length never changes: 13 digits for a time in ms, 11 for an update, 10
 * for a trade.
 */

import type { Row, Step } from './recording.ts';
import type { Script } from './script.ts';
import type { Tally } from './tally.ts';

export interface TapePair {
  readonly venueSymbol: string;
  readonly script: Script;
}

/** The update with which every book begins. */
export const FIRST_UPDATE = 10_000_000_000;
const FIRST_TRADE = 1_000_000_000;

const ZERO = 0x30;
const TIME = '0'.repeat(13);
const UPDATE = '0'.repeat(11);
const TRADE = '0'.repeat(10);

/** A number of a frame that is written anew each time. */
interface Slot {
  readonly at: number;
  readonly digits: number;
}

interface TapeFrame {
  readonly pair: number;
  readonly start: number;
  readonly end: number;
  readonly times: readonly Slot[];
  /** Where the pair's next update or trade number goes: once for a trade, as first and last for an update. */
  readonly numbers: readonly Slot[];
  readonly isTrade: boolean;
  readonly tally: Readonly<Tally>;
}

export class Tape {
  readonly frames: readonly TapeFrame[];
  readonly bytes: Buffer;
  /** Level changes of one pass. */
  readonly changes: number;
  private readonly updates: number[];
  private readonly trades: number[];

  constructor(pairs: readonly TapePair[]) {
    const parts: Buffer[] = [];
    const frames: TapeFrame[] = [];
    let start = 0;
    for (const { pair, stepAt } of sendingOrder(pairs)) {
      const { venueSymbol, script } = pairs[pair] as TapePair;
      const { step, tally } = script.steps[stepAt] as Script['steps'][number];
      const text = Buffer.from(frameText(venueSymbol, step));
      const framed = Buffer.concat([textHeader(text.length), text]);
      const slots = (label: string, digits: number): Slot[] => {
        const at = framed.indexOf(`"${label}":${'0'.repeat(digits)}`);
        return at < 0 ? [] : [{ at: start + at + label.length + 3, digits }];
      };
      const isTrade = step.kind === 'trade';
      const times = [...slots('E', 13), ...slots('T', 13)];
      const numbers = isTrade ? slots('t', 10) : [...slots('U', 11), ...slots('u', 11)];
      frames.push({ pair, start, end: start + framed.length, times, numbers, isTrade, tally });
      parts.push(framed);
      start += framed.length;
    }
    this.frames = frames;
    this.bytes = Buffer.concat(parts);
    this.changes = frames.reduce((sum, { tally }) => sum + tally.changes, 0);
    this.updates = pairs.map(() => FIRST_UPDATE);
    this.trades = pairs.map(() => FIRST_TRADE);
  }

  /** Writes the next number of its pair and the time into a frame. */
  stamp({ pair, times, numbers, isTrade }: TapeFrame, nowMs: number): void {
    for (const slot of times) this.writeDigits(slot, nowMs);
    const last = isTrade ? this.trades : this.updates;
    const number = (last[pair] ?? 0) + 1;
    last[pair] = number;
    for (const slot of numbers) this.writeDigits(slot, number);
  }

  private writeDigits({ at, digits }: Slot, value: number): void {
    let rest = value;
    for (let place = at + digits - 1; place >= at; place--) {
      const tenth = Math.floor(rest / 10);
      this.bytes[place] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
  }
}

/** A whole text frame, unmasked as servers send it (RFC 6455, 5.2). */
export function textFrame(text: string): Buffer {
  const body = Buffer.from(text);
  return Buffer.concat([textHeader(body.length), body]);
}

/** A depth frame that changes nothing and ends where every book begins: with it a snapshot of that moment is proven. */
export function firstFrame(venueSymbol: string, nowMs: number): string {
  const data = `{"e":"depthUpdate","E":${nowMs},"s":"${venueSymbol}","U":${FIRST_UPDATE},"u":${FIRST_UPDATE},"b":[],"a":[]}`;
  return combined(`${venueSymbol.toLowerCase()}@depth@100ms`, data);
}

/** Every pair's steps spread evenly over the pass, so that all pairs go on together. */
function sendingOrder(pairs: readonly TapePair[]): { pair: number; stepAt: number; place: number }[] {
  const all = pairs.flatMap(({ script: { steps } }, pair) =>
    steps.map((_, stepAt) => ({ pair, stepAt, place: (stepAt + pair / pairs.length) / steps.length })),
  );
  return all.toSorted((a, b) => a.place - b.place);
}

function frameText(venueSymbol: string, step: Step): string {
  const name = venueSymbol.toLowerCase();
  if (step.kind === 'trade') {
    const { price, size, buyerIsMaker } = step;
    const data =
      `{"e":"trade","E":${TIME},"s":"${venueSymbol}","t":${TRADE},"p":"${price}","q":"${size}",` +
      `"T":${TIME},"m":${buyerIsMaker},"M":true}`;
    return combined(`${name}@trade`, data);
  }
  const data =
    `{"e":"depthUpdate","E":${TIME},"s":"${venueSymbol}","U":${UPDATE},"u":${UPDATE},` +
    `"b":${rowsText(step.bids)},"a":${rowsText(step.asks)}}`;
  return combined(`${name}@depth@100ms`, data);
}

function combined(stream: string, data: string): string {
  return `{"stream":"${stream}","data":${data}}`;
}

export function rowsText(rows: readonly Row[]): string {
  return `[${rows.map(([price, size]) => `["${price}","${size}"]`).join(',')}]`;
}

function textHeader(length: number): Buffer {
  if (length < 126) return Buffer.from([0x81, length]);
  if (length < 65_536) return Buffer.from([0x81, 126, length >> 8, length & 0xff]);
  const header = Buffer.from([0x81, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(length, 6);
  return header;
}
