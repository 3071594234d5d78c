import { ASK, BID } from '../model/event.ts';
import type { QuoteMetric } from './quote-metric.ts';

const BANDS_BPS = [10, 50, 100];
/** Room for what is being worked out. */
const bands = new Float64Array(BANDS_BPS.length);

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
    for (const side of [BID, ASK]) {
      const column = at + side;
      for (let i = 0; i < BANDS_BPS.length; i++) bands[i] = isKnown ? (BANDS_BPS[i] as number) : Number.NaN;
      if (isKnown) book.depthWithin(side, bands);
      for (let i = 0; i < bands.length; i++) out[column + 2 * i] = bands[i] as number;
    }
  },
};
