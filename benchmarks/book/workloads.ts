/** Which cases are held against each other, and over how much. */

import type { BookSpec } from './cases.ts';
import type { StructureName } from './structure.ts';
import { STRUCTURES } from './structure.ts';

interface NamedCase {
  readonly name: string;
  readonly spec: BookSpec;
}

export interface BookWorkload {
  readonly name: string;
  readonly data: string;
  /** Passes per round. */
  readonly passes: number;
  /** Held against each other in time. */
  readonly cases: readonly NamedCase[];
  readonly rivals: readonly string[];
  /** Measured in memory, apart from the others. */
  readonly memory: readonly NamedCase[];
}

const SEED = 'book';
const DEPTHS = [100, 1000, 5000] as const;
const RIVALS: readonly StructureName[] = ['Map', 'tardis-dev', 'ccxt'];

interface Scale {
  readonly depths: readonly number[];
  readonly rows: number;
  readonly passes: number;
  /** Over all books of a memory case. */
  readonly levels: number;
  /** Rows that each book of a memory case takes, per level of it. */
  readonly rowsPerLevel: number;
}

/** Passes are few since the slowest takes seconds for each on a deep book. */
const FULL: Scale = { depths: DEPTHS, rows: 60_000, passes: 5, levels: 200_000, rowsPerLevel: 10 };
const SMALL: Scale = { depths: [100], rows: 400, passes: 1, levels: 1000, rowsPerLevel: 1 };

/** Everything, or for the small mode the shallowest book and little of it. */
export function bookWorkloads(small: boolean): BookWorkload[] {
  const scale = small ? SMALL : FULL;
  return [...scale.depths.map((depth) => structures(depth, scale)), depths(scale)];
}

function structures(depth: number, { rows, passes }: Scale): BookWorkload {
  return {
    name: `${depth}-levels`,
    data: `made as on Binance's BTCUSDT, seed "${SEED}", ${depth} levels a side`,
    passes,
    cases: STRUCTURES.map((name) => structureCase(name, name, depth, rows)),
    rivals: RIVALS,
    memory: [],
  };
}

function depths(scale: Scale): BookWorkload {
  return {
    name: 'depths',
    data: "the same streams through the product's book alone, so that depths can be compared",
    passes: scale.passes * 10,
    cases: scale.depths.map((depth) => structureCase(`${depth} levels`, 'whalewatch', depth, scale.rows)),
    rivals: [],
    memory: scale.depths.flatMap((depth) => [memoryCase(depth, false, scale), memoryCase(depth, true, scale)]),
  };
}

function structureCase(caseName: string, name: StructureName, depth: number, rows: number): NamedCase {
  return { name: caseName, spec: { kind: 'structure', name, stream: { seed: SEED, depth, rows } } };
}

function memoryCase(depth: number, keepDigits: boolean, { levels, rowsPerLevel }: Scale): NamedCase {
  const stream = { seed: SEED, depth, rows: 2 * depth * rowsPerLevel };
  const name = `${depth} levels a side${keepDigits ? ', digits kept' : ''}`;
  return { name, spec: { kind: 'memory', stream, keepDigits, levels } };
}
