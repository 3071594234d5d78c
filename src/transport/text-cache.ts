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
    const hash = hashOf(reader.bytes, start, end);
    const known = this.entries.get(hash);
    if (known !== undefined && equals(known.bytes, reader.bytes, start, end)) return known.value;
    const value = decode(reader, start, end);
    if (this.entries.size >= ENTRIES_MAX) this.entries.clear();
    // Of two texts with one hash the later stays: the other is decoded again, never mistaken.
    this.entries.set(hash, { bytes: Uint8Array.from(reader.bytes.subarray(start, end)), value });
    return value;
  }
}

/** FNV-1a, as a small integer: those are the cheapest keys of a map. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash >> 1;
}

function equals(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== bytes[start + i]) return false;
  return true;
}
