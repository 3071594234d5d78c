/** The metrics of the quoted market: a further one is one file and one line here. */

import { depth } from './depth.ts';
import { microprice } from './microprice.ts';
import { orderFlowImbalance } from './order-flow-imbalance.ts';
import type { QuoteMetric } from './quote-metric.ts';

export const QUOTE_METRICS: readonly QuoteMetric<unknown>[] = [microprice, orderFlowImbalance, depth];
