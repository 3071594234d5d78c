/** How books of single orders may be proven right: what their keeper does differs by these alone. */

import type { BookRules } from './wire-message.ts';

export interface OrderRules {
  /** Where the first state comes from: `stream` (same socket) or `rest` (asked for, bridged by numbers or times). */
  readonly snapshot: 'stream' | 'rest';
  /**
   * `chain`: every message names the one before it, and its time tells whether a snapshot holds it. `range`: every message
   * has a number, one above that of the one before. `connection`: frames are numbered over the whole connection, and its
   * reader tells of a hole. `none`: nothing is numbered.
   */
  readonly sequence: 'chain' | 'range' | 'connection' | 'none';
  readonly checksum: OrderChecksumKind | null;
  /** Every order of the book, those of the best levels, or the best orders. */
  readonly depth: 'full' | 'levels' | 'orders';
  /**
   * Whether a trade comes in several messages of one moment: first the new order at a price that crosses the book, then what
   * became of it and of those that it met. In between the book is none that anybody could trade on.
   */
  readonly crossesWithin: boolean;
  /** Whether an order that grows keeps its place in the queue. */
  readonly growthKeepsPlace: boolean;
  /**
   * What an update of an order that is not held is: `normal`, since it never rested; to be `counted`; or a `loss`, since an
   * update before it must be missing.
   */
  readonly unknown: 'normal' | 'counted' | 'loss';
}

export type OrderChecksumKind = 'kraken-level3' | 'bitfinex-raw';

/** What the rules come to for whoever need not know of orders: where the snapshot comes from, and what shows a loss. */
export function bookRulesOf({ snapshot, sequence, depth }: OrderRules): BookRules {
  return {
    snapshot,
    // Links leave no hole either.
    sequence: sequence === 'chain' ? 'range' : sequence,
    checksum: null,
    keepDigits: false,
    depth: depth === 'full' ? 'full' : 'window',
  };
}
