/** Consumers of the bus that have been at one batch for long: everything behind it waits with them. */

import type { MetricSum } from '../telemetry/metrics-hub.ts';

/** The metrics that show it. */
export const STANDSTILL_METRICS: ReadonlySet<string> = new Set(['whalewatch_bus_step_seconds']);

/** No batch takes so long: the store waits for its server, a writer for the bus, or a step never ends. */
const STANDS_STILL_S = 30;

export interface StandingConsumer {
  readonly part: 'consumer';
  readonly name: string;
  readonly reason: string;
}

export function standingConsumers(values: readonly MetricSum[]): StandingConsumer[] {
  return values
    .filter(({ value }) => value >= STANDS_STILL_S)
    .map(({ labels }) => ({ part: 'consumer', name: String(labels['consumer']), reason: 'stands still' }));
}
