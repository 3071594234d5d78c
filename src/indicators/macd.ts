import type { BarIndicator, IndicatorPeriods } from './bar-indicator.ts';
import type { Smoothing } from './smoothing.ts';
import { emaFactor, initialSmoothing, smooth } from './smoothing.ts';

export interface MacdState {
  readonly fast: Smoothing;
  readonly slow: Smoothing;
  readonly signal: Smoothing;
}

/**
 * Moving average convergence/divergence (G. Appel): the fast average of closes less the slow one, and the average of that.
 * Either average begins with the first close.
 */
export function macd(periods: IndicatorPeriods): BarIndicator<MacdState> {
  const { macdFast, macdSlow, macdSignal } = periods;
  return {
    name: 'macd',
    columns: ['macd', 'macd_signal', 'macd_histogram'],
    initial: () => ({ fast: initialSmoothing(), slow: initialSmoothing(), signal: initialSmoothing() }),
    update(state, { close }, out, at) {
      const fast = smooth(state.fast, close, macdFast, emaFactor(macdFast));
      const slow = smooth(state.slow, close, macdSlow, emaFactor(macdSlow));
      const line = fast - slow;
      const signal = Number.isNaN(line) ? Number.NaN : smooth(state.signal, line, macdSignal, emaFactor(macdSignal));
      out[at] = line;
      out[at + 1] = signal;
      out[at + 2] = line - signal;
    },
  };
}
