/**
 * Holds a live book against the book that the venue gives by REST. Neither is of a known moment, and updates are on their
 * way to both: so all levels that an update touches are noted from a while before the request until a while after the
 * answer, and what is compared are the others. Whatever the order of things was, those have not changed in between, and
 * both must have them alike, or both must not have them.
 *
 *     noted   |----------------------------------|
 *             begin    request    answer       finish
 */

import { POWERS_OF_TEN } from '../lib/decimal.ts';
import { ASK, BID } from '../model/event.ts';
import type { BookState } from './book.ts';
import { Book } from './book.ts';
import type { LevelBuffer } from './level-buffer.ts';

export interface ComparisonResult {
  /** `none`: there was no answer, or it was too old. */
  readonly verdict: 'same' | 'differs' | 'none';
  /** Levels that both should have, or neither. */
  readonly compared: number;
  /** What differs, in words; empty where nothing does. */
  readonly detail: string;
}

export interface BookComparisonState {
  readonly beganUs: number;
  readonly touched: readonly (readonly number[])[];
  readonly reference: BookState | null;
}

/** A level of one side: the price as a double, which is the same for the same decimals whatever the scale. */
interface Level {
  readonly price: number;
  readonly size: number | bigint;
}

const NOTHING: ComparisonResult = { verdict: 'none', compared: 0, detail: '' };
/** More levels than any side has. */
const ALL = 2 ** 31;

export class BookComparison {
  private beganUs: number;
  /** Prices per side. */
  private readonly touched = [new Set<number>(), new Set<number>()] as const;
  private reference: Book | null = null;

  /** @param beganUs the newest time of the venue that was heard of; NaN where it tells none */
  constructor(beganUs: number) {
    this.beganUs = beganUs;
  }

  /** Notes what an update changes. */
  touch(levels: LevelBuffer): void {
    for (let row = 0; row < levels.count; row++) {
      const price = levels.price[row] as number;
      const decimals = levels.priceDecimals[row] as number;
      const touched = levels.side[row] === BID ? this.touched[BID] : this.touched[ASK];
      touched.add(asDouble(Number.isNaN(price) ? levels.exactPrice(row) : price, decimals));
    }
  }

  /**
   * Takes the venue's answer: every level of its book.
   * @param exchangeUs the moment that the answer names; NaN where it names none
   * @returns false where it is from before the beginning, so that changes of the book may be missing from it
   */
  take(levels: LevelBuffer, exchangeUs: number): boolean {
    if (exchangeUs < this.beganUs) return false;
    this.reference = new Book({ keepDigits: false });
    this.reference.load(levels, { limit: Number.POSITIVE_INFINITY, window: false });
    return true;
  }

  /** Compares, once what was on its way at the time of the answer has come. */
  finish(book: Book): ComparisonResult {
    const { reference } = this;
    if (reference === null) return NOTHING;
    const found = { compared: 0, differing: 0, first: '' };
    for (const side of [BID, ASK]) this.compareSide(side, book, reference, found);
    const { compared, differing, first } = found;
    if (differing === 0) return { verdict: 'same', compared, detail: '' };
    const others = differing === 1 ? '' : `; ${differing - 1} more of ${compared} levels differ`;
    return { verdict: 'differs', compared, detail: `${first}${others}` };
  }

  state(): BookComparisonState {
    const { beganUs, touched, reference } = this;
    return { beganUs, touched: touched.map((prices) => [...prices]), reference: reference?.state() ?? null };
  }

  restore({ beganUs, touched, reference }: BookComparisonState): void {
    this.beganUs = beganUs;
    for (const side of [BID, ASK] as const) {
      this.touched[side].clear();
      for (const price of touched[side] ?? []) this.touched[side].add(price);
    }
    this.reference = reference === null ? null : new Book({ keepDigits: false });
    if (reference !== null) this.reference?.restore(reference);
  }

  /** Goes down both sides at once. */
  private compareSide(
    side: number,
    book: Book,
    reference: Book,
    found: { compared: number; differing: number; first: string },
  ): void {
    const touched = side === BID ? this.touched[BID] : this.touched[ASK];
    const [held, should] = [levelsOf(book, side), levelsOf(reference, side)];
    const isBetter = (one: number, other: number): boolean => (side === BID ? one > other : one < other);
    for (let at = 0, to = 0; at < held.length || to < should.length;) {
      const is = held[at];
      const must = should[to];
      const price = is === undefined || (must !== undefined && isBetter(must.price, is.price)) ? must?.price : is.price;
      const isHeld = is !== undefined && is.price === price;
      const isGiven = must !== undefined && must.price === price;
      if (isHeld) at++;
      if (isGiven) to++;
      if (price === undefined || touched.has(price)) continue;
      found.compared++;
      if (isHeld && isGiven && isSame(is.size, book.sizeScale, must.size, reference.sizeScale)) continue;
      found.differing++;
      if (found.first !== '') continue;
      const given = isGiven ? asDouble(must.size, reference.sizeScale) : 'nothing';
      const own = isHeld ? asDouble(is.size, book.sizeScale) : 'nothing';
      found.first = `${side === BID ? 'bid' : 'ask'} ${price}: the venue has ${given}, the book ${own}`;
    }
  }
}

/** Best first. */
function levelsOf(book: Book, side: number): Level[] {
  const levels: Level[] = [];
  book.forEachLevel(side, ALL, (price, size) => levels.push({ price: asDouble(price, book.priceScale), size }));
  return levels;
}

/** The double nearest to a number with so many decimals: of two exact doubles the quotient is that too. */
function asDouble(mantissa: number | bigint, decimals: number): number {
  const power = POWERS_OF_TEN[decimals];
  return typeof mantissa === 'number' && power !== undefined ? mantissa / power : Number(`${mantissa}e-${decimals}`);
}

function isSame(one: number | bigint, oneScale: number, other: number | bigint, otherScale: number): boolean {
  if (oneScale === otherScale) return one === other || BigInt(one) === BigInt(other);
  const scale = Math.max(oneScale, otherScale);
  return BigInt(one) * 10n ** BigInt(scale - oneScale) === BigInt(other) * 10n ** BigInt(scale - otherScale);
}
