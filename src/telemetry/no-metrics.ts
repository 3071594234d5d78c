/** Metrics that nobody reads: those of a replay, whose threads then start without the library that keeps them. */

import type { Metrics } from './metrics.ts';

const INSTRUMENT = { inc() {}, dec() {}, set() {}, observe() {} };
const GROUP = new Proxy({}, { get: () => INSTRUMENT });

/** Has every metric of the catalogue; what is told to them is forgotten. */
export const NO_METRICS = new Proxy({}, { get: () => GROUP }) as Metrics;
