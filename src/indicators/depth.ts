import { ASK, BID } from '../model/event.ts';
import type { QuoteMetric } from './quote-metric.ts';

const BANDS_BPS = [10, 50, 100] as const;

/** Open sizes of either side within 10, 50 and 100 basis points of the mid, the border included. */
export const depth: QuoteMetric<null> = {
  name: 'depth',
  columns: [
    'bid_depth_10bps',
    'ask_depth_10bps',
    'bid_depth_50bps',
    'ask_depth_50bps',
    'bid_depth_100bps',
    'ask_depth_100bps',
  ],
  initial: () => null,
  sample(_state, { bid, ask }, book, out, at) {
    const isKnown = book !== null && !Number.isNaN(bid + ask);
    for (const [i, bps] of BANDS_BPS.entries()) {
      out[at + 2 * i] = isKnown ? book.depthWithin(BID, bps) : Number.NaN;
      out[at + 2 * i + 1] = isKnown ? book.depthWithin(ASK, bps) : Number.NaN;
    }
  },
};
