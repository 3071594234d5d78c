/** Texts by their bytes, so that a symbol that was seen before costs no new string. */

interface Entry {
  readonly hash: number;
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** More than any venue lists. When full, symbols are still read, one string each. */
const ENTRIES_MAX = 32_768;
const SLOTS_MIN = 256;

/** FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
export const FNV_BASIS = 0x811c9dc5 | 0;
export const FNV_PRIME = 0x01000193;

export class SymbolTable {
  private slots: (Entry | null)[] = Array.from({ length: SLOTS_MIN }, () => null);
  private entries = 0;

  /**
   * The text of the bytes from `from` to `to`, which are ASCII.
   * @param hash FNV-1a of them
   */
  text(view: DataView, from: number, to: number, hash: number): string {
    const { slots } = this;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const entry = slots[slot];
      if (entry === null || entry === undefined) return this.add(view, from, to, hash);
      if (entry.hash === hash && isSame(entry.bytes, view, from, to)) return entry.text;
      slot = (slot + 1) & mask;
    }
  }

  private add(view: DataView, from: number, to: number, hash: number): string {
    const bytes = new Uint8Array(view.buffer.slice(view.byteOffset + from, view.byteOffset + to));
    const text = Buffer.from(bytes.buffer).toString('latin1');
    if (this.entries < ENTRIES_MAX) {
      this.entries++;
      if (this.entries * 2 > this.slots.length) this.grow();
      this.place({ hash, bytes, text });
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

function isSame(bytes: Uint8Array, view: DataView, from: number, to: number): boolean {
  if (bytes.length !== to - from) return false;
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== view.getUint8(from + at)) return false;
  return true;
}
