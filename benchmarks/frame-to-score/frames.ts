/** The data of one workload in memory, as feed records and as the bare texts of the same frames. */

import { z } from 'zod';

import type { InstrumentRow } from '../../src/book/wire-message.ts';
import { readCapture } from '../../src/collect/capture-reader.ts';
import { wireRegistry } from '../../src/exchanges/registry.ts';
import type { FeedRecord } from '../../src/model/feed-record.ts';
import { BenchmarkError } from '../harness/benchmark-error.ts';
import { krakenV2Batch, krakenV2SourceSchema } from './kraken-v2-batch.ts';

/** Where frames come from; a plain value, so that another process can load them. */
export const frameSourceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('capture'), path: z.string() }),
  krakenV2SourceSchema,
]);
export type FrameSource = Readonly<z.infer<typeof frameSourceSchema>>;

export interface Frames {
  /** Everything that happened on the connections, in order, without the venue's lists of instruments. */
  readonly records: readonly FeedRecord[];
  /** The frames and the REST answers among the records: what a parser has to read. */
  readonly texts: readonly string[];
  /** Lists of instruments by exchange: known before the first frame, as a live feed knows them. */
  readonly instruments: readonly (readonly [exchange: string, rows: readonly InstrumentRow[]])[];
}

/**
 * A list of instruments is asked for once a day and may outweigh all frames of a short recording, so it is read here
 * and not in the timed path.
 * @throws CaptureError where the recording cannot be read; BenchmarkError `benchmark.unexpected` where a line of it
 * makes no sense
 */
export async function loadFrames(source: FrameSource): Promise<Frames> {
  const all = source.kind === 'capture' ? await recordsOf(source.path) : krakenV2Batch(source).records;
  const records: FeedRecord[] = [];
  const instruments: [string, readonly InstrumentRow[]][] = [];
  for (const record of all) {
    const rows = instrumentRows(record);
    if (rows === null) records.push(record);
    else instruments.push([record.exchange, rows]);
  }
  const texts = records.flatMap(({ op, data }) => (data !== null && (op === 'recv' || op === 'http') ? [data] : []));
  return { records, texts, instruments };
}

async function recordsOf(path: string): Promise<FeedRecord[]> {
  const records: FeedRecord[] = [];
  const onMalformed = (lineNumber: number, reason: string): never => {
    const remedy = 'Fetch the recording again: a damaged one measures nothing.';
    throw new BenchmarkError('benchmark.unexpected', `line ${lineNumber} of ${path}: ${reason}`, remedy, { path });
  };
  for await (const chunk of readCapture(path, { onMalformed })) {
    for (const record of chunk) records.push(record);
  }
  return records;
}

/** Null for records that are no list of instruments. */
function instrumentRows({ op, exchange, url, data }: FeedRecord): readonly InstrumentRow[] | null {
  if (op !== 'http') return null;
  let rows: readonly InstrumentRow[] | null = null;
  wireRegistry.live(exchange)?.parseHttp(url ?? '', data ?? '', (message) => {
    if (message.kind === 'instruments') rows = message.instruments;
  });
  return rows;
}
