/** Cuts a stream of bytes into blocks of whole lines, whatever the pieces that the bytes come in. */

/** More than the largest frame that a connection accepts, escaped. */
export const LINE_BYTES_MAX = 256 * 1024 * 1024;

const LINE_FEED = 0x0a;

export class LineSplitter {
  private readonly bytesMax: number;
  /** Copies of the bytes after the last line feed. */
  private rest: Buffer[] = [];
  private restBytes = 0;
  /** Set while the rest of a line that is too long passes by. */
  private skipping = false;

  constructor(bytesMax: number = LINE_BYTES_MAX) {
    this.bytesMax = bytesMax;
  }

  /**
   * The lines that these bytes complete, each with its line feed, in as few blocks as can be; null stands for one line
   * that is longer than allowed. Blocks may be parts of `bytes`.
   */
  push(bytes: Buffer): (Buffer | null)[] {
    const last = bytes.lastIndexOf(LINE_FEED);
    if (last < 0) {
      this.keep(bytes);
      return [];
    }
    const blocks: (Buffer | null)[] = [];
    let start = 0;
    if (this.rest.length > 0 || this.skipping) {
      start = bytes.indexOf(LINE_FEED) + 1;
      this.keep(bytes.subarray(0, start));
      blocks.push(this.takeRest());
    }
    if (start <= last) blocks.push(bytes.subarray(start, last + 1));
    this.keep(bytes.subarray(last + 1));
    return blocks;
  }

  /** What follows the last line feed; undefined where nothing does. */
  end(): Buffer | null | undefined {
    return this.rest.length === 0 && !this.skipping ? undefined : this.takeRest();
  }

  private keep(bytes: Buffer): void {
    if (this.skipping || bytes.length === 0) return;
    this.restBytes += bytes.length;
    this.rest.push(Buffer.from(bytes));
    if (this.restBytes <= this.bytesMax) return;
    this.skipping = true;
    this.rest = [];
  }

  private takeRest(): Buffer | null {
    const line = this.skipping ? null : Buffer.concat(this.rest);
    this.rest = [];
    this.restBytes = 0;
    this.skipping = false;
    return line;
  }
}
