/** One pair as a row of the table of markets. Null: not known now; a book that is not live has no quote to go by. */

import { z } from 'zod';
import { SCORE_MAX, SPARK_POINTS, SPARK_STEP_MS } from './keys.ts';
import { pairName, price, timeMs, trustReason, trustState } from './values.ts';

const count = z.int().min(0);

export const marketRow = z
  .object({
    ...pairName.shape,
    state: trustState,
    reason: trustReason,
    stateSinceMs: timeMs('When the book came into this state.'),
    gaps: count.meta({ description: 'Holes in the sequence of the venue, as last told with a change of state.' }),
    resyncs: count.meta({ description: 'Books opened anew, as last told with a change of state.' }),
    checksumOk: count,
    checksumFailed: count,
    lastPrice: price.nullable().meta({ description: 'Price of the last trade.' }),
    lastTradeMs: timeMs('Time of the last trade.').nullable(),
    lastTaker: z.enum(['buy', 'sell']).nullable(),
    bid: price.nullable(),
    ask: price.nullable(),
    mid: price.nullable(),
    spread: z.number().nullable().meta({ description: 'Ask less bid.' }),
    spreadBps: z.number().nullable().meta({ description: 'Spread in basis points of the mid.' }),
    spreadAvg15s: z.number().nullable().meta({ description: 'Mean of the spread over the last 15 full seconds.' }),
    liquidityRatio: z
      .number()
      .nullable()
      .meta({ description: 'Bid value over ask value of the last full minute (docs/ANALYTICS.md).' }),
    suggestedBid: price.nullable().meta({ description: 'Where a maker would buy (docs/MONITOR.md).' }),
    suggestedAsk: price.nullable().meta({ description: 'Where a maker would sell (docs/MONITOR.md).' }),
    whales: count.meta({ description: 'Orders of the last hour with the threshold of points or more.' }),
    scores: z
      .array(count)
      .length(SCORE_MAX + 1)
      .meta({ description: 'Scored orders of the last hour, by score: index 0 to 6.' }),
    priceDigits: count.meta({
      description: 'Decimals of prices: the metadata of the venue, or the digits seen so far.',
    }),
    sizeDigits: count,
    lastReceiveMs: timeMs('When the last frame of the pair was received.').nullable(),
    spark: z
      .array(z.number())
      .max(SPARK_POINTS)
      .meta({ description: `Mids, oldest first, one per ${SPARK_STEP_MS / 1000} s.` }),
  })
  .meta({ id: 'MarketRow' });
export type MarketRow = z.output<typeof marketRow>;

/** What has changed of a row: names, and the fields with another value. `spark` holds the new points alone, to append. */
export const marketChange = marketRow.partial().required({ exchange: true, symbol: true }).meta({ id: 'MarketChange' });
export type MarketChange = z.output<typeof marketChange>;

export const marketsSnapshot = z.object({
  whaleScoreMin: z.int().meta({ description: 'Points from which `whales` counts an order.' }),
  rows: z.array(marketRow),
});
export type MarketsSnapshot = z.output<typeof marketsSnapshot>;

/** Rows of pairs that were not there before are whole. */
export const marketsUpdate = z.object({ rows: z.array(marketChange) });
export type MarketsUpdate = z.output<typeof marketsUpdate>;
