/**
 * The shape in which a venue writes its frequent frames, as data: fixed pieces, symbols, numbers, times, lists of levels and
 * trades, and choices between them. The kernel reads a frame by it in one call, without an object or a string. A frame of any
 * other shape is refused, and the wire reads it the general way: a harmless change of a venue costs speed and nothing else.
 *
 *     const shape = new FrameShape(['{"pair":"', symbol(SYMBOL), ',"price":"', decimal(PRICE), '"}', end(TICK)]);
 *     if (shape.read(frame, message.levels) === TICK) message.start('quote', symbolText(SYMBOL));
 *
 * What is read goes into slots, whose names stand in `slots.ts`. A choice is decided by the literal with which each of its ways begins; there is no
 * way back from it.
 */

import type { LevelBuffer } from '../../book/level-buffer.ts';
import type { TradeBuffer } from '../../book/wire-message.ts';
import { assert } from '../../lib/assert.ts';
import { DECIMALS_MAX } from '../../lib/decimal.ts';
import { placeFrame } from '../../kernel/frame-area.ts';
import { kernel, views } from '../../kernel/kernel.ts';
import { RESULT_LEVELS, RESULT_TRADES, SLOTS } from '../../kernel/layout.ts';

/** What `read` returns where the frame is of another shape. */
export const OTHER_SHAPE = -1;
const NO_ROOM = -2;

/** Of a trade, in the order of its slots. */
const TRADE_DOUBLES = 7;
const TRADES_MAX = 1024;
const CHUNK_BYTES = 16;
const WORD_BYTES = 4;
const DOUBLE_BYTES = 8;
const LIST_END = ']';
/** Longer texts cost a string each time: no venue has such symbols. */
const SYMBOL_LENGTH_MAX = 16;
/** More than any venue lists; when full, what is new costs a string each time. */
const SYMBOLS_MAX = 32_768;

/** The kernel's steps: see `src/kernel/assembly/shape.ts`. */
const STEP = {
  literal: 1,
  byte: 2,
  symbol: 3,
  skipText: 4,
  integer: 5,
  decimal: 6,
  skipNumber: 7,
  exponent: 8,
  epochSeconds: 9,
  rfc3339: 10,
  nanoseconds: 11,
  set: 12,
  newest: 13,
  same: 14,
  within: 15,
  level: 16,
  trade: 17,
  pairs: 18,
  go: 19,
  multiply: 20,
  end: 21,
} as const;

/** A step and its operands; a pair of doubles takes two words each. */
interface Step {
  readonly step: number;
  readonly words: readonly number[];
  readonly doubles?: readonly number[];
}

interface Choice {
  readonly ways: readonly (readonly Piece[])[];
}

interface List {
  readonly row: readonly Piece[];
  readonly between: string;
  readonly mayBeEmpty: boolean;
}

/** Fixed text, a step, a choice, or a list. */
export type Piece = string | Step | Choice | List;

/** A text between quotation marks, the first of which was read: its number (-1: never seen), and where it stands, in two more slots. */
export const symbol = (slot: number): Piece => ({ step: STEP.symbol, words: [slot] });
/** Past the next quotation mark, over plain text. */
export const skipText: Piece = { step: STEP.skipText, words: [] };
/** Past a plain number of any length, without sign or exponent. */
export const skipNumber: Piece = { step: STEP.skipNumber, words: [] };
/** As `skipNumber`, with a minus in front or none. */
export const skipSigned: Piece = { ways: [['-', skipNumber], [skipNumber]] };
/** A whole number without sign or idle zeros in front, below 2^53. */
export const integer = (slot: number): Piece => ({ step: STEP.integer, words: [slot] });
/** A plain decimal: its digits as one integer below 2^53, and its decimals in the next slot. */
export const decimal = (slot: number): Piece => ({ step: STEP.decimal, words: [slot] });
/** `e-7` behind a decimal of that slot, or nothing. */
export const exponent = (slot: number): Piece => ({ step: STEP.exponent, words: [slot, DECIMALS_MAX] });
/** `1534614248.123456`, in µs. */
export const epochSeconds = (slot: number): Piece => ({ step: STEP.epochSeconds, words: [slot] });
/** `2026-08-24T22:21:56.724795Z`, in µs. */
export const rfc3339 = (slot: number): Piece => ({ step: STEP.rfc3339, words: [slot] });
/** Nineteen digits of nanoseconds, in µs. */
export const nanoseconds = (slot: number): Piece => ({ step: STEP.nanoseconds, words: [slot] });
/** Puts a number into a slot. */
export const set = (slot: number, value: number): Piece => ({ step: STEP.set, words: [slot], doubles: [value] });
/** Multiplies a slot's number. */
export const multiply = (slot: number, factor: number): Piece => ({
  step: STEP.multiply,
  words: [slot],
  doubles: [factor],
});
/** Keeps the newer of two times in the first slot. */
export const newest = (slot: number, other: number): Piece => ({ step: STEP.newest, words: [slot, other] });
/** Refuses the frame unless two symbols are the same, and were seen before. */
export const same = (slot: number, other: number): Piece => ({ step: STEP.same, words: [slot, other] });
/** Refuses the frame unless `least` <= slot < `below`. */
export const within = (slot: number, least: number, below: number): Piece => ({
  step: STEP.within,
  words: [slot],
  doubles: [least, below],
});
/** A level, of the slots `PRICE`, `SIZE`, `SIDE` and `ORDERS`. The price must not be zero. */
export const level: Piece = { step: STEP.level, words: [0] };
/** As `level`, where no orders mean no size, whatever is written. */
export const countedLevel: Piece = { step: STEP.level, words: [1] };
/** A trade, of the slots from `TRADE_ID` to `TRADE_AT`. Price and size must not be zero. */
export const trade: Piece = { step: STEP.trade, words: [] };
/** Levels written `["price","size"]`, comma-separated, up to and past the `]` that ends their list. */
export const pairs = (side: number): Piece => ({ step: STEP.pairs, words: [side] });
/** The frame ends here: `read` returns this. At least 0. */
export const end = (outcome: number): Piece => ({ step: STEP.end, words: [outcome] });
/** One of several ways, each of which begins with a literal; the last may begin with anything. */
export const oneOf = (...ways: readonly (readonly Piece[])[]): Piece => ({ ways });
/** Rows, the `[` in front of which was read, up to and past the `]` behind them. */
export const list = (row: readonly Piece[], between = ','): Piece => ({ row, between, mayBeEmpty: true });
/** As `list`, of one row at least. */
export const rows = (row: readonly Piece[], between = ','): Piece => ({ row, between, mayBeEmpty: false });

/** A program under construction: `0` where a jump leads nowhere, which refuses the frame. */
class Assembler {
  readonly words: number[] = [];
  /** Places of words that are addresses, for now within the program. */
  readonly addresses: number[] = [];

  add(pieces: readonly Piece[]): void {
    for (const piece of pieces) {
      if (typeof piece === 'string') this.addLiteral(piece);
      else if ('step' in piece) this.addStep(piece);
      else if ('ways' in piece) this.addChoice(piece);
      else this.addList(piece);
    }
  }

  private addStep({ step, words, doubles = [] }: Step): void {
    this.words.push(step, ...words, ...new Int32Array(Float64Array.from(doubles).buffer));
  }

  /** @returns the place of the word that says where to go on if the text is not there */
  private addLiteral(text: string): number {
    const bytes = Buffer.from(text, 'latin1');
    const isByte = bytes.length === 1;
    this.words.push(isByte ? STEP.byte : STEP.literal, isByte ? bytes.readUInt8() : bytes.length, 0);
    const orElse = this.words.length - 1;
    if (isByte) return orElse;
    for (let from = 0; from < bytes.length; from += CHUNK_BYTES) {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      const mask = Buffer.alloc(CHUNK_BYTES);
      bytes.copy(chunk, 0, from);
      mask.fill(0xff, 0, Math.min(CHUNK_BYTES, bytes.length - from));
      this.words.push(...new Int32Array(new Uint8Array([...chunk, ...mask]).buffer));
    }
    return orElse;
  }

  /** @returns the place of the word that says where to go */
  private addJump(): number {
    this.words.push(STEP.go, 0);
    return this.words.length - 1;
  }

  /** A word from before leads here. */
  private land(place: number, target = this.words.length): void {
    this.words[place] = target * WORD_BYTES;
    this.addresses.push(place);
  }

  private addChoice({ ways }: Choice): void {
    const ends: number[] = [];
    for (const [index, [head, ...rest]] of ways.entries()) {
      const isLast = index === ways.length - 1;
      if (isLast) {
        this.add(head === undefined ? rest : [head, ...rest]);
        continue;
      }
      assert(typeof head === 'string', 'a way that is not the last begins with a literal');
      const orElse = this.addLiteral(head);
      this.add(rest);
      ends.push(this.addJump());
      this.land(orElse);
    }
    for (const jump of ends) this.land(jump);
  }

  private addList({ row, between, mayBeEmpty }: List): void {
    const first = mayBeEmpty ? this.addLiteral(LIST_END) : null;
    const empty = first === null ? null : this.addJump();
    if (first !== null) this.land(first);
    const begin = this.words.length;
    this.add(row);
    const noMore = this.addLiteral(between);
    this.land(this.addJump(), begin);
    this.land(noMore);
    this.addLiteral(LIST_END);
    if (empty !== null) this.land(empty);
  }
}

const trades = kernel.allocate(TRADES_MAX * TRADE_DOUBLES * DOUBLE_BYTES);

export class FrameShape {
  private readonly program: number;

  /** @param pieces which end with an `end` on every way */
  constructor(pieces: readonly Piece[]) {
    const assembler = new Assembler();
    assembler.add(pieces);
    const { words, addresses } = assembler;
    // Never given back: shapes are as old as their thread.
    this.program = kernel.allocate(words.length * WORD_BYTES);
    for (const place of addresses) words[place] = (words[place] ?? 0) + this.program;
    views.words.set(words, this.program / WORD_BYTES);
  }

  /**
   * Reads a frame: numbers into the slots, levels into the columns, and trades to where `takeTrades` finds them. The message is
   * to be started only then, and given the number of its levels (`levelsRead`).
   * @returns the outcome of the way that was taken; `OTHER_SHAPE` for any other frame
   */
  read(frame: Uint8Array, levels: LevelBuffer): number {
    const at = placeFrame(frame);
    for (;;) {
      const outcome = kernel.readFrame(this.program, at, at + frame.length, levels.base, levels.room, trades);
      if (outcome !== NO_ROOM) return outcome;
      levels.reserve(levels.room + 1);
    }
  }
}

/** A number that was read. */
export const slot = (index: number): number => views.doubles[SLOTS + index] as number;

/** Levels that were read. */
export const levelsRead = (): number => views.words[RESULT_LEVELS] as number;

/** Appends the trades that were read. One whose id is no number has none. */
export function takeTrades(into: TradeBuffer): void {
  const count = views.words[RESULT_TRADES] as number;
  const { doubles } = views;
  for (let row = 0, at = trades / DOUBLE_BYTES; row < count; row++, at += TRADE_DOUBLES) {
    const id = doubles[at] as number;
    into.add(
      Number.isNaN(id) ? '' : String(id),
      doubles[at + 1] as number,
      doubles[at + 2] as number,
      doubles[at + 3] as number,
      doubles[at + 4] as number,
      doubles[at + 5] === 1,
      doubles[at + 6] as number,
    );
  }
}

const texts: string[] = [];

/** The text of a symbol's slot, which costs no new string where it was seen before. */
export function symbolText(index: number): string {
  const number = slot(index);
  if (number >= 0) return texts[number] as string;
  const [from, length] = [slot(index + 1), slot(index + 2)];
  const text = Buffer.from(views.bytes.buffer, from, length).toString('latin1');
  if (length <= SYMBOL_LENGTH_MAX && texts.length < SYMBOLS_MAX) kernel.addSymbol(from, length, texts.push(text) - 1);
  return text;
}
