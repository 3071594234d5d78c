/**
 * A simulated exchange as a running server: HTTP and WebSocket on one loopback port, the market behind it, and the
 * passage of time. What it says is up to the protocol.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { Connection } from './connection.ts';
import type { FaultDesk } from './faults.ts';
import type { Market } from './market.ts';
import type { VenueProtocol } from './venue-protocol.ts';

/** Time goes in steps of this size, so that a long advance interleaves the market with the venue's own schedule. */
export const SLICE_US = 10_000;
/** Largest message that a client may send. */
const PAYLOAD_BYTES_MAX = 1 << 20;
/** Room for a URL that names a thousand streams. */
const HEADER_BYTES_MAX = 1 << 16;

export class VenueHost {
  readonly market: Market;
  readonly protocol: VenueProtocol;
  readonly faults: FaultDesk;
  readonly #server: Server;
  /** Pongs are answered here instead of by the library, since a frozen connection must not answer. */
  readonly #sockets = new WebSocketServer({ noServer: true, autoPong: false, maxPayload: PAYLOAD_BYTES_MAX });
  readonly #connections = new Set<Connection>();
  #opened = 0;

  constructor(market: Market, protocol: VenueProtocol, faults: FaultDesk) {
    this.market = market;
    this.protocol = protocol;
    this.faults = faults;
    this.#server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, (request, response) =>
      this.#answer(request, response),
    );
    this.#server.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head));
  }

  /** Open WebSockets. */
  get connections(): ReadonlySet<Connection> {
    return this.#connections;
  }

  /** Resolves once the port is bound; rejects with the system's error where it cannot be. */
  async listen(host: string, port: number): Promise<{ ws: string; rest: string }> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    const address = this.#server.address();
    const bound = typeof address === 'object' && address !== null ? address.port : port;
    return { ws: `ws://${host}:${bound}${this.protocol.wsPath}`, rest: `http://${host}:${bound}` };
  }

  /** Lets simulated time pass up to `toUs`: whatever is due happens and goes out before this returns. */
  advance(toUs: number): void {
    for (const connection of this.#connections) connection.cork();
    try {
      while (this.market.nowUs < toUs) {
        const sliceEndUs = (Math.floor(this.market.nowUs / SLICE_US) + 1) * SLICE_US;
        this.market.advance(Math.min(sliceEndUs, toUs), (action) => this.protocol.onAction(action));
        if (this.market.nowUs === sliceEndUs) this.#tick();
      }
    } finally {
      for (const connection of this.#connections) connection.uncork();
    }
  }

  /** Breaks every connection and frees the port. */
  async stop(): Promise<void> {
    for (const connection of this.#connections) connection.terminate();
    this.#sockets.close();
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    this.#server.closeAllConnections();
    await closed;
  }

  #tick(): void {
    for (const connection of this.#connections) connection.tick();
    this.protocol.onSlice();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { status, headers, body } = this.protocol.http(urlOf(request));
    response.writeHead(status, { 'content-type': 'application/json;charset=UTF-8', ...headers });
    response.end(body);
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const url = urlOf(request);
    if (!this.protocol.accepts(url)) {
      stream.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    this.#sockets.handleUpgrade(request, stream, head, (socket) => this.#open(socket, stream, url));
  }

  #open(socket: WebSocket, stream: Duplex, url: URL): void {
    this.#opened += 1;
    const clock = (): number => this.market.nowUs;
    const connection = new Connection({ id: this.#opened, socket, stream, clock, faults: this.faults });
    this.#connections.add(connection);
    socket.on('message', (data) => this.protocol.received(connection, textOf(data)));
    socket.on('ping', (data) => {
      connection.pong(data);
      this.protocol.receivedControl(connection, 'ping', data.toString());
    });
    socket.on('pong', (data) => this.protocol.receivedControl(connection, 'pong', data.toString()));
    // A client that breaks off or sends no WebSocket frame is not this side's trouble: `close` follows in any case.
    socket.on('error', () => connection.terminate());
    socket.on('close', () => {
      this.#connections.delete(connection);
      this.protocol.closed(connection);
    });
    this.protocol.opened(connection, url);
  }
}

function urlOf(request: IncomingMessage): URL {
  return new URL(request.url ?? '/', 'http://loopback');
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString();
}
