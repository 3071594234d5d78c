import type { BarIndicator, IndicatorPeriods } from './bar-indicator.ts';
import type { Smoothing } from './smoothing.ts';
import { initialSmoothing, smooth } from './smoothing.ts';

export interface RsiState {
  /** The last bar's; NaN before the first. */
  close: number;
  readonly gain: Smoothing;
  readonly loss: Smoothing;
}

/**
 * Relative strength index after Wilder: 100 · gain / (gain + loss), both smoothed. Where neither was any, there is no
 * strength to speak of: 50.
 */
export function rsi({ rsi: length }: IndicatorPeriods): BarIndicator<RsiState> {
  return {
    name: 'rsi',
    columns: ['rsi'],
    initial: () => ({ close: Number.NaN, gain: initialSmoothing(), loss: initialSmoothing() }),
    update(state, { close }, out, at) {
      const change = close - state.close;
      state.close = close;
      if (Number.isNaN(change)) {
        out[at] = Number.NaN;
        return;
      }
      const gain = smooth(state.gain, Math.max(change, 0), length, 1 / length);
      const loss = smooth(state.loss, Math.max(-change, 0), length, 1 / length);
      out[at] = gain + loss === 0 ? 50 : (100 * gain) / (gain + loss);
    },
  };
}
