import type { QuoteMetric } from './quote-metric.ts';

/** The mid weighted by the sizes of the opposite sides: nearer to the side that is thinner. */
export const microprice: QuoteMetric<null> = {
  name: 'microprice',
  columns: ['microprice'],
  initial: () => null,
  sample(_state, { bid, bidSize, ask, askSize }, _book, out, at) {
    out[at] = (bid * askSize + ask * bidSize) / (bidSize + askSize);
  },
};
