/**
 * Feed records packed into one buffer, to cross to an ingest shard in one piece.
 *
 *     header   u32 where the names begin
 *     record   f64 tUs | f64 frame | u16 name | u8 op | u8 flags | u32 url bytes | u32 data bytes | url | data
 *     names    [[exchange, conn], …] as JSON
 *
 * Numbers are little-endian. The memory is shared and not copied: what was read once is seen by the shard, and by
 * whoever sends it again after the shard's death.
 */

import type { FeedOp, FeedRecord } from '../model/feed-record.ts';
import { FEED_OPS } from '../model/feed-record.ts';

/** A finished batch. Nobody writes to it until its memory is given back. */
export interface RecordBatch {
  /** From the start of its buffer; the buffer may be longer. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly records: number;
  /** How many of them are frames that were received. */
  readonly frames: number;
}

const HEADER = 4;
const RECORD_HEADER = 28;
const COUNTED = 1;
const HAS_URL = 2;
const HAS_DATA = 4;
const BATCH_BYTES = 1024 * 1024;
/** What is less is copied into memory of its own size: many small batches may wait at a time. */
const OWN_MEMORY_BYTES_MIN = BATCH_BYTES / 4;
/** Whoever reads a frame by words may look so far behind its end. */
const SLACK_BYTES = 64;
/** A name's number has 16 bits. */
const NAMES_MAX = 0xffff;
const RECV = FEED_OPS.indexOf('recv');

/** Memory of batches, used again and again: to get fresh pages takes longer than to fill them. */
export class BatchMemory {
  private readonly idle: SharedArrayBuffer[] = [];

  take(bytesMin: number): SharedArrayBuffer {
    if (bytesMin > BATCH_BYTES) return new SharedArrayBuffer(bytesMin);
    return this.idle.pop() ?? new SharedArrayBuffer(BATCH_BYTES);
  }

  /** Nobody reads this batch any more. */
  give({ bytes: { buffer } }: RecordBatch): void {
    if (buffer.byteLength === BATCH_BYTES) this.idle.push(buffer);
  }
}

/** Exchange and connection of records, as a writer keeps them between batches. */
export interface RecordSource {
  readonly exchange: string;
  readonly conn: string;
  /** Bytes that its name takes at most. */
  readonly bytesMax: number;
  /** The batch that last had a record of it, and its number among the names there. */
  batch: number;
  name: number;
}

/** Packs records into one batch after another. */
export class RecordWriter {
  /** Of the batch under construction. Data may be written from `dataAt` on, as far as `room` goes, and then added. */
  view = new DataView(new SharedArrayBuffer(0));
  records = 0;
  private readonly memory: BatchMemory;
  private readonly sources = new Map<string, RecordSource>();
  private lastSource: RecordSource | null = null;
  private bytes = new Uint8Array(this.view.buffer);
  private at = HEADER;
  private frames = 0;
  private names: (readonly [exchange: string, conn: string])[] = [];
  private namesBytesMax = 0;
  private batch = 0;

  constructor(memory: BatchMemory) {
    this.memory = memory;
    this.useMemory(BATCH_BYTES);
    this.begin();
  }

  /** Where the data of the next record begin, if it has no URL. */
  get dataAt(): number {
    return this.at + RECORD_HEADER;
  }

  /** Bytes of data that the next record may have, if it has no URL and comes from `source`. */
  roomFor(source: RecordSource): number {
    const { length } = this.bytes;
    return length - this.dataAt - this.namesBytesMax - source.bytesMax - SLACK_BYTES;
  }

  source(exchange: string, conn: string): RecordSource {
    const { lastSource } = this;
    if (lastSource !== null && lastSource.conn === conn && lastSource.exchange === exchange) return lastSource;
    const key = `${exchange}\n${conn}`;
    let source = this.sources.get(key);
    if (source === undefined) {
      const bytesMax = Buffer.byteLength(JSON.stringify([exchange, conn])) + 2;
      source = { exchange, conn, bytesMax, batch: -1, name: 0 };
      this.sources.set(key, source);
    }
    this.lastSource = source;
    return source;
  }

  /** Packs a record. @returns false where the batch is full: it must be taken first */
  append(record: FeedRecord, frame: number, isCounted: boolean): boolean {
    const { tUs, exchange, conn, op, url, data } = record;
    const source = this.source(exchange, conn);
    const bytesMax = 3 * (url?.length ?? 0) + (data?.length ?? 0);
    if (this.isFull(bytesMax, source)) {
      if (this.records > 0) return false;
      this.useMemory(HEADER + RECORD_HEADER + bytesMax + source.bytesMax + SLACK_BYTES);
    }
    const { bytes, dataAt } = this;
    const urlBytes = url === null ? 0 : Buffer.from(bytes.buffer).write(url, dataAt);
    if (data !== null) bytes.set(data, dataAt + urlBytes);
    const flags = (isCounted ? COUNTED : 0) | (url === null ? 0 : HAS_URL) | (data === null ? 0 : HAS_DATA);
    this.add(tUs, frame, source, FEED_OPS.indexOf(op), flags, urlBytes, data?.length ?? 0);
    return true;
  }

  /** Adds a record without URL whose data stand at `dataAt` already. @param op its place in FEED_OPS */
  addWritten(tUs: number, frame: number, source: RecordSource, op: number, dataBytes: number): void {
    this.add(tUs, frame, source, op, COUNTED | HAS_DATA, 0, dataBytes);
  }

  /** The batch, to be given back to the memory by whoever reads it last; the writer starts another one. */
  take(): RecordBatch {
    const { bytes, view, records, frames } = this;
    view.setUint32(0, this.at, true);
    this.at += Buffer.from(bytes.buffer).write(JSON.stringify(this.names), this.at);
    const written = bytes.subarray(0, this.at);
    if (this.at >= OWN_MEMORY_BYTES_MIN) this.useMemory(BATCH_BYTES);
    this.begin();
    return { bytes: bytes === this.bytes ? copyOf(written) : written, records, frames };
  }

  private begin(): void {
    this.at = HEADER;
    this.records = 0;
    this.frames = 0;
    this.names = [];
    this.namesBytesMax = 0;
    this.batch++;
  }

  private isFull(dataBytes: number, source: RecordSource): boolean {
    return dataBytes > this.roomFor(source) || this.names.length >= NAMES_MAX;
  }

  private useMemory(bytesMin: number): void {
    this.bytes = new Uint8Array(this.memory.take(bytesMin));
    this.view = new DataView(this.bytes.buffer);
  }

  private add(
    tUs: number,
    frame: number,
    source: RecordSource,
    op: number,
    flags: number,
    urlBytes: number,
    dataBytes: number,
  ): void {
    const { view, at } = this;
    view.setFloat64(at, tUs, true);
    view.setFloat64(at + 8, frame, true);
    view.setUint16(at + 16, source.batch === this.batch ? source.name : this.nameOf(source), true);
    view.setUint8(at + 18, op);
    view.setUint8(at + 19, flags);
    view.setUint32(at + 20, urlBytes, true);
    view.setUint32(at + 24, dataBytes, true);
    this.at = at + RECORD_HEADER + urlBytes + dataBytes;
    this.records++;
    if (op === RECV) this.frames++;
  }

  private nameOf(source: RecordSource): number {
    source.batch = this.batch;
    source.name = this.names.length;
    this.names.push([source.exchange, source.conn]);
    this.namesBytesMax += source.bytesMax;
    return source.name;
  }
}

function copyOf(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** Reads batches. Not re-entrant. */
export class RecordReader {
  private readonly record: { -readonly [Field in keyof FeedRecord]: FeedRecord[Field] } = {
    tUs: 0,
    exchange: '',
    conn: '',
    op: 'recv',
    url: null,
    data: null,
  };
  private namesText = '';
  private names: readonly (readonly [exchange: string, conn: string])[] = [];

  /**
   * Hands each record over, in order. The record is refilled: valid during the call, its data as long as the batch.
   * @param bytes of a batch, never from outside
   */
  read(bytes: Uint8Array, onRecord: (record: FeedRecord, frame: number, isCounted: boolean) => void): void {
    const { record } = this;
    const { buffer, byteOffset, byteLength } = bytes;
    const view = new DataView(buffer, byteOffset, byteLength);
    const end = view.getUint32(0, true);
    this.readNames(Buffer.from(buffer, byteOffset + end, byteLength - end).toString());
    const { names } = this;
    for (let at = HEADER; at < end;) {
      const flags = view.getUint8(at + 19);
      const urlBytes = view.getUint32(at + 20, true);
      const dataBytes = view.getUint32(at + 24, true);
      const urlAt = byteOffset + at + RECORD_HEADER;
      const name = names[view.getUint16(at + 16, true)];
      record.tUs = view.getFloat64(at, true);
      record.exchange = name?.[0] ?? '';
      record.conn = name?.[1] ?? '';
      record.op = FEED_OPS[view.getUint8(at + 18)] as FeedOp;
      record.url = (flags & HAS_URL) === 0 ? null : Buffer.from(buffer, urlAt, urlBytes).toString();
      record.data = (flags & HAS_DATA) === 0 ? null : new Uint8Array(buffer, urlAt + urlBytes, dataBytes);
      onRecord(record, view.getFloat64(at + 8, true), (flags & COUNTED) !== 0);
      at += RECORD_HEADER + urlBytes + dataBytes;
    }
  }

  /** Batch after batch has the same names: the same texts are then given out, which compare at once. */
  private readNames(text: string): void {
    if (text === this.namesText) return;
    this.namesText = text;
    this.names = JSON.parse(text) as typeof this.names;
  }
}
