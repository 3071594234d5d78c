/**
 * Decimal text of an exact non-negative integer that counts units of 10^-decimals: `decimalText(1234, 2)` is `12.34`.
 * Zeros are appended up to `padTo` decimals, as some venues write all numbers with a fixed count.
 */
export function decimalText(units: number, decimals: number, padTo: number = decimals): string {
  const digits = String(units);
  if (decimals === 0) return padTo === 0 ? digits : `${digits}.${'0'.repeat(padTo)}`;
  const text =
    digits.length > decimals
      ? `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
      : `0.${digits.padStart(decimals, '0')}`;
  return padTo > decimals ? text + '0'.repeat(padTo - decimals) : text;
}

/** RFC 3339 text in UTC with microseconds, e.g. `2026-09-01T10:00:00.000001Z`. */
export function rfc3339(exchangeUs: number): string {
  const seconds = new Date(Math.floor(exchangeUs / 1_000_000) * 1_000).toISOString().slice(0, 20);
  return `${seconds}${String(exchangeUs % 1_000_000).padStart(6, '0')}Z`;
}
