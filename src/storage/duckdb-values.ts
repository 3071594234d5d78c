/** DuckDB's values as plain ones, the same that QuestDB's JSON would give. */

import {
  DuckDBArrayValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from '@duckdb/node-api';

/**
 * A number, text, boolean, array or null: a 64-bit integer is a number where that is exact, else its digits; a
 * timestamp is `2026-01-31T12:34:56.789012Z`; anything else that is no plain value is DuckDB's own text of it.
 */
export function plainValue(value: DuckDBValue): unknown {
  if (value === null || typeof value !== 'object') {
    return typeof value === 'bigint' ? plainInteger(value) : value;
  }
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return isoOf(value.micros);
  if (value instanceof DuckDBDecimalValue) return value.toDouble();
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) return value.items.map(plainValue);
  return value.toString();
}

function plainInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function isoOf(micros: bigint): string {
  const fraction = ((micros % 1_000n) + 1_000n) % 1_000n;
  const millis = new Date(Number((micros - fraction) / 1_000n)).toISOString();
  return `${millis.slice(0, -1)}${fraction.toString().padStart(3, '0')}Z`;
}
