/**
 * Feed records packed into one buffer, to cross to an ingest shard in one piece.
 *
 *     header   u32 bytes of the names | names as JSON: [[exchange, conn], …]
 *     record   f64 tUs | f64 frame | u16 name | u8 op | u8 flags | u32 url bytes | u32 data bytes | url | data
 */

import type { FeedOp, FeedRecord } from '../model/feed-record.ts';
import { FEED_OPS } from '../model/feed-record.ts';

const RECORD_HEADER = 28;
const COUNTED = 1;
const HAS_URL = 2;
const HAS_DATA = 4;

export interface NumberedRecord {
  readonly record: FeedRecord;
  /** Place in the order of the archive. */
  readonly frame: number;
  /** False where another shard counts this record too. */
  readonly counted: boolean;
}

/** Packs records; the result owns its memory. */
export function packRecords(records: readonly NumberedRecord[]): Uint8Array<ArrayBuffer> {
  const names = new Map<string, number>();
  let size = 4;
  for (const { record } of records) {
    const name = `${record.exchange}\n${record.conn}`;
    if (!names.has(name)) names.set(name, names.size);
    // UTF-8 needs at most three bytes per UTF-16 unit.
    size += RECORD_HEADER + 3 * ((record.url?.length ?? 0) + (record.data?.length ?? 0));
  }
  const head = Buffer.from(JSON.stringify([...names.keys()].map((name) => name.split('\n'))));
  const buffer = Buffer.from(new ArrayBuffer(size + head.length));
  buffer.writeUInt32LE(head.length, 0);
  let at = 4 + head.copy(buffer, 4);
  for (const { record, frame, counted } of records) {
    buffer.writeDoubleLE(record.tUs, at);
    buffer.writeDoubleLE(frame, at + 8);
    buffer.writeUInt16LE(names.get(`${record.exchange}\n${record.conn}`) ?? 0, at + 16);
    buffer.writeUInt8(FEED_OPS.indexOf(record.op), at + 18);
    const flags = (counted ? COUNTED : 0) | (record.url === null ? 0 : HAS_URL) | (record.data === null ? 0 : HAS_DATA);
    buffer.writeUInt8(flags, at + 19);
    const body = at + RECORD_HEADER;
    const urlBytes = buffer.write(record.url ?? '', body);
    const dataBytes = buffer.write(record.data ?? '', body + urlBytes);
    buffer.writeUInt32LE(urlBytes, at + 20);
    buffer.writeUInt32LE(dataBytes, at + 24);
    at = body + urlBytes + dataBytes;
  }
  return new Uint8Array(buffer.buffer.slice(0, at));
}

/** Hands each record over, in order. Bytes come from `packRecords`, never from outside. */
export function unpackRecords(
  bytes: Uint8Array,
  onRecord: (record: FeedRecord, frame: number, counted: boolean) => void,
): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 4 + buffer.readUInt32LE(0);
  const names = JSON.parse(buffer.toString('utf8', 4, at)) as readonly (readonly [string, string])[];
  while (at < buffer.length) {
    const [exchange, conn] = names[buffer.readUInt16LE(at + 16)] ?? ['', ''];
    const flags = buffer.readUInt8(at + 19);
    const urlAt = at + RECORD_HEADER;
    const dataAt = urlAt + buffer.readUInt32LE(at + 20);
    const end = dataAt + buffer.readUInt32LE(at + 24);
    const record: FeedRecord = {
      tUs: buffer.readDoubleLE(at),
      exchange,
      conn,
      op: FEED_OPS[buffer.readUInt8(at + 18)] as FeedOp,
      url: (flags & HAS_URL) === 0 ? null : buffer.toString('utf8', urlAt, dataAt),
      data: (flags & HAS_DATA) === 0 ? null : buffer.toString('utf8', dataAt, end),
    };
    onRecord(record, buffer.readDoubleLE(at + 8), (flags & COUNTED) !== 0);
    at = end;
  }
}
