/** The data of one workload in memory: as feed records for the product, and as bare texts for everybody else. */

import { z } from 'zod';

import { IngestShard } from '../../src/actors/ingest-shard.ts';
import type { InstrumentRow } from '../../src/book/wire-message.ts';
import { readCapture } from '../../src/collect/capture-reader.ts';
import { RecordReader } from '../../src/collect/record-batch.ts';
import { wireRegistry } from '../../src/exchanges/registry.ts';
import { textOfUtf8 } from '../../src/lib/utf8.ts';
import type { FeedRecord } from '../../src/model/feed-record.ts';
import type { Instrument } from '../../src/model/instrument.ts';
import { BenchmarkError } from '../harness/benchmark-error.ts';
import { krakenV2Batch, krakenV2SourceSchema } from './kraken-v2-batch.ts';

/** Where frames come from; a plain value, so that another process can load them. */
export const frameSourceSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('capture'),
    path: z.string(),
    /** `depth`: Binance's depth streams and snapshots alone, as somebody subscribes who wants books and nothing else. */
    only: z.enum(['all', 'depth']),
    /** `behind-snapshots`: what comes up to the last snapshot is read untimed. */
    timed: z.enum(['all', 'behind-snapshots']),
  }),
  krakenV2SourceSchema,
]);
export type FrameSource = Readonly<z.infer<typeof frameSourceSchema>>;

export interface Frames {
  readonly exchange: string;
  /** True where nothing but books was subscribed. */
  readonly onlyBooks: boolean;
  /** Everything that happened on the connections, in order, without the venue's lists of instruments. */
  readonly records: readonly FeedRecord[];
  /** Per record the text of its frame or REST answer, null for a record that is neither. */
  readonly texts: readonly (string | null)[];
  /** The first record that is timed. */
  readonly timedFrom: number;
  /** Lists of instruments by exchange: known before the first frame, as a live feed knows them. */
  readonly lists: readonly (readonly [exchange: string, rows: readonly InstrumentRow[]])[];
  /** The pairs that have a book in the end, by the venue's symbol. */
  readonly instruments: readonly Instrument[];
}

/**
 * A list of instruments is asked for once a day and may outweigh all frames of a short recording, so it is read here
 * and not in the timed path.
 * @throws CaptureError where the recording cannot be read; BenchmarkError `benchmark.unexpected` where a line of it
 * makes no sense
 */
export async function loadFrames(source: FrameSource): Promise<Frames> {
  const all = source.kind === 'capture' ? await recordsOf(source.path) : krakenV2Batch(source).records;
  const onlyBooks = source.kind === 'capture' && source.only === 'depth';
  const behindSnapshots = source.kind === 'capture' && source.timed === 'behind-snapshots';
  const records: FeedRecord[] = [];
  const texts: (string | null)[] = [];
  const lists: [string, readonly InstrumentRow[]][] = [];
  for (const record of all) {
    const rows = instrumentRows(record);
    const text = textOf(record);
    if (rows !== null) {
      lists.push([record.exchange, rows]);
    } else if (!onlyBooks || text === null || isDepth(record, text)) {
      records.push(record);
      texts.push(text);
    }
  }
  const { instruments, lastSnapshot } = survey(records, lists);
  const exchange = records[0]?.exchange ?? '';
  const timedFrom = behindSnapshots ? lastSnapshot + 1 : 0;
  return { exchange, onlyBooks, records, texts, timedFrom, lists, instruments };
}

/** The texts that are timed. */
export function timedTexts({ texts, timedFrom }: Frames): string[] {
  return texts.slice(timedFrom).filter((text) => text !== null);
}

function textOf({ op, data }: FeedRecord): string | null {
  return data !== null && (op === 'recv' || op === 'http') ? textOfUtf8(data) : null;
}

function isDepth({ op }: FeedRecord, text: string): boolean {
  return op === 'http' || /^\{"stream":"\w+@depth/.test(text);
}

async function recordsOf(path: string): Promise<FeedRecord[]> {
  const records: FeedRecord[] = [];
  const onMalformed = (lineNumber: number, reason: string): never => {
    const remedy = 'Fetch the recording again: a damaged one measures nothing.';
    throw new BenchmarkError('benchmark.unexpected', `line ${lineNumber} of ${path}: ${reason}`, remedy, { path });
  };
  const reader = new RecordReader();
  // The record is refilled; its data stay, since the batches are not given back.
  for await (const { bytes } of readCapture(path, { onMalformed })) {
    // Not in memory that threads share, from which a socket's frames do not come, and copies are slow.
    reader.read(bytes.slice(), (record) => records.push({ ...record }));
  }
  return records;
}

/** Null for records that are no list of instruments. */
function instrumentRows({ op, exchange, url, data }: FeedRecord): readonly InstrumentRow[] | null {
  if (op !== 'http' || data === null) return null;
  let rows: readonly InstrumentRow[] | null = null;
  wireRegistry.live(exchange)?.parseHttp(url ?? '', data, (message) => {
    if (message.kind === 'instruments') rows = message.instruments;
  });
  return rows;
}

interface Survey {
  readonly instruments: readonly Instrument[];
  /** Index of the record that brought the last snapshot; -1 where there is none. */
  readonly lastSnapshot: number;
}

/** What is in the records, found out by reading them once. */
function survey(records: readonly FeedRecord[], lists: Frames['lists']): Survey {
  let lastSnapshot = -1;
  const shard = new IngestShard({
    wires: wireRegistry,
    partitions: 1,
    owns: () => true,
    effects: {
      emit: (_partition, { kind, header }) => {
        if (kind === 'book.snapshot') lastSnapshot = header.frame;
      },
      requestSnapshot() {},
      resubscribe() {},
      renew() {},
      malformed() {},
      actorFailed() {},
      readGenerally() {},
      refused() {},
    },
  });
  for (const [exchange, rows] of lists) shard.directory(exchange).learn(rows);
  for (const [frame, record] of records.entries()) shard.process(record, frame, true);
  return { instruments: [...shard.books()].map(([, actor]) => actor.state().instrument), lastSnapshot };
}
