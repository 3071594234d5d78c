/** How much may be under way before a further `publish` waits. */
export interface Window {
  /** Batches, at least 1. */
  readonly batches: number;
  /** Bytes of their data. A single larger batch passes when nothing else is under way. */
  readonly bytes: number;
}

interface Waiting {
  readonly bytes: number;
  readonly go: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Lets batches in up to a window, first come first served. Those in line are started by `leave` itself and not by a
 * promise's later turn, so that nobody can slip in between: the order of the calls is the order on the lane.
 */
export class Admission {
  private readonly window: Window;
  private readonly line: Waiting[] = [];
  private batches = 0;
  private bytes = 0;

  constructor(window: Window) {
    this.window = window;
  }

  /** Batches inside. */
  get inside(): number {
    return this.batches;
  }

  /** Batches in line. */
  get waiting(): number {
    return this.line.length;
  }

  /** Calls `go` once the batch is inside, within this call where there is room; `reject` where the bus closes first. */
  enter(bytes: number, go: () => void, reject: (reason: unknown) => void): void {
    this.line.push({ bytes, go, reject });
    this.admit();
  }

  /** One batch of that size is done. */
  leave(bytes: number): void {
    this.batches--;
    this.bytes -= bytes;
    this.admit();
  }

  /** Rejects those in line. */
  close(reason: unknown): void {
    for (const { reject } of this.line.splice(0)) reject(reason);
  }

  private admit(): void {
    for (let next = this.line[0]; next !== undefined && this.hasRoom(next.bytes); next = this.line[0]) {
      this.line.shift();
      this.batches++;
      this.bytes += next.bytes;
      next.go();
    }
  }

  private hasRoom(bytes: number): boolean {
    return this.batches === 0 || (this.batches < this.window.batches && this.bytes + bytes <= this.window.bytes);
  }
}
