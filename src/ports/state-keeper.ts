/**
 * Keeps the state of actors behind the bus, so that a thread, or with a lasting keeper the whole program, goes on where
 * it was. A snapshot is a row of bytes that comes in parts and counts as a whole: until it is committed, and whatever ends
 * the writer before, the one before it stands. What the bytes mean, and that they are whole, is the owner's business.
 */

export interface StateKeeper {
  /** The last committed snapshot of that name, or null where there is none. */
  load(name: string): Promise<Uint8Array | null>;
  /** Begins a snapshot. One at a time per name; a draft that is not committed is as if it had never been. */
  draft(name: string): Promise<StateDraft>;
}

export interface StateDraft {
  /** Appends a part; resolves when it is out of the caller's hands. The keeper does not hold on to `part` after that. */
  write(part: Uint8Array): Promise<void>;
  /** From now on this is the snapshot of its name; resolves when that is certain. */
  commit(): Promise<void>;
}
