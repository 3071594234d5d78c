/** Texts by their bytes, so that a symbol that was seen before costs no new string. */

interface Entry {
  readonly hash: number;
  readonly length: number;
  /** The bytes, four at a time, little-endian; the last ones filled up with zeros. */
  readonly words: Int32Array;
  readonly text: string;
}

/** More than any venue lists. When full, symbols are still read, one string each. */
const ENTRIES_MAX = 32_768;
const SLOTS_MIN = 256;

/** Odd numbers of many bits, which spread whatever is multiplied by them: those of xxHash32 (https://xxhash.com). */
const PRIMES = [0x9e3779b1 | 0, 0x85ebca77 | 0] as const;

export class SymbolTable {
  private slots: (Entry | null)[] = Array.from({ length: SLOTS_MIN }, () => null);
  private entries = 0;

  /** The text of the bytes from `from` to `to`, which are ASCII. Up to three bytes behind them are looked at. */
  text(view: DataView, from: number, to: number): string {
    const { slots } = this;
    const hash = hashOfBytes(view, from, to);
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const entry = slots[slot];
      if (entry === null || entry === undefined) return this.add(view, from, to, hash);
      if (entry.hash === hash && isSame(entry, view, from, to)) return entry.text;
      slot = (slot + 1) & mask;
    }
  }

  private add(view: DataView, from: number, to: number, hash: number): string {
    const length = to - from;
    const text = Buffer.from(view.buffer, view.byteOffset + from, length).toString('latin1');
    if (this.entries < ENTRIES_MAX) {
      const words = Int32Array.from({ length: (length + 3) >> 2 }, (_, word) => wordAt(view, from + 4 * word, to));
      this.entries++;
      if (this.entries * 2 > this.slots.length) this.grow();
      this.place({ hash, length, words, text });
    }
    return text;
  }

  private grow(): void {
    const { slots } = this;
    this.slots = Array.from({ length: slots.length * 2 }, () => null);
    for (const entry of slots) if (entry !== null) this.place(entry);
  }

  private place(entry: Entry): void {
    const mask = this.slots.length - 1;
    let slot = entry.hash & mask;
    while (this.slots[slot] !== null) slot = (slot + 1) & mask;
    this.slots[slot] = entry;
  }
}

/** 32 bits that depend on all of the bytes. */
export function hashOfBytes(view: DataView, from: number, to: number): number {
  let hash = to - from;
  for (let at = from; at < to; at += 4) hash = Math.imul(hash ^ wordAt(view, at, to), PRIMES[0]);
  // What is multiplied goes upwards only, and the table looks at the low bits.
  hash = Math.imul(hash ^ (hash >>> 15), PRIMES[1]);
  return hash ^ (hash >>> 13);
}

/** The next four bytes; zeros for those from `to` on. */
const wordAt = (view: DataView, at: number, to: number): number => {
  const word = view.getInt32(at, true);
  const left = to - at;
  return left >= 4 ? word : word & ~(-1 << (8 * left));
};

function isSame({ length, words }: Entry, view: DataView, from: number, to: number): boolean {
  if (length !== to - from) return false;
  for (let word = 0; word < words.length; word++) if (words[word] !== wordAt(view, from + 4 * word, to)) return false;
  return true;
}
