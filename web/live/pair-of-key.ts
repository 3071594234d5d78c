/** The pair that a key names. */

import type { PairName } from '../../src/monitor/api/keys.ts';

/** `exchange:BASE-QUOTE` as its parts; null where it is no key. */
export function pairOfKey(key: string): PairName | null {
  const [exchange, symbol] = key.split(':');
  return exchange && symbol ? { exchange, symbol } : null;
}
