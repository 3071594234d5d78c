/**
 * Counts a book's events and chains a digest over its market events, behind the bus: what comes out is what consumers
 * really saw, so equal digests say that feeds, books and bus did the same.
 *
 *     hash(0) = 32 zero bytes,  hash(n) = SHA-256(hash(n-1) ‖ block n)
 *
 * A block is the canonical bytes of one event after another, and ends with the event that brings it to `BLOCK_BYTES`:
 * calls of the hash cost more than its bytes, and where a block ends must depend on the events alone. What has not made
 * a block yet counts as the last one.
 */

import { hash } from 'node:crypto';
import type { EventView, MarketView } from '../model/event.ts';
import { isMarketView } from '../model/event.ts';

/** Where the canonical bytes of one book gather. */
export interface CanonicalBuffer {
  readonly length: number;
  /** Appends the canonical bytes of an event. */
  append(view: MarketView): void;
  raw(bytes: Uint8Array): void;
  /** All of them, valid until the next call. */
  bytes(): Uint8Array;
  clear(): void;
}

export interface LedgerEntry {
  /** Hexadecimal. */
  readonly hash: string;
  readonly events: number;
}

/** What the ledger holds of one book, as a plain value. */
export interface LedgerPart {
  /** Events by kind. */
  readonly counts: Readonly<Record<string, number>>;
  /** Market events, and the hash of the last whole block with the bytes that have come since; null before the first. */
  readonly chain: { readonly bytes: Uint8Array; readonly events: number } | null;
}

interface BookLedger {
  readonly counts: Record<string, number>;
  chain: Chain | null;
}

const HASH_BYTES = 32;
const BLOCK_BYTES = 4096;
const FIRST_HASH = new Uint8Array(HASH_BYTES);

/** The digest of one book. */
export class Chain {
  events = 0;
  /** The hash of the last whole block, and what has come since. */
  private readonly buffer: CanonicalBuffer;

  constructor(buffer: CanonicalBuffer) {
    this.buffer = buffer;
    buffer.raw(FIRST_HASH);
  }

  add(view: MarketView): void {
    const { buffer } = this;
    buffer.append(view);
    this.events++;
    if (buffer.length >= HASH_BYTES + BLOCK_BYTES) this.restore(hash('sha256', buffer.bytes(), 'buffer'), this.events);
  }

  /** Hexadecimal. */
  get hash(): string {
    const bytes = this.buffer.bytes();
    return bytes.length > HASH_BYTES ? hash('sha256', bytes, 'hex') : Buffer.from(bytes).toString('hex');
  }

  /** A copy. */
  get bytes(): Uint8Array {
    return Uint8Array.from(this.buffer.bytes());
  }

  restore(bytes: Uint8Array, events: number): void {
    this.buffer.clear();
    this.buffer.raw(bytes);
    this.events = events;
  }
}

export class Ledger {
  private readonly newBuffer: () => CanonicalBuffer;
  private readonly books = new Map<string, BookLedger>();

  /** @param newBuffer an empty buffer for a further book */
  constructor(newBuffer: () => CanonicalBuffer) {
    this.newBuffer = newBuffer;
  }

  /** Takes an event in; each exactly once and in order. */
  add(book: string, view: EventView): void {
    const ledger = this.of(book);
    const { counts } = ledger;
    // It has no place of its own in the order of events, so that one that is delivered again cannot be told from the first.
    if (view.kind === 'book.sample') return;
    counts[view.kind] = (counts[view.kind] ?? 0) + 1;
    if (!isMarketView(view)) return;
    ledger.chain ??= new Chain(this.newBuffer());
    ledger.chain.add(view);
  }

  /** Events by kind, of all books. */
  get counts(): Record<string, number> {
    const total: Record<string, number> = {};
    for (const { counts } of this.books.values()) {
      for (const [kind, count] of Object.entries(counts)) total[kind] = (total[kind] ?? 0) + count;
    }
    return total;
  }

  entries(): Readonly<Record<string, LedgerEntry>> {
    const entries: Record<string, LedgerEntry> = {};
    for (const [book, { chain }] of this.books) {
      if (chain !== null) entries[book] = { hash: chain.hash, events: chain.events };
    }
    return entries;
  }

  /** One book's part; later events do not change it. */
  part(book: string): LedgerPart {
    const { counts, chain } = this.of(book);
    return { counts: { ...counts }, chain: chain === null ? null : { bytes: chain.bytes, events: chain.events } };
  }

  /** Takes the value in the place of what it holds of that book. */
  restore(book: string, { counts, chain }: LedgerPart): void {
    const restored: BookLedger = { counts: { ...counts }, chain: null };
    if (chain !== null) {
      restored.chain = new Chain(this.newBuffer());
      restored.chain.restore(chain.bytes, chain.events);
    }
    this.books.set(book, restored);
  }

  clear(): void {
    this.books.clear();
  }

  private of(book: string): BookLedger {
    let ledger = this.books.get(book);
    if (ledger === undefined) {
      ledger = { counts: {}, chain: null };
      this.books.set(book, ledger);
    }
    return ledger;
  }
}

/** One digest over all books: SHA-256 of the lines `exchange:symbol hash`, sorted by the former. */
export function digestOf(hashes: Readonly<Record<string, string>>): string {
  const lines = Object.keys(hashes)
    .sort()
    .map((book) => `${book} ${hashes[book]}\n`);
  return hash('sha256', lines.join(''), 'hex');
}
