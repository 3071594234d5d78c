/**
 * A metric of the quoted market, told each second beside the spread. State is a plain value. A further metric is one file,
 * one line in `quote-metrics.ts`, and its columns in `model/metric.ts`.
 */

import type { SpreadColumn } from '../model/metric.ts';

/** Best prices and sizes in quote and base units; NaN on an empty side. */
export interface Quote {
  bid: number;
  bidSize: number;
  ask: number;
  askSize: number;
}

export interface QuoteMetric<State> {
  /** As the configuration names it, e.g. `microprice`. */
  readonly name: string;
  readonly columns: readonly SpreadColumn[];
  initial(): State;
  /** Called with every new quote of a live book, where the metric has to see each. */
  observe?(state: State, quote: Quote): void;
  /** The book was not live, or was told anew: what was observed does not lead to what follows. */
  interrupt?(state: State): void;
  /**
   * A second has passed: writes a number per column from `out[at]` on, NaN where there is none, and begins the next second.
   * @param book the numbers of the book's last sample (`book-sample.ts`); null before the first
   */
  sample(state: State, quote: Quote, book: Float64Array | null, out: Float64Array, at: number): void;
}
