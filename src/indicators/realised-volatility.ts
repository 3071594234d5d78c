import type { BarIndicator, IndicatorPeriods } from './bar-indicator.ts';
import type { RecentValues } from './recent-values.ts';
import { noValues, pushValue, varianceOf } from './recent-values.ts';

export interface VolatilityState {
  /** The last bar's; NaN before the first. */
  close: number;
  readonly returns: RecentValues;
}

/**
 * Realised volatility: the root of the sum of the squared logarithmic returns of the last bars (T. G. Andersen and
 * T. Bollerslev, "Answering the Skeptics", International Economic Review 39(4), 1998). Not annualised.
 */
export function realisedVolatility({ volatility: length }: IndicatorPeriods): BarIndicator<VolatilityState> {
  return {
    name: 'volatility',
    columns: ['realised_volatility'],
    initial: () => ({ close: Number.NaN, returns: noValues() }),
    update(state, { close }, out, at) {
      const step = Math.log(close / state.close);
      state.close = close;
      const isFull = !Number.isNaN(step) && pushValue(state.returns, step, length);
      out[at] = isFull ? Math.sqrt(length * varianceOf(state.returns, 0)) : Number.NaN;
    },
  };
}
