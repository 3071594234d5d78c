/**
 * Counts a book's events and chains a digest over its market events, behind the bus: what comes out is what consumers
 * really saw, so equal digests say that feeds, books and bus did the same.
 *
 *     hash(0) = 32 zero bytes,  hash(n) = SHA-256(hash(n-1) ‖ canonical bytes of event n)
 */

import { hash } from 'node:crypto';
import type { BookView, EventView, TradeView } from '../model/event.ts';

/** Canonical bytes of a market event, valid until the next call. */
export type Canonicalize = (view: BookView | TradeView) => Uint8Array;

export interface LedgerEntry {
  /** Hexadecimal. */
  readonly hash: string;
  readonly events: number;
}

export interface LedgerState {
  readonly counts: Readonly<Record<string, number>>;
  readonly hashes: readonly { readonly book: string; readonly hash: Uint8Array; readonly events: number }[];
}

interface Chain {
  hash: Uint8Array;
  events: number;
}

const EMPTY_HASH_BYTES = 32;

export class Ledger {
  /** Events by kind. */
  counts: Record<string, number> = {};
  private readonly canonicalize: Canonicalize;
  private readonly chains = new Map<string, Chain>();
  private scratch = new Uint8Array(4096);

  constructor(canonicalize: Canonicalize) {
    this.canonicalize = canonicalize;
  }

  /** Takes an event in; each exactly once and in order. */
  add(book: string, view: EventView): void {
    this.counts[view.kind] = (this.counts[view.kind] ?? 0) + 1;
    if (view.kind === 'book.status' || view.kind === 'order.score') return;
    let chain = this.chains.get(book);
    if (chain === undefined) {
      chain = { hash: new Uint8Array(EMPTY_HASH_BYTES), events: 0 };
      this.chains.set(book, chain);
    }
    const bytes = this.canonicalize(view);
    const length = EMPTY_HASH_BYTES + bytes.length;
    if (this.scratch.length < length) this.scratch = new Uint8Array(length * 2);
    this.scratch.set(chain.hash);
    this.scratch.set(bytes, EMPTY_HASH_BYTES);
    chain.hash = hash('sha256', this.scratch.subarray(0, length), 'buffer');
    chain.events++;
  }

  entries(): Readonly<Record<string, LedgerEntry>> {
    return Object.fromEntries(
      [...this.chains].map(([book, chain]) => [
        book,
        { hash: Buffer.from(chain.hash).toString('hex'), events: chain.events },
      ]),
    );
  }

  state(): LedgerState {
    return {
      counts: { ...this.counts },
      hashes: [...this.chains].map(([book, chain]) => ({
        book,
        hash: new Uint8Array(chain.hash),
        events: chain.events,
      })),
    };
  }

  restore(state: LedgerState): void {
    this.counts = { ...state.counts };
    this.chains.clear();
    for (const { book, hash: value, events } of state.hashes) this.chains.set(book, { hash: value.slice(), events });
  }
}

/** One digest over all books: SHA-256 of the lines `exchange:symbol hash`, sorted by the former. */
export function digestOf(hashes: Readonly<Record<string, string>>): string {
  const lines = Object.keys(hashes)
    .sort()
    .map((book) => `${book} ${hashes[book]}\n`);
  return hash('sha256', lines.join(''), 'hex');
}
