/**
 * A bounded queue of byte records on disk, first in, first out. It is for one thread and one lifetime: its files have no names,
 * since each is unlinked as soon as it is open, so that whatever ends the thread leaves nothing behind and takes the records
 * along.
 *
 *     file    record | record | …       some megabytes; the disk has it back when its last record was taken
 *     record  u32 length, u32 CRC-32 of the bytes (both little-endian), the bytes
 *
 * Calls are synchronous: what is written and read lies in the system's page cache, and is asked for while the bus is away.
 */

import { randomUUID } from 'node:crypto';
import { closeSync, ftruncateSync, mkdirSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { assert } from '../lib/assert.ts';
import { BusError } from './bus-error.ts';

export interface DiskQueueOptions {
  /** Made where it is missing, with the first record. */
  readonly folder: string;
  /** On the disk at any time, records that were taken and whose file is still needed included. */
  readonly maxBytes: number;
  /** A further file begins at this size. Default 16 MiB, and at most an eighth of `maxBytes`. */
  readonly fileBytes?: number;
}

interface QueueFile {
  readonly fd: number;
  size: number;
  /** Where the next record is read. */
  at: number;
}

const HEAD_BYTES = 8;
const FILE_BYTES = 16 * 1024 * 1024;
const FILES_MIN = 8;

export class DiskQueue {
  /** Records that can be taken. */
  records = 0;
  /** Bytes on the disk. */
  bytes = 0;
  /** Why the last record was refused, where it was not for want of room within the bound; null otherwise. */
  trouble: unknown = null;
  private readonly folder: string;
  private readonly maxBytes: number;
  private readonly fileBytes: number;
  /** Oldest first; written at the end, read at the beginning. */
  private readonly files: QueueFile[] = [];

  constructor({ folder, maxBytes, fileBytes = FILE_BYTES }: DiskQueueOptions) {
    this.folder = folder;
    this.maxBytes = maxBytes;
    this.fileBytes = Math.min(fileBytes, maxBytes / FILES_MIN);
  }

  /**
   * Appends a record. @returns false where it would pass the bound, or the disk does not take it (see `trouble`); the queue is
   * then as before
   */
  append(record: Uint8Array): boolean {
    this.trouble = null;
    const length = HEAD_BYTES + record.length;
    if (this.bytes + length > this.maxBytes) return false;
    let file: QueueFile | undefined;
    try {
      file = this.fileToWrite();
      writeAll(file.fd, framed(record), file.size);
    } catch (error) {
      this.trouble = error;
      // Half a record may stand there: the next one is written over it, and nothing reads beyond the size.
      if (file !== undefined) dropTail(file);
      return false;
    }
    file.size += length;
    this.bytes += length;
    this.records++;
    return true;
  }

  /** Takes the oldest record; null where there is none. @throws BusError `bus.spool-damaged` where the disk gives back another */
  shift(): Uint8Array | null {
    const file = this.files[0];
    if (file === undefined || this.records === 0) return null;
    const head = readAll(file, HEAD_BYTES);
    const record = readAll(file, head.readUInt32LE(0));
    if (crc32(record) !== head.readUInt32LE(4)) throw damaged('a record is not what was written');
    this.records--;
    this.forgetRead();
    return record;
  }

  close(): void {
    for (const { fd } of this.files.splice(0)) closeSync(fd);
    this.records = 0;
    this.bytes = 0;
  }

  private fileToWrite(): QueueFile {
    const last = this.files.at(-1);
    if (last !== undefined && last.size < this.fileBytes) return last;
    mkdirSync(this.folder, { recursive: true });
    const path = join(this.folder, `${randomUUID()}.spool`);
    const fd = openSync(path, 'wx+');
    unlinkSync(path);
    const file = { fd, size: 0, at: 0 };
    this.files.push(file);
    return file;
  }

  /** Gives files back of which everything was taken. */
  private forgetRead(): void {
    for (let file = this.files[0]; file !== undefined && file.at === file.size; file = this.files[0]) {
      closeSync(file.fd);
      this.files.shift();
      this.bytes -= file.size;
    }
    assert(this.bytes >= 0, `${this.bytes} bytes on the disk`);
  }
}

function framed(record: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + record.length);
  bytes.writeUInt32LE(record.length, 0);
  bytes.writeUInt32LE(crc32(record), 4);
  bytes.set(record, HEAD_BYTES);
  return bytes;
}

/** @throws as the system does; a full disk may take a part first */
function writeAll(fd: number, bytes: Buffer, at: number): void {
  for (let written = 0; written < bytes.length;) {
    written += writeSync(fd, bytes, written, bytes.length - written, at + written);
  }
}

function readAll(file: QueueFile, length: number): Buffer {
  if (file.at + length > file.size) throw damaged('a record is longer than its file');
  const bytes = Buffer.allocUnsafe(length);
  for (let read = 0; read < length;) {
    const count = readSync(file.fd, bytes, read, length - read, file.at + read);
    if (count === 0) throw damaged('the file ends within a record');
    read += count;
  }
  file.at += length;
  return bytes;
}

/** Gives back what a failed write has taken of the disk. */
function dropTail({ fd, size }: QueueFile): void {
  try {
    ftruncateSync(fd, size);
  } catch {
    // It will be written over.
  }
}

function damaged(what: string): BusError {
  return new BusError('bus.spool-damaged', `the spool of the bus cannot be read back: ${what}`, {
    remedy: 'check the disk of bus.spool.dir',
  });
}
