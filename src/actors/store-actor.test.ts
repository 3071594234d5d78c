import { beforeEach, describe, expect, it } from 'vitest';
import type { EventView } from '../model/event.ts';
import type { RowBatch, Store } from '../ports/store.ts';
import { delta, header, score, trade } from '../storage/events.fixture.ts';
import { StreamHole } from './positions.ts';
import { StoreActor } from './store-actor.ts';

class NotedBatch implements RowBatch {
  appendInstrument(): void {}

  readonly noted: string[] = [];

  append(event: EventView): void {
    this.noted.push(`${event.kind} ${event.header.seq}`);
  }

  get rows(): number {
    return this.noted.length;
  }

  counts(): Readonly<Record<string, number>> {
    return { events: this.noted.length };
  }

  clear(): void {
    this.noted.length = 0;
  }
}

/** A store whose writes wait until the test answers them. */
class ScriptedStore implements Store {
  readonly written: string[][] = [];
  /** Writes under way. */
  readonly waiting: { readonly rows: readonly string[]; readonly answer: PromiseWithResolvers<void> }[] = [];

  newBatch(): RowBatch {
    return new NotedBatch();
  }

  async write(batch: RowBatch): Promise<void> {
    const rows = batch instanceof NotedBatch ? [...batch.noted] : [];
    const answer = Promise.withResolvers<void>();
    this.waiting.push({ rows, answer });
    await answer.promise;
    this.written.push(rows);
  }

  /** Answers the oldest write under way, once there is one. */
  async answer(failure?: Error): Promise<void> {
    while (this.waiting.length === 0) await Promise.resolve();
    const first = this.waiting.shift();
    if (failure === undefined) first?.answer.resolve();
    else first?.answer.reject(failure);
  }

  open = async (): Promise<void> => undefined;
  settle = async (): Promise<void> => undefined;
  close = async (): Promise<void> => undefined;
  query = async (): Promise<{ columns: []; rows: [] }> => ({ columns: [], rows: [] });
}

const event = (seq: number): EventView => trade({ header: header({ seq, symbol: 'BTC-USD' }) });

describe('StoreActor', () => {
  let store = new ScriptedStore();
  let durable: Record<string, number>[] = [];
  let attempts: string[] = [];
  let refuse: Error | null = null;
  let actor: StoreActor;

  beforeEach(() => {
    store = new ScriptedStore();
    durable = [];
    attempts = [];
    refuse = null;
    let nowMs = 0;
    actor = new StoreActor({
      store,
      batchRows: 3,
      async retry({ attempt, rows, error }) {
        attempts.push(`${attempt}: ${rows} rows, ${String(error)}`);
        if (refuse !== null) throw refuse;
      },
      onDurable: (marks) => durable.push(Object.fromEntries(marks)),
      onWritten: ({ rows, counts, durationMs }) => attempts.push(`wrote ${rows} ${counts['events']} ${durationMs} ms`),
      nowMs: () => nowMs++,
    });
  });

  it('acknowledges only once the rows are durable', async () => {
    actor.add(event(0));
    actor.mark('md', 17);
    const flushed = actor.flush();
    expect([durable, actor.pendingRows]).toEqual([[], 1]);
    await store.answer();
    await flushed;
    expect(durable).toEqual([{ md: 17 }]);
    expect([store.written, actor.pendingRows, attempts]).toEqual([[['trade 0']], 0, ['wrote 1 1 1 ms']]);
  });

  it('keeps the rows of a failed write, acknowledges nothing, and writes the very same again', async () => {
    actor.add(event(0));
    actor.add(event(1));
    actor.mark('md', 17);
    const flushed = actor.flush();
    await store.answer(new Error('unreachable'));
    await store.answer(new Error('unreachable'));
    expect([durable, store.written, actor.pendingRows]).toEqual([[], [], 2]);
    await store.answer();
    await flushed;
    expect(attempts.slice(0, 2)).toEqual(['1: 2 rows, Error: unreachable', '2: 2 rows, Error: unreachable']);
    expect([durable, store.written]).toEqual([[{ md: 17 }], [['trade 0', 'trade 1']]]);
  });

  it('gathers on while it writes: what comes meanwhile is of the next batch, and so is its mark', async () => {
    actor.add(event(0));
    actor.mark('md', 1);
    const first = actor.flush();
    actor.add(event(1));
    actor.mark('md', 2);
    const second = actor.flush();
    actor.add(event(2));
    actor.mark('md', 3);
    expect(store.waiting.map(({ rows }) => rows)).toEqual([['trade 0']]);
    await store.answer();
    await first;
    expect(durable).toEqual([{ md: 1 }]);
    await store.answer();
    await second;
    expect(store.written).toEqual([['trade 0'], ['trade 1', 'trade 2']]);
    expect(durable).toEqual([{ md: 1 }, { md: 3 }]);
  });

  const fill = (from: number): void => {
    for (let seq = from; seq < from + 3; seq++) actor.add(event(seq));
    actor.mark('md', from + 3);
  };

  it('has room for more while a full batch is being written, and none once its twin is full, too', async () => {
    fill(0);
    await actor.makeRoom();
    expect([store.waiting.length, actor.isFull, actor.pendingRows]).toEqual([1, false, 3]);
    fill(3);
    let room = false;
    const made = actor.makeRoom().then(() => {
      room = true;
    });
    await new Promise(setImmediate);
    expect([room, store.waiting.length, durable]).toEqual([false, 1, []]);
    await store.answer();
    await made;
    expect([actor.isFull, durable]).toEqual([false, [{ md: 3 }]]);
    await store.answer();
    await actor.flush();
    expect(durable).toEqual([{ md: 3 }, { md: 6 }]);
  });

  it('writes nothing for the sake of room where there is some', async () => {
    actor.add(event(0));
    await actor.makeRoom();
    expect(store.waiting).toEqual([]);
  });

  it('tells a refusal of a write behind the back at the next occasion', async () => {
    refuse = new Error('refused');
    fill(0);
    await actor.makeRoom();
    await store.answer(new Error('bad rows'));
    await expect(actor.flush()).rejects.toThrow('refused');
    fill(3);
    await expect(actor.makeRoom()).rejects.toThrow('refused');
    expect([durable, store.waiting, actor.pendingRows]).toEqual([[], [], 6]);
  });

  it('acknowledges deliveries that made no rows at once, and writes nothing for them', async () => {
    actor.mark('md', 5);
    actor.mark('result', 6);
    await actor.flush();
    expect([durable, store.waiting]).toEqual([[{ md: 5, result: 6 }], []]);
    await actor.flush();
    expect(durable).toHaveLength(1);
  });

  it('rejects where the store refuses the rows, and never acknowledges past them', async () => {
    refuse = new Error('refused');
    actor.add(event(0));
    actor.mark('md', 1);
    const flushed = actor.flush();
    await Promise.all([expect(flushed).rejects.toThrow('refused'), store.answer(new Error('bad rows'))]);
    actor.add(event(1));
    actor.mark('md', 2);
    await expect(actor.flush()).rejects.toThrow('refused');
    expect([durable, store.written, store.waiting, actor.pendingRows]).toEqual([[], [], [], 2]);
  });

  it('leaves what it could not write on the bus when it is stopped', async () => {
    actor.add(event(0));
    actor.mark('md', 1);
    const flushed = actor.flush();
    actor.stop();
    await store.answer(new Error('unreachable'));
    await flushed;
    await actor.flush();
    expect([durable, store.written, actor.pendingRows]).toEqual([[], [], 1]);
  });

  it('takes each event once, and refuses to go on at a hole', () => {
    actor.add(event(0));
    actor.add(event(0));
    actor.add(event(1));
    actor.add(delta([['bid', 1, 1, 1, -1]], { seq: 2, symbol: 'BTC-USD' }));
    expect([actor.pendingRows, actor.isFull]).toEqual([3, true]);
    expect(() => actor.add(event(4))).toThrow(StreamHole);
    expect(actor.pendingRows).toBe(3);
  });

  it('judges results apart from the events that they came from', () => {
    const result = (seq: number): EventView => score({ header: header({ seq, symbol: 'BTC-USD' }) });
    for (const view of [event(0), result(0), result(5), result(5), event(1), result(2)]) actor.add(view);
    expect(actor.pendingRows).toBe(4);
  });

  it('has reached a goal when all of it is taken and written', async () => {
    const { epoch } = event(0).header;
    const goal = { events: { 'kraken:BTC-USD': { epoch, nextSeq: 1 } }, results: {} };
    expect(actor.reached(goal)).toBe(false);
    actor.add(event(0));
    expect(actor.reached(goal)).toBe(false);
    const flushed = actor.flush();
    expect(actor.reached(goal)).toBe(false);
    await store.answer();
    await flushed;
    expect(actor.reached(goal)).toBe(true);
  });
});
