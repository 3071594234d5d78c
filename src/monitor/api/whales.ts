/** What the page of one pair shows: its row, its orders from a minimum score on, its quotes and its depth over time. */

import { z } from 'zod';
import { LARGEST_MAX, ORDERS_MAX, QUOTES_MAX } from './keys.ts';
import { marketChange, marketRow } from './market.ts';
import { scoredOrder } from './order.ts';
import { price, timeMs } from './values.ts';

/** The quote of one full second of a live book. A second that is missing had no live book. */
export const quotePoint = z
  .object({
    timeMs: timeMs('The full second.'),
    bid: price,
    ask: price,
    mid: price,
    spread: z.number(),
    spreadAvg15s: z.number().nullable(),
  })
  .meta({ id: 'QuotePoint' });
export type QuotePoint = z.output<typeof quotePoint>;

/** Open sizes of the best levels of one second, gathered in buckets of price. */
export const heatColumn = z
  .object({
    timeMs: timeMs('The full second.'),
    cells: z.array(z.tuple([z.int(), z.number(), z.number()])).meta({
      description:
        'Bucket number, size of bids and size of asks in it, base units; bucket n is of prices from n x bucket on.',
    }),
  })
  .meta({ id: 'HeatColumn' });
export type HeatColumn = z.output<typeof heatColumn>;

/** Columns of one width of buckets. Where an update has another width than what is shown, what is shown goes. */
export const heatMap = z
  .object({
    bucket: z.number().meta({ description: 'Width of a bucket, quote per base; 0 while nothing is known.' }),
    columns: z.array(heatColumn),
  })
  .meta({ id: 'HeatMap' });
export type HeatMap = z.output<typeof heatMap>;

export const whalesSnapshot = z.object({
  market: marketRow,
  orders: z.array(scoredOrder).max(ORDERS_MAX).meta({ description: 'Oldest first.' }),
  largest: z
    .array(scoredOrder)
    .max(LARGEST_MAX)
    .meta({ description: 'The largest of the last hour by notional, largest first, whatever their score.' }),
  quotes: z.array(quotePoint).max(QUOTES_MAX).meta({ description: 'Oldest first.' }),
  heat: heatMap,
});
export type WhalesSnapshot = z.output<typeof whalesSnapshot>;

/** What is absent has not changed. `orders`, `quotes` and the columns of `heat` are new ones to append; `largest` is whole. */
export const whalesUpdate = z.object({
  market: marketChange.optional(),
  orders: z.array(scoredOrder).optional(),
  ordersLeftOut: z
    .int()
    .optional()
    .meta({ description: 'Orders that came faster than they can be shown, and are not in `orders`.' }),
  largest: z.array(scoredOrder).optional(),
  quotes: z.array(quotePoint).optional(),
  heat: heatMap.optional(),
});
export type WhalesUpdate = z.output<typeof whalesUpdate>;
