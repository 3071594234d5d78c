/**
 * The orders of one venue message, as the venue wrote them: columns that are refilled for each message. A snapshot lists
 * every resting order as an added one, of each price first come first.
 */

import { DECIMALS_MAX, parseDecimal, parsed } from '../lib/decimal.ts';
import { LevelBuffer } from './level-buffer.ts';

/** What a row says of its order. Where nothing is said of a price, the order stays where it is. */
export const ORDER_ACTIONS = [
  /** A new order of this size joins the tail of its price's queue. */
  'add',
  /** It now has this price and size, whether it was known before or not. */
  'put',
  /** It now has this size (and price), for whatever reason: where it became smaller, it may have been traded. */
  'set',
  /** Its owner gave it this size (and price). */
  'amend',
  /** It was traded; this size is left. */
  'fill-to',
  /** So much of it was traded. */
  'fill-by',
  /** All that was left of it was traded. */
  'fill-all',
  /** Its owner, or the venue, withdrew it. */
  'cancel',
  /** It is gone, and nothing says why. */
  'gone',
] as const;
export type OrderAction = (typeof ORDER_ACTIONS)[number];

export class OrderBuffer {
  readonly action: OrderAction[] = [];
  readonly id: string[] = [];
  /** Side, price and size of each row. */
  readonly numbers = new LevelBuffer();
  /** Whether a row tells a price; the column holds 1 where it does not. */
  readonly priced: boolean[] = [];
  /** What was traded of an order by this message, in units of 10^-22, where a venue says it; else 0. */
  readonly traded: bigint[] = [];
  /** Where messages are chained: the message's own link, and that of the one before it; empty where it has none. */
  link = '';
  previousLink = '';

  get count(): number {
    return this.numbers.count;
  }

  clear(): this {
    this.numbers.clear();
    this.link = '';
    this.previousLink = '';
    return this;
  }

  /**
   * Appends a row.
   * @param price null where the message tells none
   * @returns false where a text is no plain decimal, the price is not above zero or the size is negative; nothing is
   * appended then
   */
  push(action: OrderAction, id: string, side: number, price: string | null, size: string): boolean {
    const row = this.count;
    if (!this.numbers.push(side, price ?? '1', size)) return false;
    this.action[row] = action;
    this.id[row] = id;
    this.priced[row] = price !== null;
    this.traded[row] = 0n;
    return true;
  }

  /** Says how much was traded by the row appended last. @returns false where the text is no plain decimal from zero up */
  trade(size: string): boolean {
    if (!parseDecimal(size)) return false;
    const mantissa = parsed.wide ?? BigInt(parsed.mantissa);
    if (mantissa < 0n) return false;
    this.traded[this.count - 1] = mantissa * 10n ** BigInt(DECIMALS_MAX - parsed.decimals);
    return true;
  }
}
