/** One way from a socket to a book. */

import type { Facts } from '../harness/facts.ts';
import type { Feed } from './feed.ts';

export const RECEIVERS = ['socket alone', 'whalewatch', 'tardis-dev'] as const;
export type ReceiverName = (typeof RECEIVERS)[number];

export interface ReceiverEvents {
  /**
   * A frame has been worked through: its book, and its score where there is one, are made.
   * @param beganMs when the socket handed it over, on the clock of `machineMs`
   */
  onDone(beganMs: number): void;
  /** The connection ended, or never began; not called after `close()`. */
  onEnd(reason: string): void;
}

export interface Receiver {
  /** Connects with empty books but for the snapshot, and subscribes. */
  open(url: string, events: ReceiverEvents): void;
  /** Resolves when the socket is gone. */
  close(): Promise<void>;
  /** What the run came to. */
  facts(): Facts;
}

/** Loads a receiver with its library: a process has no code in it but what it measures. */
export async function receiverOf(name: ReceiverName, feed: Feed): Promise<Receiver> {
  switch (name) {
    case 'socket alone':
      return new (await import('./bare-receiver.ts')).BareReceiver(() => {});
    case 'whalewatch':
      return new (await import('./product-receiver.ts')).ProductReceiver(feed);
    case 'tardis-dev':
      return new (await import('./tardis-receiver.ts')).TardisReceiver(feed);
  }
}
