import type { IndicatorPeriods } from './bar-indicator.ts';

/** The defaults of the configuration, which the golden figures were made with. */
export const DEFAULT_PERIODS: IndicatorPeriods = {
  sma: 20,
  ema: 20,
  bollinger: 20,
  bollingerDeviations: 2,
  atr: 14,
  rsi: 14,
  macdFast: 12,
  macdSlow: 26,
  macdSignal: 9,
  volatility: 60,
};
