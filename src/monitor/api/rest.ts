/** What the server answers to GET: the present from memory, the past from the store. Times in queries are milliseconds. */

import { z } from 'zod';
import { HISTORY_ROWS_MAX, SCORE_MAX } from './keys.ts';
import { marketRow } from './market.ts';
import { scoredOrder } from './order.ts';
import { exchangeName, pairSymbol, price, timeMs } from './values.ts';
import { quotePoint } from './whales.ts';

const TIME_MS_MAX = Date.UTC(2100, 0);
const wholeMs = z.coerce.number().int().min(0).max(TIME_MS_MAX);

/** `GET /api/whales/:exchange/:symbol` and the like. */
export const pairParams = z.strictObject({ exchange: exchangeName, symbol: pairSymbol });
export type PairParams = z.output<typeof pairParams>;

const range = {
  from: wholeMs.optional().meta({ description: 'First moment, ms since 1970 UTC; an hour before `to` where absent.' }),
  to: wholeMs.optional().meta({ description: 'Moment behind the last one, ms since 1970 UTC; now where absent.' }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(HISTORY_ROWS_MAX)
    .default(500)
    .meta({ description: 'Rows at most: the newest of the range.' }),
};

export const historyQuery = z.strictObject(range);
export type HistoryQuery = z.output<typeof historyQuery>;

export const whalesQuery = z.strictObject({
  ...range,
  minScore: z.coerce.number().int().min(0).max(SCORE_MAX).default(0).meta({ description: 'Points at least.' }),
});
export type WhalesQuery = z.output<typeof whalesQuery>;

const page = {
  fromMs: timeMs('Beginning of the range that was read.'),
  toMs: timeMs('End of that range, itself not in it.'),
  more: z
    .boolean()
    .meta({ description: 'True where the range has older rows than these: ask again with an earlier `to`.' }),
};

/** `GET /api/pairs` */
export const pairsAnswer = z
  .object({ nowMs: timeMs('When this was told.'), whaleScoreMin: z.int(), pairs: z.array(marketRow) })
  .meta({ id: 'Pairs' });
export type PairsAnswer = z.output<typeof pairsAnswer>;

/** `GET /api/whales/:exchange/:symbol` */
export const whalesAnswer = z
  .object({ ...page, orders: z.array(scoredOrder).meta({ description: 'Oldest first.' }) })
  .meta({ id: 'Whales' });
export type WhalesAnswer = z.output<typeof whalesAnswer>;

/** `GET /api/quotes/:exchange/:symbol` */
export const quotesAnswer = z
  .object({ ...page, quotes: z.array(quotePoint).meta({ description: 'Oldest first.' }) })
  .meta({ id: 'Quotes' });
export type QuotesAnswer = z.output<typeof quotesAnswer>;

export const tradePoint = z
  .object({
    id: z.string(),
    timeMs: timeMs('Time of the trade.'),
    price,
    size: z.number().meta({ description: 'Base units.' }),
    taker: z.enum(['buy', 'sell']),
  })
  .meta({ id: 'Trade' });
export type TradePoint = z.output<typeof tradePoint>;

/** `GET /api/trades/:exchange/:symbol` */
export const tradesAnswer = z
  .object({ ...page, trades: z.array(tradePoint).meta({ description: 'Oldest first.' }) })
  .meta({ id: 'Trades' });
export type TradesAnswer = z.output<typeof tradesAnswer>;

/** `GET /api/system` answers with `SystemState`. Every refusal, with its HTTP status. */
export const apiError = z
  .object({ code: z.string(), message: z.string(), remedy: z.string().optional() })
  .meta({ id: 'Error' });
export type ApiError = z.output<typeof apiError>;
