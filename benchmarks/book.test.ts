import { describe, expect, it } from 'vitest';

import { ASK, BID } from '../src/model/event.ts';
import { levelsDigest, structureOf, STRUCTURES } from './book/structure.ts';
import type { Row } from './book/update-stream.ts';
import { updateStream } from './book/update-stream.ts';
import { bookWorkloads } from './book/workloads.ts';
import { bookBenchmark } from './book.ts';

const STREAM = updateStream({ seed: 'test', depth: 50, rows: 2000 });

describe('the stream of level updates', () => {
  it('keeps a book as deep as it began and never crosses it', () => {
    const held = [new Set<number>(), new Set<number>()] as const;
    const sideOf = ({ side }: Row): Set<number> => (side === BID ? held[0] : held[1]);
    for (const row of STREAM.snapshot) sideOf(row).add(row.price);
    for (const row of STREAM.messages.flat()) {
      if (row.size === 0) sideOf(row).delete(row.price);
      else sideOf(row).add(row.price);
      expect(Math.max(...held[0])).toBeLessThan(Math.min(...held[1]));
    }
    for (const side of held) {
      expect(side.size).toBeGreaterThan(40);
      expect(side.size).toBeLessThan(60);
    }
  });

  it('lists the rows of a message bids first and each side best first', () => {
    for (const message of STREAM.messages) {
      const ranks = message.map(({ side, price }) => (side === ASK ? 1e9 + price : -price));
      expect(ranks).toEqual(ranks.toSorted((one, other) => one - other));
    }
  });

  it('has as many rows as it was told, and is the same again', () => {
    expect(STREAM.messages.flat()).toHaveLength(2000);
    expect(updateStream({ seed: 'test', depth: 50, rows: 2000 }).digest).toBe(STREAM.digest);
  });
});

describe('the benchmark of books, in its small mode', () => {
  it('comes to the levels of a plain map with every structure', async () => {
    const levels = new Map<string, number>();
    for (const { side, price, size } of [...STREAM.snapshot, ...STREAM.messages.flat()]) {
      if (size === 0) levels.delete(`${side} ${price}`);
      else levels.set(`${side} ${price}`, size);
    }
    const digests = new Set<string>();
    for (const name of STRUCTURES) {
      const structure = await structureOf(name, STREAM);
      structure.load();
      structure.run();
      const told = [BID, ASK].flatMap((side) =>
        Array.from(structure.levels(side), ([price, size]) => [`${side} ${price}`, size] as const),
      );
      expect(new Map(told), name).toEqual(levels);
      digests.add(levelsDigest(structure));
    }
    expect(digests.size).toBe(1);
  });

  it('measures all structures, and memory', async () => {
    const workloads = bookWorkloads(true);
    const report = await bookBenchmark({ warmUp: 0, rounds: 1, workloads });
    expect(report.workloads.map(({ workload }) => workload)).toEqual(['100-levels', 'depths']);
    const [structures, depths] = report.workloads;
    expect(structures?.cases.map(({ name }) => name)).toEqual([...STRUCTURES]);
    expect(structures?.facts['100 levels: levels in the end']).toBe(depths?.facts['100 levels: levels in the end']);
    expect(Object.values(depths?.bytesPerLevel ?? {}).map(({ loaded }) => loaded.median > 16)).toEqual([true, true]);
  });
});
