/**
 * The partition of a pair: FNV-1a over `exchange:symbol`, modulo the number of partitions. Deterministic, so that every
 * host and every restart agrees on who owns which pair.
 */
export function partitionOf(exchange: string, symbol: string, partitions: number): number {
  let hash = 0x811c9dc5;
  const key = `${exchange}:${symbol}`;
  for (let i = 0; i < key.length; i++) {
    hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash % partitions;
}
