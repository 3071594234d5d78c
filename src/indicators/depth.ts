import { BIDS_AT } from '../model/book-sample.ts';
import type { QuoteMetric } from './quote-metric.ts';

/** Open sizes of either side within 10, 50 and 100 basis points of the mid, the border included: as the book's sample has them. */
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
  sample(_state, _quote, book, out, at) {
    for (let i = 0; i < BIDS_AT; i++) out[at + i] = book === null ? Number.NaN : (book[i] as number);
  },
};
