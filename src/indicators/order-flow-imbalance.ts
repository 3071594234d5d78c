/**
 * Order-flow imbalance of the best levels (R. Cont, A. Kukanov, S. Stoikov, "The Price Impact of Order Book Events", Journal
 * of Financial Econometrics 12(1), 2014): from one quote (P, q) to the next, the sum over a second of
 *
 *     e = [bid' >= bid] · bidSize' − [bid' <= bid] · bidSize − [ask' <= ask] · askSize' + [ask' >= ask] · askSize
 *
 * A quote is what the book shows after a whole message of the venue: what came and went within one is not seen.
 */

import type { Quote, QuoteMetric } from './quote-metric.ts';

export interface OrderFlowState {
  /** The quote before; its prices are NaN where none leads to the next. */
  readonly before: Quote;
  /** NaN in a second that was not watched from its beginning. */
  sum: number;
}

export const orderFlowImbalance: QuoteMetric<OrderFlowState> = {
  name: 'order-flow-imbalance',
  columns: ['ofi'],
  initial: () => ({ before: { bid: Number.NaN, bidSize: 0, ask: Number.NaN, askSize: 0 }, sum: Number.NaN }),
  observe(state, { bid, bidSize, ask, askSize }) {
    const { before } = state;
    if (!Number.isNaN(before.bid + before.ask) && !Number.isNaN(bid + ask)) {
      let flow = 0;
      if (bid >= before.bid) flow += bidSize;
      if (bid <= before.bid) flow -= before.bidSize;
      if (ask <= before.ask) flow -= askSize;
      if (ask >= before.ask) flow += before.askSize;
      state.sum += flow;
    }
    before.bid = bid;
    before.bidSize = bidSize;
    before.ask = ask;
    before.askSize = askSize;
  },
  interrupt(state) {
    state.before.bid = Number.NaN;
    state.before.ask = Number.NaN;
    state.sum = Number.NaN;
  },
  sample(state, _quote, _book, out, at) {
    out[at] = state.sum;
    state.sum = 0;
  },
};
