/** A client socket as anybody opens one. Alone it shows what sender, kernel and `ws` take before anything is parsed. */

import { once } from 'node:events';

import { WebSocket } from 'ws';

import type { Facts } from '../harness/facts.ts';
import { SUBSCRIBE } from './feed.ts';
import { machineMs } from './pace.ts';
import type { Receiver, ReceiverEvents } from './receiver.ts';

/** As tardis-dev opens its sockets. */
const CLIENT_OPTIONS = { perMessageDeflate: false, skipUTF8Validation: true };

export class BareReceiver implements Receiver {
  private readonly take: (frame: Buffer) => void;
  private socket: WebSocket | null = null;

  /** @param take works through a frame */
  constructor(take: (frame: Buffer) => void) {
    this.take = take;
  }

  open(url: string, events: ReceiverEvents): void {
    const socket = new WebSocket(`${url}/stream`, CLIENT_OPTIONS);
    this.socket = socket;
    let failure = '';
    socket.on('open', () => socket.send(SUBSCRIBE));
    socket.on('message', (data) => {
      const beganMs = machineMs();
      // A client gets one buffer per frame unless it asks for something else.
      this.take(data as Buffer);
      events.onDone(beganMs);
    });
    socket.on('error', ({ message }) => {
      failure = message;
    });
    socket.on('close', (code) => {
      if (this.socket === socket) events.onEnd(failure || `closed with ${code}`);
    });
  }

  async close(): Promise<void> {
    const { socket } = this;
    this.socket = null;
    if (socket === null || socket.readyState === socket.CLOSED) return;
    const gone = once(socket, 'close');
    socket.close(1000);
    await gone;
  }

  facts(): Facts {
    return {};
  }
}
