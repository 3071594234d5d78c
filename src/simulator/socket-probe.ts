/** A WebSocket client for tests: keeps every frame, and waits for what has been sent instead of for time. */

import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { z } from 'zod';

export class SocketProbe {
  /** Every text frame so far, oldest first. */
  readonly frames: string[] = [];
  /** Payloads of the pings that came in; they are answered by themselves. */
  readonly pings: string[] = [];
  readonly #socket: WebSocket;
  readonly #closed: Promise<{ code: number; reason: string }>;
  #barriers = 0;
  #taken = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.frames.push(data.toString()));
    socket.on('ping', (data) => this.pings.push(data.toString()));
    this.#closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  /** Rejects where the server refuses the connection. */
  static async open(url: string): Promise<SocketProbe> {
    const socket = new WebSocket(url);
    const probe = new SocketProbe(socket);
    await once(socket, 'open');
    return probe;
  }

  send(message: unknown): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Waits until the server has read all that was sent and this side all that the server sent before that. */
  async settle(): Promise<void> {
    this.#barriers += 1;
    const mark = `barrier ${this.#barriers}`;
    const passed = new Promise<void>((resolve) => {
      const onPong = (payload: Buffer): void => {
        if (payload.toString() !== mark) return;
        this.#socket.off('pong', onPong);
        resolve();
      };
      this.#socket.on('pong', onPong);
    });
    this.#socket.ping(mark);
    await passed;
  }

  /** Frames that have come since the last call. */
  take(): string[] {
    const fresh = this.frames.slice(this.#taken);
    this.#taken = this.frames.length;
    return fresh;
  }

  /** The same, as JSON of this shape. Throws where a frame has another. */
  takeAs<T>(schema: z.ZodType<T>): T[] {
    return this.take().map((text) => schema.parse(JSON.parse(text)));
  }

  /** How the connection ended; waits for its end. */
  closed(): Promise<{ code: number; reason: string }> {
    return this.#closed;
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.#closed;
  }
}
