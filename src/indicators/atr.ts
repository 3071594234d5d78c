import type { BarIndicator, IndicatorPeriods } from './bar-indicator.ts';
import type { Smoothing } from './smoothing.ts';
import { initialSmoothing, smooth } from './smoothing.ts';

export interface AtrState {
  /** The last bar's; NaN before the first. */
  close: number;
  readonly range: Smoothing;
}

/**
 * Average true range after Wilder. A bar's true range reaches from the lower of its low and the close before to the higher
 * of its high and the close before; the first bar has none, since there is no close before it.
 */
export function atr({ atr: length }: IndicatorPeriods): BarIndicator<AtrState> {
  return {
    name: 'atr',
    columns: ['atr'],
    initial: () => ({ close: Number.NaN, range: initialSmoothing() }),
    update(state, { high, low, close }, out, at) {
      const before = state.close;
      state.close = close;
      out[at] = Number.isNaN(before)
        ? Number.NaN
        : smooth(state.range, Math.max(high, before) - Math.min(low, before), length, 1 / length);
    },
  };
}
