/** Names that several threads must agree on. */

/**
 * Durable consumers of the bus: one per partition for scoring and for analytics, one per kind of lane for the store. The
 * monitor's are spectators.
 */
export function consumerName(role: 'scoring' | 'analytics', partition: number): string;
export function consumerName(role: 'store-md' | 'store-result' | 'monitor-md' | 'monitor-result'): string;
export function consumerName(role: string, partition?: number): string {
  return partition === undefined ? role : `${role}-${partition}`;
}
