/**
 * Frames that a book keeps while a REST snapshot is under way: their bytes one behind the other in one column, since a
 * buffer for each would cost more than to read it.
 */

/**
 * Bytes of frames kept: about a quarter of a minute of the busiest pair, many times what an answer takes. When full the older half of the frames goes, and a snapshot
 * older than what is left is refused and asked for again.
 */
const BYTES_MAX = 256 * 1024;
const INITIAL_BYTES = 16 * 1024;

export interface PendingFrame {
  readonly bytes: Uint8Array;
  readonly receiveUs: number;
  /** First and last update number in it. */
  readonly first: number;
  readonly last: number;
}

export class PendingFrames {
  private bytes = new Uint8Array(0);
  private used = 0;
  private ends: number[] = [];
  private receiveUs: number[] = [];
  private firsts: number[] = [];
  private lasts: number[] = [];

  get count(): number {
    return this.ends.length;
  }

  /** First update number of the oldest frame; NaN where there is none. */
  get first(): number {
    return this.firsts[0] ?? NaN;
  }

  /**
   * Keeps a copy of a frame.
   * @returns false where older ones had to go
   */
  add(bytes: Uint8Array, receiveUs: number, first: number, last: number): boolean {
    const end = this.used + bytes.length;
    if (end > this.bytes.length) this.reserve(end);
    this.bytes.set(bytes, this.used);
    this.used = end;
    this.ends.push(end);
    this.receiveUs.push(receiveUs);
    this.firsts.push(first);
    this.lasts.push(last);
    if (end <= BYTES_MAX) return true;
    this.drop(Math.ceil(this.count / 2));
    return false;
  }

  clear(): void {
    this.bytes = new Uint8Array(0);
    this.used = 0;
    this.ends = [];
    this.receiveUs = [];
    this.firsts = [];
    this.lasts = [];
  }

  /** The frames kept, oldest first, as copies that later steps do not change. */
  list(): PendingFrame[] {
    const bytes = this.bytes.slice(0, this.used);
    return this.ends.map((end, index) => ({
      bytes: bytes.subarray(this.ends[index - 1] ?? 0, end),
      receiveUs: this.receiveUs[index] as number,
      first: this.firsts[index] as number,
      last: this.lasts[index] as number,
    }));
  }

  restore(frames: readonly PendingFrame[]): void {
    this.clear();
    for (const { bytes, receiveUs, first, last } of frames) this.add(bytes, receiveUs, first, last);
  }

  private reserve(length: number): void {
    const { bytes, used } = this;
    this.bytes = new Uint8Array(Math.max(INITIAL_BYTES, length, 2 * bytes.length));
    this.bytes.set(bytes.subarray(0, used));
  }

  private drop(frames: number): void {
    const from = this.ends[frames - 1] as number;
    this.bytes.copyWithin(0, from, this.used);
    this.used -= from;
    this.ends = this.ends.slice(frames).map((end) => end - from);
    this.receiveUs = this.receiveUs.slice(frames);
    this.firsts = this.firsts.slice(frames);
    this.lasts = this.lasts.slice(frames);
  }
}
