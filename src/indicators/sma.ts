import type { BarIndicator, IndicatorPeriods } from './bar-indicator.ts';
import type { RecentValues } from './recent-values.ts';
import { meanOf, noValues, pushValue } from './recent-values.ts';

/** Simple moving average: the mean of the last closes. */
export function sma({ sma: length }: IndicatorPeriods): BarIndicator<RecentValues> {
  return {
    name: 'sma',
    columns: ['sma'],
    initial: noValues,
    update(state, { close }, out, at) {
      out[at] = pushValue(state, close, length) ? meanOf(state) : Number.NaN;
    },
  };
}
