import type { Facts } from '../harness/facts.ts';
import type { MarketSpec } from './market.ts';

export interface BusWorkload {
  readonly name: string;
  readonly data: string;
  readonly market: MarketSpec;
  readonly lanes: number;
  /** Events of a turn. */
  readonly turn: number;
  readonly passes: number;
  readonly expected: Facts;
}

/** Everything, or for the small mode a moment of it. */
export function busWorkloads(small: boolean): BusWorkload[] {
  if (small) return [workload('small', { books: 20, events: 2_000, lanes: 4, turn: 40 })];
  return [
    workload('live', { books: 100, events: 40_000, lanes: 10, turn: 40 }),
    workload('one-lane', { books: 10, events: 20_000, lanes: 1, turn: 10 }),
    workload('replay', { books: 100, events: 400_000, lanes: 10, turn: 10_000 }),
  ];
}

interface Size {
  readonly books: number;
  readonly events: number;
  readonly lanes: number;
  readonly turn: number;
}

function workload(name: string, { books, events, lanes, turn }: Size): BusWorkload {
  const market = { seed: 'bus', books, events };
  const data = `made in memory, seed "${market.seed}": ${turn} events of ${books} books a turn, over ${lanes} lane(s)`;
  return { name, data, market, lanes, turn, passes: 1, expected: { events, books } };
}
