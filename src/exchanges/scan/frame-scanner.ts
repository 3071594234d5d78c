/**
 * Reads a frame's bytes from front to back, in exactly the shape that a venue writes: no object, no string, no copy of a
 * number's text. Every method either reads what it is named for and moves on, or says that the frame is of another shape;
 * the wire then reads the whole frame the general way. So a harmless change of a venue costs speed and nothing else.
 */

import type { LevelBuffer } from '../../book/level-buffer.ts';
import { placeFrame } from '../../kernel/frame-area.ts';
import { views } from '../../kernel/kernel.ts';
import { bitsBefore, NONE, number, readDecimal, readInteger } from './digits.ts';
import type { Literal } from './literal.ts';
import { readQuotedPairs } from './quoted-pairs.ts';
import { SymbolTable } from './symbol-table.ts';
import { readEpochSeconds, readRfc3339 } from './timestamps.ts';

const QUOTE = 0x22;
const POINT = 0x2e;
const ZERO = 0x30;
const COMMA = 0x2c;
const LIST_END = 0x5d;

const isDigit = (code: number): boolean => code >= ZERO && code <= 0x39;

/**
 * The high bit of the first byte that is a quotation mark, a backslash, a control character or no ASCII, and any bits of
 * the bytes above it; 0 where there is none. A byte is zero where taking one from it borrows (H. S. Warren, "Hacker's
 * Delight", 6-1).
 */
const notPlain = (word: number): number => {
  const quotes = word ^ 0x22222222;
  const backslashes = word ^ 0x5c5c5c5c;
  const isQuote = (quotes - 0x01010101) & ~quotes;
  const isBackslash = (backslashes - 0x01010101) & ~backslashes;
  const isControl = (word - 0x20202020) & ~word;
  return (isQuote | isBackslash | isControl | word) & 0x80808080;
};

export class FrameScanner {
  private at = 0;
  private end = 0;
  private readonly symbols = new SymbolTable();

  /** Takes a frame: a copy of it, in the kernel's memory, until the next frame of whichever scanner. */
  begin(frame: Uint8Array): void {
    this.at = placeFrame(frame);
    this.end = this.at + frame.length;
  }

  /** Of the last `decimal`: its digits as one integer, at most 2^53 - 1. */
  get mantissa(): number {
    return number.mantissa[0] as number;
  }

  /** Of the last `decimal`: digits behind the point, as written. */
  get decimals(): number {
    return number.decimals[0] as number;
  }

  /** Whether the frame has been read to its last byte. */
  get isAtEnd(): boolean {
    return this.at === this.end;
  }

  /** Moves past exactly these bytes; stays where they are not next. */
  skip(literal: Literal): boolean {
    const { at } = this;
    const { data: view } = views;
    const { length, mask, first, last, lastAt, between } = literal;
    if (at + length > this.end) return false;
    if ((view.getInt32(at, true) & mask) !== first || (view.getInt32(at + lastAt, true) & mask) !== last) return false;
    for (let word = 0; word < between.length; word++) {
      if (view.getInt32(at + 4 * word + 4, true) !== between[word]) return false;
    }
    this.at = at + length;
    return true;
  }

  /** Moves past one byte; stays where another is next. */
  skipByte(code: number): boolean {
    if (this.at >= this.end || views.data.getUint8(this.at) !== code) return false;
    this.at++;
    return true;
  }

  /**
   * Moves past the text up to the next quotation mark, and past that.
   * @returns false where it has a control character, an escape, or anything but ASCII
   */
  skipText(): boolean {
    const quote = this.quoteAt();
    if (quote < 0) return false;
    this.at = quote + 1;
    return true;
  }

  /** As `skipText`: the text, which costs no new string where it was seen before; null where there is none, or no character in it. */
  text(): string | null {
    const { at: from } = this;
    const quote = this.quoteAt();
    if (quote <= from) return null;
    this.at = quote + 1;
    return this.symbols.text(views.data, from, quote);
  }

  /** Where the next quotation mark is; -1 where something else ends the plain text before it. */
  private quoteAt(): number {
    const { end } = this;
    const { data: view } = views;
    let { at } = this;
    let others = notPlain(view.getInt32(at, true));
    while (others === 0) {
      at += 4;
      if (at >= end) return -1;
      others = notPlain(view.getInt32(at, true));
    }
    at += bitsBefore(others) >> 3;
    return at < end && view.getUint8(at) === QUOTE ? at : -1;
  }

  /** A whole number without sign or idle zeros in front, below 2^53; NaN for anything else. */
  integer(): number {
    const at = readInteger(views.data, this.at);
    if (at === NONE || at > this.end) return NaN;
    this.at = at;
    return number.mantissa[0] as number;
  }

  /**
   * A plain decimal without sign, exponent or idle zeros in front, into `mantissa` and `decimals`.
   * @returns false for anything else, and where the mantissa passes 2^53
   */
  decimal(): boolean {
    const at = readDecimal(views.data, this.at);
    if (at === NONE || at > this.end) return false;
    this.at = at;
    return true;
  }

  /**
   * Moves past a number whose value is not needed, such as a float beside its exact text: of any length, plain, without sign
   * or exponent.
   */
  skipNumber(): boolean {
    const { end } = this;
    const { data: view } = views;
    let { at } = this;
    const whole = at;
    while (at < end && isDigit(view.getUint8(at))) at++;
    if (at === whole || (at > whole + 1 && view.getUint8(whole) === ZERO)) return false;
    if (at < end && view.getUint8(at) === POINT) {
      const fraction = ++at;
      while (at < end && isDigit(view.getUint8(at))) at++;
      if (at === fraction) return false;
    }
    this.at = at;
    return true;
  }

  /** `1534614248.123456` as microseconds since the epoch; NaN for anything else, such as less than six decimals. */
  epochSeconds(): number {
    const at = readEpochSeconds(views.data, this.at);
    if (at === NONE || at > this.end) return NaN;
    this.at = at;
    return number.mantissa[0] as number;
  }

  /** `2026-08-24T22:21:56.724795Z` as microseconds since the epoch; NaN for anything else, such as another zone. */
  rfc3339(): number {
    const at = readRfc3339(views.data, this.at);
    if (at === NONE || at > this.end) return NaN;
    this.at = at;
    return number.mantissa[0] as number;
  }

  /** A decimal, `between`, and another one: price and size of a level, appended to `levels`. @returns false for anything else */
  level(side: number, between: Literal, levels: LevelBuffer): boolean {
    if (!this.decimal()) return false;
    const { mantissa, decimals } = this;
    if (mantissa === 0 || !this.skip(between) || !this.decimal()) return false;
    levels.add(side, mantissa, decimals, this.mantissa, this.decimals);
    return true;
  }

  /**
   * Levels written `["price","size"]`, comma-separated, up to and past the `]` that ends their list; the `[` in front has
   * been read. Appended to `levels`.
   * @returns false where anything is of another shape
   */
  quotedPairs(side: number, levels: LevelBuffer): boolean {
    const at = readQuotedPairs(this.at, this.end, side, levels);
    if (at === NONE) return false;
    this.at = at;
    return true;
  }
}

/** Separates the items of a list. */
export const LIST_COMMA = COMMA;
/** Ends a list. */
export const LIST_CLOSE = LIST_END;
