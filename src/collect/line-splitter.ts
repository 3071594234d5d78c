/** Cuts a stream of bytes into lines of UTF-8 text, whatever the pieces that the bytes come in. */

/** More than the largest frame that a connection accepts, escaped. */
export const LINE_BYTES_MAX = 256 * 1024 * 1024;

const LINE_FEED = 0x0a;

export class LineSplitter {
  private readonly bytesMax: number;
  /** The bytes after the last line feed. */
  private rest: Buffer[] = [];
  private restBytes = 0;
  /** Set while the rest of a line that is too long passes by. */
  private skipping = false;

  constructor(bytesMax: number = LINE_BYTES_MAX) {
    this.bytesMax = bytesMax;
  }

  /**
   * The lines that these bytes complete, without their line feeds; null stands for one that is longer than allowed.
   * The bytes may be kept until the line ends.
   */
  push(bytes: Buffer): (string | null)[] {
    const last = bytes.lastIndexOf(LINE_FEED);
    if (last < 0) {
      this.keep(bytes);
      return [];
    }
    const first = this.rest.length === 0 && !this.skipping ? -1 : bytes.indexOf(LINE_FEED);
    const lines: (string | null)[] = [];
    if (first >= 0) {
      this.keep(bytes.subarray(0, first));
      lines.push(this.takeRest());
    }
    // Cut as one text: decoding once is many times faster than once per line.
    if (last > first) lines.push(...bytes.toString('utf8', first + 1, last).split('\n'));
    this.keep(bytes.subarray(last + 1));
    return lines;
  }

  /** What follows the last line feed; undefined where nothing does. */
  end(): string | null | undefined {
    return this.rest.length === 0 && !this.skipping ? undefined : this.takeRest();
  }

  private keep(bytes: Buffer): void {
    if (this.skipping || bytes.length === 0) return;
    this.restBytes += bytes.length;
    this.rest.push(bytes);
    if (this.restBytes <= this.bytesMax) return;
    this.skipping = true;
    this.rest = [];
  }

  private takeRest(): string | null {
    const line = this.skipping ? null : Buffer.concat(this.rest).toString('utf8');
    this.rest = [];
    this.restBytes = 0;
    this.skipping = false;
    return line;
  }
}
