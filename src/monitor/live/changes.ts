/** What has changed between two plain values of one shape. */

/** The fields of `now` with another value than in `before`; null where there are none. Lists are compared by their text. */
export function changedFields<T extends object>(before: T, now: T): Partial<T> | null {
  let changed: Partial<T> | null = null;
  for (const name of Object.keys(now) as (keyof T)[]) {
    if (isSame(before[name], now[name])) continue;
    changed ??= {};
    changed[name] = now[name];
  }
  return changed;
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  return JSON.stringify(a) === JSON.stringify(b);
}
