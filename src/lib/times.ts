/** Venue times as µs since the epoch. NaN where a text is no time. */

const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/;
const EPOCH_SECONDS = /^(\d{1,11})(?:\.(\d{1,9}))?$/;

/** Years that tables by time can hold: a nonsense time would ruin them. */
const LATEST_S = Date.UTC(2100, 0) / 1000;

function micros(seconds: number, fraction: string | undefined): number {
  if (!(seconds >= 0 && seconds < LATEST_S)) return NaN;
  return seconds * 1e6 + (fraction === undefined ? 0 : Number(fraction.padEnd(6, '0').slice(0, 6)));
}

/** `2026-08-24T22:21:56.724795Z`; digits beyond the microsecond are cut. */
export function usFromRfc3339(text: string): number {
  const match = RFC3339.exec(text);
  const ms = match === null ? NaN : Date.parse(`${match[1]}Z`);
  // The 31st of September would be read as the 1st of October.
  if (match === null || Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== match[1]) return NaN;
  return micros(ms / 1000, match[2]);
}

/** `1617666423.123373` */
export function usFromEpochSeconds(text: string): number {
  const match = EPOCH_SECONDS.exec(text);
  return match === null ? NaN : micros(Number(match[1]), match[2]);
}
