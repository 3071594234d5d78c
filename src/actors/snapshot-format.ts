/**
 * The bytes of a snapshot: who made it, one record per book, and a digest that says whether all of it is there.
 *
 *     'WWST' │ u16 version │ u32 length, JSON of the heading │ (u32 length, record)* │ u32 END │ u32 records │ SHA-256
 *
 * A record is a plain value in V8's own layout, which knows typed arrays, NaN and Infinity; newer versions of Node read
 * what older ones wrote. Numbers are little-endian. What is not exactly this, or is another's, is refused and never guessed at.
 */

import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import { AppError } from '../lib/app-error.ts';

/** Whose state it is: all of it must be the same for a snapshot to be taken. */
export interface SnapshotHeading {
  /** The role, and the version of its records: it rises with every change of what they mean. */
  readonly layout: string;
  /** Pairs are spread over so many partitions, and which of them these are. */
  readonly partitions: number;
  readonly partition: number;
}

/** `state.version`, `state.corrupt` or `state.other`: the snapshot is of no use, and why. */
export class SnapshotRefused extends AppError {
  constructor(code: 'state.version' | 'state.corrupt' | 'state.other', message: string, cause?: unknown) {
    super(code, message, { cause });
    this.name = 'SnapshotRefused';
  }
}

const MAGIC = 'WWST';
const VERSION = 1;
const FIXED_BYTES = MAGIC.length + 2 + 4;
const END = 0xffff_ffff;
const DIGEST_BYTES = 32;
const TAIL_BYTES = 4 + 4 + DIGEST_BYTES;

/** Writes a snapshot piece by piece. */
export class SnapshotWriter {
  /** Records so far. */
  records = 0;
  private readonly digest = createHash('sha256');
  private pieces: Uint8Array[] = [];
  private held = 0;

  constructor(heading: SnapshotHeading) {
    const json = Buffer.from(JSON.stringify(heading));
    const head = Buffer.alloc(FIXED_BYTES);
    head.write(MAGIC, 'latin1');
    head.writeUInt16LE(VERSION, MAGIC.length);
    head.writeUInt32LE(json.length, MAGIC.length + 2);
    this.push(head);
    this.push(json);
  }

  /** Bytes that `take` would give. */
  get bytes(): number {
    return this.held;
  }

  /** Appends a copy of the value. */
  add(record: unknown): void {
    const bytes = serialize(record);
    this.push(word(bytes.length));
    this.push(bytes);
    this.records++;
  }

  /** What has come since the last time. */
  take(): Uint8Array {
    const taken = Buffer.concat(this.pieces, this.held);
    this.pieces = [];
    this.held = 0;
    return taken;
  }

  /** The last piece, `take` included. Nothing may follow. */
  end(): Uint8Array {
    this.push(word(END));
    this.push(word(this.records));
    const digest = this.digest.digest();
    this.pieces.push(digest);
    this.held += digest.length;
    return this.take();
  }

  private push(bytes: Uint8Array): void {
    this.digest.update(bytes);
    this.pieces.push(bytes);
    this.held += bytes.length;
  }
}

/**
 * The records of a whole snapshot.
 * @throws SnapshotRefused where it is damaged, of another version, or of somebody else
 */
export function readSnapshot(data: Uint8Array, expected: SnapshotHeading): unknown[] {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (bytes.length < FIXED_BYTES || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new SnapshotRefused('state.corrupt', 'this is no snapshot');
  }
  const version = bytes.readUInt16LE(MAGIC.length);
  if (version !== VERSION) {
    throw new SnapshotRefused(
      'state.version',
      `the snapshot is of version ${version}, this program reads version ${VERSION}`,
    );
  }
  const bodyEnd = bytes.length - TAIL_BYTES;
  const from = FIXED_BYTES + bytes.readUInt32LE(MAGIC.length + 2);
  if (from > bodyEnd || !hasDigest(bytes)) {
    throw new SnapshotRefused('state.corrupt', 'the snapshot is damaged: its digest is another');
  }
  checkHeading(bytes.toString('utf8', FIXED_BYTES, from), expected);
  const records: unknown[] = [];
  for (let at = from; at < bodyEnd;) {
    const end = at + 4 + bytes.readUInt32LE(at);
    // A copy: typed arrays of the value would hold on to the whole snapshot.
    records.push(valueOf(new Uint8Array(bytes.subarray(at + 4, end))));
    at = end;
  }
  if (bytes.readUInt32LE(bodyEnd) !== END || bytes.readUInt32LE(bodyEnd + 4) !== records.length) {
    throw new SnapshotRefused('state.corrupt', 'the snapshot is damaged: records are missing');
  }
  return records;
}

function hasDigest(bytes: Buffer): boolean {
  const at = bytes.length - DIGEST_BYTES;
  return createHash('sha256').update(bytes.subarray(0, at)).digest().equals(bytes.subarray(at));
}

function checkHeading(json: string, expected: SnapshotHeading): void {
  const found = JSON.parse(json) as SnapshotHeading;
  if (found.layout !== expected.layout) {
    throw new SnapshotRefused(
      'state.version',
      `the snapshot's records are ${found.layout}, this program reads ${expected.layout}`,
    );
  }
  const { partitions, partition } = expected;
  if (found.partitions !== partitions || found.partition !== partition) {
    throw new SnapshotRefused(
      'state.other',
      `the snapshot is of partition ${found.partition} of ${found.partitions}, not of ${partition} of ${partitions}`,
    );
  }
}

function valueOf(bytes: Uint8Array): unknown {
  try {
    return deserialize(bytes);
  } catch (error) {
    throw new SnapshotRefused('state.version', 'the snapshot was written by a newer version of Node', error);
  }
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
