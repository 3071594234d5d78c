import { beforeEach, expect, test } from 'vitest';
import type { TradeView } from '../../model/event.ts';
import type { Lane, Publisher } from '../../ports/bus.ts';
import { readBatch } from '../../transport/codec.ts';
import { Outbox } from './outbox.ts';

/** A bus that takes a batch when the test says so. */
class SlowPublisher implements Publisher {
  readonly published: { readonly lane: Lane; readonly id: string; readonly seqs: readonly number[] }[] = [];
  readonly open: { readonly take: () => void; readonly fail: (reason: Error) => void; readonly done: Promise<void> }[] =
    [];

  publish(lane: Lane, data: Uint8Array, id: string): Promise<void> {
    const seqs: number[] = [];
    readBatch(data, (view) => seqs.push(view.header.seq));
    this.published.push({ lane, id, seqs });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.open.push({ take: resolve, fail: reject, done: promise });
    return promise;
  }

  async flush(): Promise<void> {
    await Promise.all(this.open.map(({ done }) => done));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  get batches(): (readonly number[])[] {
    return this.published.map(({ seqs }) => seqs);
  }
}

const EMPTY_TURNS = 5;
/** Promises that were settled have told those who wait for them. */
async function turns(): Promise<void> {
  for (let i = 0; i < EMPTY_TURNS; i++) await Promise.resolve();
}

let publisher: SlowPublisher;
let outbox: Outbox;
let failures: unknown[];
let taken: Lane[];
beforeEach(() => {
  publisher = new SlowPublisher();
  failures = [];
  taken = [];
  outbox = newOutbox(1_000);
});

function newOutbox(maxBatchBytes: number): Outbox {
  return new Outbox({
    publisher,
    kind: 'md',
    maxBatchBytes,
    onFailure: (error) => failures.push(error),
    onPublished: (lane) => taken.push(lane),
    nowMs: () => 0,
  });
}

function trade(seq: number, symbol = 'BTC-USD'): TradeView {
  return {
    kind: 'trade',
    header: {
      exchange: 'kraken',
      symbol,
      venueSymbol: symbol,
      exchangeUs: 1,
      venueTime: true,
      receiveUs: 2,
      epoch: 3,
      seq,
      span: 1,
      state: 'live',
      reason: 'none',
      frame: seq,
      priceScale: 0,
      sizeScale: 0,
      wide: false,
    },
    tradeId: `${seq}`,
    price: 1,
    size: 1,
    widePrice: 0n,
    wideSize: 0n,
    takerSide: 'buy',
  };
}

test('events leave at the flush, a batch per lane', () => {
  outbox.add('kraken', 0, trade(1));
  outbox.add('kraken', 2, trade(2));
  outbox.add('binance', 2, trade(3));
  outbox.add('kraken', 0, trade(4));
  expect(publisher.published).toEqual([]);
  outbox.flush();
  outbox.flush();
  expect(publisher.batches).toEqual([[1, 4], [2], [3]]);
  expect(publisher.published.map(({ lane }) => lane)).toEqual([
    { kind: 'md', topic: 'kraken', partition: 0 },
    { kind: 'md', topic: 'kraken', partition: 2 },
    { kind: 'md', topic: 'binance', partition: 2 },
  ]);
  expect(outbox.inFlight).toBe(3);
});

test('a lane under way gathers on, and sends everything once it is free; others do not wait', async () => {
  outbox.add('kraken', 0, trade(1));
  outbox.flush();
  for (const seq of [2, 3]) {
    outbox.add('kraken', 0, trade(seq));
    outbox.flush();
  }
  outbox.add('kraken', 1, trade(4));
  outbox.flush();
  expect(publisher.batches).toEqual([[1], [4]]);
  publisher.open[0]?.take();
  await turns();
  expect(publisher.batches).toEqual([[1], [4], [2, 3]]);
  expect(taken).toEqual([{ kind: 'md', topic: 'kraken', partition: 0 }]);
  expect(outbox.inFlight).toBe(2);
});

test('what no flush has asked for yet stays, when its lane becomes free', async () => {
  outbox.add('kraken', 0, trade(1));
  outbox.flush();
  outbox.add('kraken', 0, trade(2));
  publisher.open[0]?.take();
  await turns();
  expect(publisher.batches).toEqual([[1]]);
  outbox.flush();
  expect(publisher.batches).toEqual([[1], [2]]);
});

test('a full batch leaves at once, also behind another one', () => {
  outbox = newOutbox(100);
  for (let seq = 1; publisher.published.length < 2; seq++) outbox.add('kraken', 0, trade(seq));
  const seqs = publisher.batches.flat();
  expect(seqs).toEqual(Array.from(seqs, (_, i) => i + 1));
  expect(outbox.inFlight).toBe(2);
});

test('settle sends everything and waits until the bus has taken it', async () => {
  outbox.add('kraken', 0, trade(1));
  outbox.flush();
  outbox.add('kraken', 0, trade(2));
  outbox.flush();
  outbox.add('kraken', 3, trade(3));
  let settled = false;
  const settling = outbox.settle().then(() => (settled = true));
  expect(publisher.batches).toEqual([[1], [2], [3]]);
  publisher.open[0]?.take();
  publisher.open[1]?.take();
  await turns();
  expect(settled).toBe(false);
  publisher.open[2]?.take();
  await settling;
  expect(outbox.inFlight).toBe(0);
});

test('a batch that could not be published is told once, and settle throws it', async () => {
  outbox.add('kraken', 0, trade(1));
  outbox.flush();
  const failure = new Error('gone');
  publisher.open[0]?.fail(failure);
  await turns();
  expect(failures).toEqual([failure]);
  await expect(outbox.settle()).rejects.toBe(failure);
});

test('the same events come under the same id, others under another', () => {
  const idsOf = (seqs: readonly number[]): string[] => {
    publisher = new SlowPublisher();
    outbox = newOutbox(1_000);
    for (const seq of seqs) outbox.add('kraken', 0, trade(seq));
    outbox.flush();
    return publisher.published.map(({ id }) => id);
  };
  expect(idsOf([1, 2])).toEqual(idsOf([1, 2]));
  expect(new Set([idsOf([1, 2]), idsOf([1]), idsOf([2, 1]), idsOf([1, 3])].flat()).size).toBe(4);
});

test('an event that the layout refuses leaves its lane as it was', () => {
  const refused = trade(2);
  refused.header.span = -1;
  expect(() => outbox.add('kraken', 0, refused)).toThrow('span');
  outbox.flush();
  expect(publisher.published).toEqual([]);
  outbox.add('kraken', 0, trade(1));
  expect(() => outbox.add('kraken', 0, refused)).toThrow('span');
  outbox.flush();
  expect(publisher.batches).toEqual([[1]]);
});
