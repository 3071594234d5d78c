import { beforeEach, describe, expect, it } from 'vitest';
import type { EventView } from '../model/event.ts';
import type { RowBatch, Store } from '../ports/store.ts';
import { header, trade } from '../storage/events.fixture.ts';
import type { StreamHole } from './positions.ts';
import { StoreActor } from './store-actor.ts';

const REFUSED = new Error('this row will never do');
const AWAY = new Error('the server is away');

/** Events by seq; a delivery's bytes are the seqs of its events. */
class Batch implements RowBatch {
  seqs: (number | string)[] = [];
  appendInstrument(): void {}
  append(view: EventView): void {
    this.seqs.push(view.kind === 'book.status' ? view.detail : view.header.seq);
  }
  get rows(): number {
    return this.seqs.length;
  }
  counts(): Readonly<Record<string, number>> {
    return {};
  }
  clear(): void {
    this.seqs = [];
  }
}

class PickyStore implements Store {
  readonly rows = new Set<number | string>();
  bad: ReadonlySet<number | string> = new Set();
  isBroken = false;
  /** Failures of the next writes that pass by themselves. */
  hiccups = 0;
  newBatch(): RowBatch {
    return new Batch();
  }
  write(batch: RowBatch): Promise<void> {
    const { seqs } = batch as Batch;
    if (this.hiccups > 0) {
      this.hiccups--;
      return Promise.reject(AWAY);
    }
    if (this.isBroken || seqs.some((seq) => this.bad.has(seq))) return Promise.reject(REFUSED);
    for (const seq of seqs) this.rows.add(seq);
    return Promise.resolve();
  }
  open = async (): Promise<void> => undefined;
  settle = async (): Promise<void> => undefined;
  close = async (): Promise<void> => undefined;
  query = async (): Promise<{ columns: []; rows: [] }> => ({ columns: [], rows: [] });
}

const event = (seq: number): EventView => trade({ header: header({ seq, symbol: 'BTC-USD' }) });

describe('a StoreActor whose store refuses rows for good', () => {
  let store = new PickyStore();
  let aside: (readonly [consumer: string, position: number, seq: number])[] = [];
  let holes: StreamHole[] = [];
  let durable = 0;
  let actor: StoreActor;

  beforeEach(() => {
    store = new PickyStore();
    aside = [];
    holes = [];
    durable = 0;
    actor = new StoreActor({
      store,
      batchRows: 1000,
      retry: ({ error }) => (error === AWAY ? Promise.resolve() : Promise.reject(error)),
      isForGood: (error) => error === REFUSED,
      eventsOf: (data, onEvent) => {
        for (const seq of data) onEvent(event(seq));
      },
      setAside: ({ consumer, position, seq }) => {
        aside.push([consumer, position, seq]);
        return Promise.resolve();
      },
      onHole: (hole) => holes.push(hole),
      onDurable: (marks) => {
        durable = marks.get('md') ?? durable;
      },
      onWritten: () => undefined,
      nowMs: () => 0,
    });
  });

  function deliver(position: number, seqs: readonly number[]): void {
    for (const seq of seqs) actor.add(event(seq));
    actor.mark('md', position, Uint8Array.from(seqs));
  }

  it('sets aside those alone, writes all others, and goes on', async () => {
    store.bad = new Set([2, 5]);
    deliver(10, [0, 1, 2, 3]);
    deliver(11, [4]);
    deliver(12, [5]);
    await actor.flush();
    expect(aside).toEqual([
      ['md', 10, 2],
      ['md', 12, 5],
    ]);
    expect([[...store.rows], durable]).toEqual([[0, 1, 3, 4], 12]);
    store.hiccups = 2;
    deliver(13, [6, 7]);
    await actor.flush();
    expect([[...store.rows], durable, actor.pendingRows]).toEqual([[0, 1, 3, 4, 6, 7], 13, 0]);
  });

  it('waits for a store that is away in the midst of that', async () => {
    store.bad = new Set([1]);
    deliver(1, [0, 1, 2, 3]);
    const flushed = actor.flush();
    store.hiccups = 3;
    await flushed;
    expect([aside, [...store.rows]]).toEqual([[['md', 1, 1]], [0, 2, 3]]);
  });

  it('passes nothing where nothing at all is taken: then it is the store', async () => {
    store.isBroken = true;
    deliver(1, [0, 1, 2, 3]);
    await expect(actor.flush()).rejects.toBe(REFUSED);
    expect([aside, durable]).toEqual([[], 0]);
  });

  it('stores what follows a hole, and says in the rows where it was', async () => {
    deliver(1, [0, 1]);
    deliver(2, [4, 5]);
    await actor.flush();
    expect(holes.map(({ book }) => book)).toEqual(['kraken:BTC-USD']);
    expect([...store.rows].map(String)).toEqual(['0', '1', expect.stringContaining('lost on the bus'), '4', '5']);
    expect(durable).toBe(2);
  });
});
