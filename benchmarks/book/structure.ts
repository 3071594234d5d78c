/** A way to keep the levels of one book. Each has the stream in its own input form before anything is timed. */

import { hash } from 'node:crypto';

import { ASK, BID } from '../../src/model/event.ts';
import type { UpdateStream } from './update-stream.ts';
import { PRICE_DECIMALS, SIZE_DECIMALS } from './update-stream.ts';

export const STRUCTURES = ['sorted array', 'whalewatch', 'Map', 'tardis-dev', 'ccxt'] as const;
export type StructureName = (typeof STRUCTURES)[number];

export interface Structure {
  /** Begins anew with the levels of the stream's snapshot; not timed. */
  load(): void;
  /**
   * Applies all messages, one after the other: the timed work.
   * @returns the sum of the best bids after each message, or what else shows that nothing was left out
   */
  run(): number;
  /** Price in ticks and size in lots of all levels of a side, best first. */
  levels(side: number): Iterable<readonly [price: number, size: number]>;
}

/** Loads a structure with its library: a process has no code in it but what it measures. */
export async function structureOf(name: StructureName, stream: UpdateStream): Promise<Structure> {
  switch (name) {
    case 'sorted array':
      return new (await import('./sorted-array-structure.ts')).SortedArrayStructure(stream);
    case 'whalewatch':
      return new (await import('./product-structure.ts')).ProductStructure(stream);
    case 'Map':
      return new (await import('./map-structure.ts')).MapStructure(stream);
    case 'tardis-dev':
      return new (await import('./tardis-structure.ts')).TardisStructure(stream);
    case 'ccxt':
      return new (await import('./ccxt-structure.ts')).CcxtStructure(stream);
  }
}

/** SHA-256 over all levels: equal books have equal digests, whatever keeps them. */
export function levelsDigest(structure: Structure): string {
  const lines = [BID, ASK].flatMap((side) =>
    Array.from(structure.levels(side), ([price, size]) => `${side} ${price} ${size}`),
  );
  return hash('sha256', lines.join('\n'), 'hex');
}

const PRICE_UNITS = 10 ** PRICE_DECIMALS;
const SIZE_UNITS = 10 ** SIZE_DECIMALS;

/** What others keep: doubles of the venue's numbers. */
export function doublesOf({ price, size }: { readonly price: number; readonly size: number }): [number, number] {
  return [price / PRICE_UNITS, size / SIZE_UNITS];
}

/** Back from the doubles. */
export function wholeOf(price: number, size: number): [price: number, size: number] {
  return [Math.round(price * PRICE_UNITS), Math.round(size * SIZE_UNITS)];
}
