/** Small values that answers and live messages share. Everything in this folder is schemas alone: the page imports it too. */

import { z } from 'zod';
import { TRUST_REASONS, TRUST_STATES } from '../../model/event.ts';
import { SCORE_MAX } from './keys.ts';

/** Names as they stand in addresses: nothing in them needs a quote, in SQL or in HTML. */
export const exchangeName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/)
  .meta({ description: 'Our name of the venue, e.g. `kraken`.' });
export const pairSymbol = z
  .string()
  .regex(/^[A-Z0-9.]{1,20}-[A-Z0-9.]{1,20}$/)
  .meta({ description: 'The pair as `BASE-QUOTE`, e.g. `BTC-USD`.' });

/** Milliseconds since 1970 UTC; fractions go down to the microsecond. */
export const timeMs = (what: string) =>
  z.number().meta({ description: `${what} In milliseconds since 1970 UTC; fractions down to the microsecond.` });

export const price = z.number().meta({ description: 'Quote per base: the nearest double of the exact price.' });
export const trustState = z.enum(TRUST_STATES).meta({ description: 'How far the book is to be believed.' });
export const trustReason = z.enum(TRUST_REASONS).meta({ description: 'Why it is in that state; `none` while live.' });

export const scorePoints = z.int().min(0).max(SCORE_MAX);

/** What names a pair. */
export const pairName = z.object({ exchange: exchangeName, symbol: pairSymbol });
