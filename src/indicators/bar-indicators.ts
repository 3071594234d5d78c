/** The indicators over bars: a further one is one file and one line here. */

import { atr } from './atr.ts';
import type { BarIndicator, IndicatorPeriods } from './bar-indicator.ts';
import { bollinger } from './bollinger.ts';
import { ema } from './ema.ts';
import { macd } from './macd.ts';
import { realisedVolatility } from './realised-volatility.ts';
import { rsi } from './rsi.ts';
import { sma } from './sma.ts';

export const BAR_INDICATORS: readonly ((periods: IndicatorPeriods) => BarIndicator<unknown>)[] = [
  sma,
  ema,
  bollinger,
  atr,
  rsi,
  macd,
  realisedVolatility,
];
