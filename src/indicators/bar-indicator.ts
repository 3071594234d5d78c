/**
 * An indicator over bars. State is a plain value that `update` changes; nothing else is kept, so that a copy of the state
 * goes on to the same numbers. A further indicator is one file, one line in `bar-indicators.ts`, and its columns in
 * `model/metric.ts`.
 */

import type { IndicatorColumn } from '../model/metric.ts';

/** What an indicator reads of a bar. */
export interface PriceBar {
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

export interface BarIndicator<State> {
  /** As the configuration names it, e.g. `rsi`. */
  readonly name: string;
  readonly columns: readonly IndicatorColumn[];
  initial(): State;
  /** Takes the next bar in and writes a number per column from `out[at]` on; NaN until it has seen enough bars. */
  update(state: State, bar: PriceBar, out: Float64Array, at: number): void;
}

/** Lengths of the indicators, in bars, unless it says otherwise. */
export interface IndicatorPeriods {
  readonly sma: number;
  readonly ema: number;
  readonly bollinger: number;
  /** Standard deviations from the middle to either band. */
  readonly bollingerDeviations: number;
  readonly atr: number;
  readonly rsi: number;
  readonly macdFast: number;
  readonly macdSlow: number;
  readonly macdSignal: number;
  /** Returns, hence one more bar. */
  readonly volatility: number;
}
