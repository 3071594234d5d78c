import type { BarIndicator, IndicatorPeriods } from './bar-indicator.ts';
import type { RecentValues } from './recent-values.ts';
import { meanOf, noValues, pushValue, varianceOf } from './recent-values.ts';

/** Bollinger bands: so many standard deviations of the last closes (as of a population) around their mean. */
export function bollinger({
  bollinger: length,
  bollingerDeviations: deviations,
}: IndicatorPeriods): BarIndicator<RecentValues> {
  return {
    name: 'bollinger',
    columns: ['bollinger_low', 'bollinger_mid', 'bollinger_high'],
    initial: noValues,
    update(state, { close }, out, at) {
      const mid = pushValue(state, close, length) ? meanOf(state) : Number.NaN;
      const width = deviations * Math.sqrt(varianceOf(state, mid));
      out[at] = mid - width;
      out[at + 1] = mid;
      out[at + 2] = mid + width;
    },
  };
}
