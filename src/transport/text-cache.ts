import type { ByteReader } from './byte-reader.ts';

const ENTRIES_MAX = 65_536;

interface Entry<T> {
  readonly bytes: Uint8Array;
  readonly value: T;
}

/**
 * Remembers what was decoded from some bytes, so that a text that comes with every batch is decoded once. Bounded: a
 * full cache is emptied, since whoever meets so many texts gains nothing from it.
 */
export class TextCache<T> {
  private readonly entries = new Map<number, Entry<T>>();

  /** The value of the reader's bytes between two places, decoded where it is not known yet. */
  get(
    reader: ByteReader,
    start: number,
    end: number,
    decode: (reader: ByteReader, start: number, end: number) => T,
  ): T {
    const hash = hashOf(reader, start, end);
    const known = this.entries.get(hash);
    if (known !== undefined && equals(known.bytes, reader, start, end)) return known.value;
    const value = decode(reader, start, end);
    if (this.entries.size >= ENTRIES_MAX) this.entries.clear();
    // Of two texts with one hash the later stays: the other is decoded again, never mistaken.
    this.entries.set(hash, { bytes: Uint8Array.from(reader.slice(start, end)), value });
    return value;
  }
}

/** FNV-1a. */
function hashOf(reader: ByteReader, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ reader.view.getUint8(at), 0x01000193);
  return hash >>> 0;
}

function equals(bytes: Uint8Array, reader: ByteReader, start: number, end: number): boolean {
  if (bytes.length !== end - start) return false;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== reader.view.getUint8(start + i)) return false;
  return true;
}
