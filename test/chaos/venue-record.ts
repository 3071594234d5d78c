/**
 * All that happened in the market of a simulated venue, written down by a witness inside it: with which book each pair began,
 * every change since, every trade. It sees no frame, and knows ticks and lots only.
 */

import { assert } from '../../src/lib/assert.ts';
import { BID } from '../../src/model/event.ts';
import type { SimInstrument } from '../../src/simulator/instrument.ts';
import type { Ladder } from '../../src/simulator/ladder.ts';
import type { MarketAction, MarketTrade } from '../../src/simulator/pair-market.ts';
import { SLICE_US } from '../../src/simulator/venue-host.ts';
import type { VenueDefinition } from '../../src/simulator/venue-protocol.ts';
import { witnessed } from '../fixtures/venue-witness.ts';

/** How a venue tells of its market. */
export interface Telling {
  /** Levels per side that it shows. */
  readonly depth: number;
  /** It tells together what has happened in so long; 0 where it tells of each change as it happens. */
  readonly foldedUs: number;
  /** Number of the book before the first change, where each change has one; null where books have no number. */
  readonly firstNumber: number | null;
  /** Unit of the times of its trades, µs. */
  readonly timeUnitUs: number;
}

/** All levels by REST, numbered, and what has changed since ten times a second. */
export const BINANCE_TELLING: Telling = { depth: 5000, foldedUs: 100_000, firstNumber: 1_000_000, timeUnitUs: 1000 };

/** A window of so many levels, change by change. */
export function krakenTelling(depth: number): Telling {
  return { depth, foldedUs: 0, firstNumber: null, timeUnitUs: 1 };
}

export interface PairRecord {
  readonly instrument: SimInstrument;
  readonly bids: Ladder;
  readonly asks: Ladder;
  readonly actions: MarketAction[];
  /** The trade with the number n is at n - 1. */
  readonly trades: { readonly atUs: number; readonly trade: MarketTrade }[];
}

export class VenueRecord {
  readonly telling: Telling;
  private readonly pairs = new Map<string, PairRecord>();
  /** When time has leapt, since the host was busy elsewhere, and by how much. */
  private readonly leaps: { readonly atUs: number; readonly us: number }[] = [];
  private sliceUs = NaN;

  constructor(telling: Telling) {
    this.telling = telling;
  }

  /** The same venue, with this witness inside. */
  witness(definition: VenueDefinition): VenueDefinition {
    return witnessed(definition, {
      onBegin: ({ instrument, bids, asks }) => {
        const record = { instrument, bids: bids.clone(), asks: asks.clone(), actions: [], trades: [] };
        this.pairs.set(instrument.pair, record);
      },
      onAction: (action) => {
        const { actions, trades } = this.pair(action.market.instrument.pair);
        actions.push(action);
        for (const trade of action.trades) {
          trades.push({ atUs: action.exchangeUs, trade });
          assert(trade.id === trades.length, 'trades of a simulated pair count on from 1');
        }
      },
      onSlice: (nowUs) => {
        const us = nowUs - this.sliceUs - SLICE_US;
        if (us > 0) this.leaps.push({ atUs: nowUs, us });
        this.sliceUs = nowUs;
      },
    });
  }

  pair(symbol: string): PairRecord {
    const record = this.pairs.get(symbol);
    assert(record !== undefined, `no such pair: ${symbol}`);
    return record;
  }

  /** How much of this time the venue did not live through. */
  leaptBetween(fromUs: number, toUs: number): number {
    return this.leaps.reduce((sum, { atUs, us }) => (atUs > fromUs && atUs - us <= toUs ? sum + us : sum), 0);
  }
}

/** A walk through what happened to one pair. */
export class MarketCursor {
  readonly bids: Ladder;
  readonly asks: Ladder;
  /** Changes so far. */
  changes = 0;
  private readonly record: PairRecord;
  private at = 0;

  constructor(record: PairRecord) {
    this.record = record;
    this.bids = record.bids.clone();
    this.asks = record.asks.clone();
  }

  /** When the next thing happens, µs; infinity behind the last. */
  get nextUs(): number {
    return this.record.actions[this.at]?.exchangeUs ?? Infinity;
  }

  step(): void {
    for (const { side, price, size } of this.record.actions[this.at]?.changes ?? []) {
      (side === BID ? this.bids : this.asks).set(price, size);
      this.changes++;
    }
    this.at++;
  }

  /** What a window of so many levels shows: prices and sizes of both sides; a side with fewer has zeros. */
  shown(depth: number): Float64Array {
    const levels = new Float64Array(4 * depth);
    for (const [side, ladder] of [this.bids, this.asks].entries()) {
      for (let rank = 0; rank < Math.min(depth, ladder.length); rank++) {
        levels[2 * (side * depth + rank)] = ladder.priceAt(rank) ?? NaN;
        levels[2 * (side * depth + rank) + 1] = ladder.sizeAt(rank);
      }
    }
    return levels;
  }

  /** Whether the window shows what it did then. */
  isShown(then: Float64Array, depth: number): boolean {
    const now = this.shown(depth);
    return then.every((value, at) => value === now[at]);
  }
}
