interface Waiting {
  readonly bytes: number;
  readonly enter: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Lets in so many batches and bytes at a time, first come first served. A batch larger than the whole window enters
 * when nothing else is inside.
 */
export class Admission {
  private readonly batchesMax: number;
  private readonly bytesMax: number;
  private readonly waiting: Waiting[] = [];
  private batches = 0;
  private bytes = 0;

  constructor(window: { readonly batches: number; readonly bytes: number }) {
    this.batchesMax = window.batches;
    this.bytesMax = window.bytes;
  }

  /** Batches inside. */
  get inside(): number {
    return this.batches;
  }

  /** Batches in line. */
  get inLine(): number {
    return this.waiting.length;
  }

  /** Resolves when the batch is in, in the order of the calls; null where it is in at once. */
  enter(bytes: number): Promise<void> | null {
    if (this.waiting.length === 0 && this.hasRoom(bytes)) {
      this.count(bytes);
      return null;
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ bytes, enter: resolve, reject });
    });
  }

  leave(bytes: number): void {
    this.batches--;
    this.bytes -= bytes;
    for (let next = this.waiting[0]; next !== undefined && this.hasRoom(next.bytes); next = this.waiting[0]) {
      this.waiting.shift();
      this.count(next.bytes);
      next.enter();
    }
  }

  /** Rejects those in line. */
  close(reason: unknown): void {
    for (const { reject } of this.waiting.splice(0)) reject(reason);
  }

  private hasRoom(bytes: number): boolean {
    return this.batches === 0 || (this.batches < this.batchesMax && this.bytes + bytes <= this.bytesMax);
  }

  private count(bytes: number): void {
    this.batches++;
    this.bytes += bytes;
  }
}
