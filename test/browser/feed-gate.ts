/**
 * A way to a server, a venue's or the monitor's, that can be shut: what goes through it is cut off then, and nobody comes in
 * until it is opened.
 */

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';

export class FeedGate {
  /** `ws://127.0.0.1:port`. */
  readonly url: string;
  private readonly sockets: Set<Socket>;
  private readonly state: { open: boolean };
  private readonly end: () => Promise<void>;

  private constructor(url: string, sockets: Set<Socket>, state: { open: boolean }, end: () => Promise<void>) {
    this.url = url;
    this.sockets = sockets;
    this.state = state;
    this.end = end;
  }

  /** @param target `ws://host:port` of the venue */
  static async start(target: string): Promise<FeedGate> {
    const { hostname, port } = new URL(target);
    const sockets = new Set<Socket>();
    const state = { open: true };
    const server = createServer((near) => {
      if (!state.open) {
        near.destroy();
        return;
      }
      const far = connect(Number(port), hostname);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one);
        one.pipe(other);
        one.on('error', () => one.destroy());
        one.on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
      }
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port');
    return new FeedGate(`ws://127.0.0.1:${address.port}`, sockets, state, async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    });
  }

  shut(): void {
    this.state.open = false;
    for (const socket of this.sockets) socket.destroy();
  }

  open(): void {
    this.state.open = true;
  }

  async stop(): Promise<void> {
    await this.end();
  }
}
