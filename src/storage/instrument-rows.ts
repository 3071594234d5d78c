/** The `instruments` table in questions and answers: versions as rows, rows as versions. */

import { usFromRfc3339 } from '../lib/times.ts';
import type { InstrumentStatus, InstrumentVersion } from '../model/instrument.ts';
import type { QueryResult } from '../ports/store.ts';

const COLUMNS = [
  'exchange',
  'symbol',
  'venue_symbol',
  'base',
  'quote',
  'tick_size',
  'lot_size',
  'status',
  'is_current',
  'valid_from',
  'valid_to',
  'last_modified_by',
] as const;

const STATUSES: readonly InstrumentStatus[] = ['trading', 'halted', 'delisted'];

/** Which versions are asked for. */
export interface InstrumentQuestion {
  readonly exchange?: string;
  /** µs since the epoch: as of then. Else the present ones. */
  readonly asOfUs?: number;
  /** Also those that are no longer listed. */
  readonly delisted: boolean;
}

/** @param prefix of the tables' names */
export function instrumentsSql(prefix: string, { exchange, asOfUs, delisted }: InstrumentQuestion): string {
  const at = asOfUs === undefined ? null : `'${isoOf(asOfUs)}'`;
  const conditions = [
    at === null ? 'is_current' : `valid_from <= ${at} AND (valid_to IS NULL OR valid_to > ${at})`,
    ...(delisted ? [] : [`status <> 'delisted'`]),
    // A name of ours, of letters and digits.
    ...(exchange === undefined ? [] : [`exchange = '${exchange.replaceAll(/[^a-z0-9-]/g, '')}'`]),
  ];
  return `SELECT ${COLUMNS.join(', ')} FROM ${prefix}instruments WHERE ${conditions.join(' AND ')} ORDER BY exchange, symbol`;
}

/** ISO 8601 with microseconds. */
function isoOf(us: number): string {
  const millis = new Date(Math.floor(us / 1000)).toISOString().slice(0, -1);
  return `${millis}${String(us % 1000).padStart(3, '0')}Z`;
}

/** The versions in an answer to `instrumentsSql`. */
export function versionsOf({ rows }: QueryResult): InstrumentVersion[] {
  return rows.map((row) => {
    const cell = (name: (typeof COLUMNS)[number]): unknown => row[COLUMNS.indexOf(name)];
    const text = (name: (typeof COLUMNS)[number]): string => {
      const value = cell(name);
      return typeof value === 'string' ? value : '';
    };
    const number = (name: (typeof COLUMNS)[number]): number | null => (cell(name) === null ? null : Number(cell(name)));
    const validTo = cell('valid_to');
    return {
      exchange: text('exchange'),
      symbol: text('symbol'),
      venueSymbol: text('venue_symbol'),
      base: text('base'),
      quote: text('quote'),
      tickSize: number('tick_size'),
      lotSize: number('lot_size'),
      status: STATUSES.find((status) => status === cell('status')) ?? 'trading',
      isCurrent: cell('is_current') === true,
      validFromUs: usFromRfc3339(text('valid_from')),
      validToUs: typeof validTo === 'string' ? usFromRfc3339(validTo) : null,
      modifiedBy: text('last_modified_by'),
    };
  });
}
