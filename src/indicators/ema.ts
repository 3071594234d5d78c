import type { BarIndicator, IndicatorPeriods } from './bar-indicator.ts';
import type { Smoothing } from './smoothing.ts';
import { emaFactor, initialSmoothing, smooth } from './smoothing.ts';

/** Exponential moving average of closes. */
export function ema({ ema: length }: IndicatorPeriods): BarIndicator<Smoothing> {
  const factor = emaFactor(length);
  return {
    name: 'ema',
    columns: ['ema'],
    initial: initialSmoothing,
    update(state, { close }, out, at) {
      out[at] = smooth(state, close, length, factor);
    },
  };
}
