import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { DeadLetter, DeadLetters } from '../../ports/dead-letters.ts';
import { header, trade } from '../../storage/events.fixture.ts';
import { FileDeadLetters } from '../../storage/file-dead-letters.ts';
import { MemoryKeeper, memoryPlace } from '../../storage/memory-keeper.ts';
import { Events } from '../../telemetry/events.ts';
import { NO_METRICS } from '../../telemetry/no-metrics.ts';
import { BatchWriter } from '../../transport/codec.ts';
import { Quarantine, suspectName } from './quarantine.ts';
import { Workplace, workplaceMemory } from './workplace.ts';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const EVENTS = new Events(SILENT, NO_METRICS);
const folder = mkdtempSync(join(tmpdir(), 'whalewatch-dead-'));
afterAll(() => rmSync(folder, { recursive: true }));

function batch(seqs: readonly number[]): Uint8Array {
  const writer = new BatchWriter();
  for (const seq of seqs) writer.append(trade({ header: header({ seq }) }));
  return writer.take();
}

function lettersOf(letters: DeadLetter[]): DeadLetters {
  return {
    put(letter) {
      letters.push(letter);
      return Promise.resolve();
    },
  };
}

describe('Quarantine', () => {
  let keeper = new MemoryKeeper({ [suspectName('scoring-0')]: memoryPlace() });
  let letters: DeadLetter[] = [];
  let taken: number[] = [];
  let passed: number[] = [];

  beforeEach(() => {
    keeper = new MemoryKeeper({ [suspectName('scoring-0')]: memoryPlace() });
    letters = [];
    taken = [];
    passed = [];
  });

  /** A thread's life: reads the batches, and dies of an event that cannot be stepped over. */
  async function live(batches: readonly Uint8Array[], poison: number | null): Promise<string> {
    const quarantine = new Quarantine(keeper, lettersOf(letters), EVENTS);
    await quarantine.recall('scoring-0');
    const step = (seq: number): void => {
      if (seq === poison) throw new Error(`dies of ${seq}`);
      taken.push(seq);
    };
    try {
      for (const [position, data] of batches.entries()) {
        await quarantine.read(
          'scoring-0',
          { position, data },
          (view) => step(view.header.seq),
          (view) => passed.push(view.header.seq),
        );
      }
    } catch (error) {
      return error instanceof Error ? error.message : 'died';
    }
    return 'lives';
  }

  it('sets a damaged batch aside at once, and goes on behind it', async () => {
    const damaged = batch([1]);
    damaged[damaged.length - 1] = (damaged[damaged.length - 1] ?? 0) ^ 1;
    expect(await live([batch([0]), damaged, Uint8Array.of(1, 2), batch([2])], null)).toBe('lives');
    expect(taken).toEqual([0, 2]);
    expect(letters.map(({ position, reason, event }) => [position, reason, event])).toEqual([
      [1, 'undecodable', null],
      [2, 'undecodable', null],
    ]);
    expect(letters[0]?.data).toEqual(damaged);
  });

  it('passes an event that has ended its thread twice, and none that did so once', async () => {
    const batches = [batch([0, 1, 2]), batch([3])];
    expect(await live(batches, 1)).toBe('dies of 1');
    expect(await live(batches, 1)).toBe('dies of 1');
    taken = [];
    expect(await live(batches, 1)).toBe('lives');
    expect([taken, passed]).toEqual([[0, 2, 3], [1]]);
    expect(letters).toMatchObject([
      { position: 0, reason: 'poison', event: { book: 'kraken:BTC-USD', seq: 1 }, consumer: 'scoring-0' },
    ]);
    // Another one has its own two deaths.
    taken = [];
    expect(await live([batch([7])], 7)).toBe('dies of 7');
    expect(await live([batch([7])], null)).toBe('lives');
    expect(taken).toEqual([7]);
  });

  it('passes an event in which threads have hung, and only after two that had noted it', async () => {
    const memory = workplaceMemory();
    const batches = [batch([0, 1]), batch([2, 3, 4]), batch([5])];
    /** What the workplace says where a thread is ended in the midst of its step. */
    const hangsAt = async (poison: number): Promise<Uint8Array> => {
      let left = new Uint8Array();
      const quarantine = new Quarantine(keeper, lettersOf(letters), EVENTS, new Workplace(memory));
      await quarantine.recall('scoring-0');
      taken = [];
      for (const [position, data] of batches.entries()) {
        await quarantine.read(
          'scoring-0',
          { position, data },
          ({ header: { seq } }) => {
            taken.push(seq);
            if (seq === poison) left = new Uint8Array(memory).slice();
          },
          ({ header: { seq } }) => passed.push(seq),
        );
      }
      // None that is taken to its end leaves anything.
      expect(new Workplace(memory).unfinished).toBeNull();
      if (left.length > 0) new Uint8Array(memory).set(left);
      return left;
    };
    const mark = { book: 'kraken:BTC-USD', epoch: header().epoch, seq: 3 };
    for (const event of [null, mark, mark]) {
      expect((await hangsAt(3)).length).toBeGreaterThan(0);
      expect(new Workplace(memory).unfinished).toEqual({ consumer: 'scoring-0', event });
      expect([taken, passed, letters]).toEqual([[0, 1, 2, 3, 4, 5], [], []]);
    }
    await hangsAt(NaN);
    expect([taken, passed]).toEqual([[0, 1, 2, 4, 5], [3]]);
    expect(letters).toMatchObject([{ position: 1, reason: 'poison', event: mark, consumer: 'scoring-0' }]);
  });

  it('says nothing of an event where another one was hung at the next time', async () => {
    const memory = workplaceMemory();
    const workplace = new Workplace(memory);
    for (const seq of [1, 2, 1]) {
      workplace.enter('scoring-0');
      workplace.begin(header({ seq }));
      await new Quarantine(keeper, null, EVENTS, new Workplace(memory)).recall('scoring-0');
      workplace.leave();
    }
    expect(await live([batch([0, 1, 2])], null)).toBe('lives');
    expect([taken, passed]).toEqual([[0, 1, 2], []]);
  });

  it('keeps letters in a file until that is full', async () => {
    const dead = new FileDeadLetters(folder, 400);
    const letter: DeadLetter = {
      ...{ consumer: 'store-md', position: 3, reason: 'refused', detail: 'no', event: null },
      data: Uint8Array.of(1, 2, 3),
    };
    await dead.put(letter);
    await dead.put(letter);
    await expect(dead.put({ ...letter, data: new Uint8Array(400) })).rejects.toMatchObject({ code: 'dead.full' });
    const lines = readFileSync(join(folder, 'dead-letters.ndjson'), 'utf8').trim().split('\n');
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0] ?? '')).toEqual({ ...letter, data: 'AQID' });
  });
});
