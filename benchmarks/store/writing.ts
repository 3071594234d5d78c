/** The same events into empty tables of a QuestDB server, until a query has seen them. */

import { StoreActor } from '../../src/actors/store-actor.ts';
import type { BookView, ScoreView } from '../../src/model/event.ts';
import { IlpEncoder } from '../../src/storage/ilp-encoder.ts';
import { QuestDbHttp } from '../../src/storage/questdb-http.ts';
import { QuestDbStore } from '../../src/storage/questdb-store.ts';
import { ColumnBatch } from '../../src/storage/row-batch.ts';
import { TimeOrder } from '../../src/storage/time-order.ts';
import type { Facts } from '../harness/facts.ts';
import type { PreparedCase } from '../harness/serve-case.ts';
import { ClientSender } from './client-sender.ts';
import { processorMs } from './server.ts';

/**
 * In the order of the report; the first is the baseline. `bytes` sends requests that were encoded before the clock
 * started, the product's own: what the server takes at most.
 */
export const WRITERS = ['client', 'store', 'bytes'] as const;
export type WriterName = (typeof WRITERS)[number];

const BATCH_ROWS = 160_000;
const REQUEST_ROWS = 50_000;
/** Events that come with one delivery of the bus, or so: after each the product looks whether the batch is full. */
const DELIVERY_EVENTS = 64;

type Events = readonly (BookView | ScoreView)[];

export interface WritingOptions {
  /** Begins the names of all tables; whoever chose it drops them. */
  readonly prefix: string;
  readonly events: Events;
  readonly server: { readonly url: string; readonly pid: number | null };
}

/** Writes everything to the tables; resolves when the server has acknowledged all of it. */
type Write = () => Promise<void>;

const MAKERS: Readonly<Record<WriterName, (store: QuestDbStore, options: WritingOptions) => Write>> = {
  client:
    (_store, { events, server, prefix }) =>
    async () => {
      const sender = await ClientSender.connect(server.url, prefix);
      for (const event of events) await sender.add(event);
      await sender.close();
    },
  store: (store, { events }) => writingActor(store, events),
  bytes: (_store, { events, server, prefix }) => {
    const requests = encodeAll(events, prefix);
    const http = new QuestDbHttp({ url: server.url });
    return async () => {
      for (const { table, bytes } of requests) await http.write(bytes, table);
    };
  },
};

/** The product's own way, with an actor that lives as long as the product: its memory has grown after the first pass. */
function writingActor(store: QuestDbStore, events: Events): Write {
  const actor = new StoreActor({
    store,
    batchRows: BATCH_ROWS,
    retry: ({ error }) => Promise.reject(error),
    onDurable() {},
    onWritten() {},
    nowMs: () => performance.now(),
  });
  return async () => {
    for (const [at, event] of events.entries()) {
      actor.add(event);
      if (at % DELIVERY_EVENTS === 0) await actor.makeRoom();
    }
    await actor.flush();
  };
}

interface EncodedRequest {
  readonly table: string;
  readonly bytes: Uint8Array;
}

/** The requests that the product makes of these events. */
function encodeAll(events: Events, prefix: string): EncodedRequest[] {
  const encoder = new IlpEncoder();
  const order = new TimeOrder();
  const batch = new ColumnBatch();
  const requests: EncodedRequest[] = [];
  const close = (): void => {
    for (const buffer of batch.tables) {
      const table = prefix + buffer.name;
      const rows = order.of(buffer.timestamps.values, buffer.rows);
      for (let from = 0; from < rows.length; from += REQUEST_ROWS) {
        const bytes = encoder.encode(buffer, table, rows.subarray(from, from + REQUEST_ROWS)).slice();
        requests.push({ table, bytes });
      }
    }
    batch.clear();
  };
  for (const event of events) {
    batch.append(event);
    if (batch.rows >= BATCH_ROWS) close();
  }
  close();
  return requests;
}

export async function prepareWriting(by: WriterName, options: WritingOptions): Promise<PreparedCase> {
  const { server, prefix } = options;
  const store = new QuestDbStore({ url: server.url, tablePrefix: prefix, chunkRows: REQUEST_ROWS });
  await store.open();
  return new WritingCase(store, MAKERS[by](store, options), options);
}

class WritingCase implements PreparedCase {
  private readonly store: QuestDbStore;
  private readonly write: Write;
  private readonly options: WritingOptions;
  private parts: Record<string, number> = {};
  private written: Facts = {};

  constructor(store: QuestDbStore, write: Write, options: WritingOptions) {
    this.store = store;
    this.write = write;
    this.options = options;
  }

  /** Empties the tables, and has all books begin a new epoch: the actor would drop what it has had. */
  async reset(): Promise<void> {
    const { prefix, events } = this.options;
    for (const table of ['order_changes', 'new_orders']) await this.store.query(`TRUNCATE TABLE ${prefix}${table}`);
    for (const { header } of events) header.epoch++;
    await this.store.settle();
  }

  async run(): Promise<number> {
    const startedMs = performance.now();
    const startedServerMs = this.serverMs();
    await this.write();
    const acknowledgedMs = performance.now() - startedMs;
    await this.store.settle();
    const serverMs = this.serverMs();
    this.parts = { 'until acknowledged': acknowledgedMs };
    if (startedServerMs !== null && serverMs !== null) {
      this.parts['processor time of the server'] = serverMs - startedServerMs;
    }
    return await this.look();
  }

  partsMs(): Readonly<Record<string, number>> {
    return this.parts;
  }

  facts(): Facts {
    return this.written;
  }

  private serverMs(): number | null {
    const { pid } = this.options.server;
    return pid === null ? null : processorMs(pid);
  }

  /** Reads back what was written, in a hundredth of the time that writing took. @returns rows */
  private async look(): Promise<number> {
    const { prefix } = this.options;
    const { rows: changes } = await this.store.query(
      `SELECT count(), count_distinct(symbol), sum(seq), sum(orders), ${sumsOf(['price', 'size', 'change'])},` +
        ` min(ts), max(ts) FROM ${prefix}order_changes`,
    );
    const { rows: scores } = await this.store.query(
      `SELECT count(), count_distinct(symbol), sum(seq), sum(whale_score), ${sumsOf(['price', 'size', 'z'])},` +
        ` min(received), max(ts) FROM ${prefix}new_orders`,
    );
    const rows = Number(changes[0]?.[0]) + Number(scores[0]?.[0]);
    this.written = { rows, changes: JSON.stringify(changes), scores: JSON.stringify(scores) };
    return rows;
  }
}

/** Sums of doubles that do not depend on the order of the rows. */
function sumsOf(columns: readonly string[]): string {
  return columns.map((column) => `sum(CAST(${column} * 1000000 AS LONG))`).join(', ');
}
