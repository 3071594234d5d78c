/** One new order with its whale score and everything that the score is made of. */

import { z } from 'zod';
import { price, scorePoints, timeMs } from './values.ts';

export const scoredOrder = z
  .object({
    id: z.string().meta({ description: '`epoch.seq`: identifies the order within its pair.' }),
    timeMs: timeMs("The venue's time of the order, or of its receipt where the venue gives none."),
    side: z.enum(['bid', 'ask']),
    price,
    size: z.number().meta({ description: 'Base units.' }),
    notional: z.number().meta({ description: 'Price times size, quote units.' }),
    score: scorePoints.nullable().meta({ description: '0 to 6, the sum of the four parts; null: it abstained.' }),
    z: z.number().nullable().meta({ description: 'Standard deviations of ln(size) from the mean of earlier orders.' }),
    scoreSize: z.number().nullable().meta({ description: '0 to 3 points, from z.' }),
    scoreSpread: z.number().nullable().meta({ description: '1 where the quoted spread is above 1 % of the mid.' }),
    scoreMid: z.number().nullable().meta({ description: '1 where the price is within 1 % of the mid.' }),
    scoreImbalance: z.number().nullable().meta({ description: '1 where the size is above ten times the imbalance.' }),
    spreadBps: z.number().nullable().meta({ description: 'Quoted spread, basis points of the mid.' }),
    midDistanceBps: z.number().nullable().meta({ description: 'Distance of the price from the mid, basis points.' }),
    imbalance: z.number().nullable().meta({ description: 'Difference of the open sizes of both sides, base units.' }),
    orders: z.int().nullable().meta({ description: 'Orders at the level; null where the venue does not tell.' }),
    model: z.string().meta({ description: 'Name of the size model that scored.' }),
  })
  .meta({ id: 'ScoredOrder' });
export type ScoredOrder = z.output<typeof scoredOrder>;
