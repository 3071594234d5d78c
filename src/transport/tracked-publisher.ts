import type { Lane, Publisher } from '../ports/bus.ts';
import { busClosed } from './bus-error.ts';

/** A publisher over an adapter's way of taking one batch: remembers what is under way for `flush` and `close`. */
export class TrackedPublisher implements Publisher {
  private readonly take: (lane: Lane, data: Uint8Array, id: string) => Promise<void>;
  private readonly underWay = new Set<Promise<void>>();
  private closed = false;

  constructor(take: (lane: Lane, data: Uint8Array, id: string) => Promise<void>) {
    this.take = take;
  }

  publish(lane: Lane, data: Uint8Array, id: string): Promise<void> {
    if (this.closed) return Promise.reject(busClosed());
    const taken = this.take(lane, data, id);
    this.underWay.add(taken);
    const forget = (): void => {
      this.underWay.delete(taken);
    };
    // The caller gets the rejection; here it only ends the wait.
    taken.then(forget, forget);
    return taken;
  }

  /** Rejects with the first publish that fails, as its own promise does. */
  async flush(): Promise<void> {
    await Promise.all(this.underWay);
  }

  /** Takes no more; resolves when everything so far has been taken. */
  async close(): Promise<void> {
    this.closed = true;
    await this.flush();
  }
}
