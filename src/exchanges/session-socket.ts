/** The socket that a session sees, and the real one behind it. */

import { connect as connectTcp, isIP } from 'node:net';
import type { OnReadOpts, Socket as RawSocket, TcpNetConnectOpts } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';

import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';

import { retryAfterMs } from './session-fetch.ts';
import { FrameStream } from './session-stream.ts';

export interface SocketEnd {
  /** For people: the closing code and words, or the error. */
  readonly reason: string;
  /** The venue asked to be left alone for so long; null where it did not. */
  readonly retryAfterMs: number | null;
}

/** `onEnd` comes exactly once and last, whether the socket ever opened or not. None is called during construction. */
export interface SocketHandlers {
  onOpen(): void;
  /** One message's bytes, text or not; valid during the call only. */
  onFrame(frame: Uint8Array): void;
  /** A ping or pong of the protocol: the peer lives. */
  onPing(): void;
  onEnd(end: SocketEnd): void;
}

export interface Socket {
  send(text: string): void;
  /** Stops reading: the kernel's window closes and the peer waits. A few frames may still come. */
  pause(): void;
  resume(): void;
  /** Says goodbye and waits shortly for the peer to agree. */
  close(): void;
  /** Cuts the connection. */
  terminate(): void;
}

export type SocketFactory = (url: string, handlers: SocketHandlers) => Socket;

/** The largest snapshot seen is below 10 MB. */
const PAYLOAD_BYTES_MAX = 64 * 1024 * 1024;

const CLIENT_OPTIONS = {
  perMessageDeflate: false,
  maxPayload: PAYLOAD_BYTES_MAX,
  autoPong: true,
  /** How long a peer may take to agree to a close, ms. */
  closeTimeout: 2000,
  /** A frame that is no UTF-8 is the parser's to refuse: it must reach the archive, and not end the connection. */
  skipUTF8Validation: true,
};

export const openWebSocket: SocketFactory = (url, handlers) => {
  let stream: FrameStream | null = null;
  const onFrame = (frame: Uint8Array): void => handlers.onFrame(frame);
  const socket = new WebSocket(url, {
    ...CLIENT_OPTIONS,
    createConnection: streamFactory((options) => {
      const connect = (onread: OnReadOpts) => connectRaw(url, options, onread);
      stream = new FrameStream(connect, PAYLOAD_BYTES_MAX, onFrame);
      return stream;
    }),
  });
  let failure: SocketEnd | null = null;
  socket.on('open', () => {
    handlers.onOpen();
    stream?.begin();
  });
  // What the stream left to the socket: messages in fragments, above all.
  socket.on('message', (data) => handlers.onFrame(bytesOf(data)));
  socket.on('ping', () => handlers.onPing());
  socket.on('pong', () => handlers.onPing());
  socket.on('error', (error) => {
    failure ??= { reason: error.message || error.name, retryAfterMs: null };
  });
  socket.on('unexpected-response', (_request, response) => {
    const retryAfter = retryAfterMs(response.headers['retry-after']);
    failure = { reason: `HTTP ${response.statusCode} instead of a WebSocket`, retryAfterMs: retryAfter };
    socket.terminate();
  });
  socket.on('close', (code, words) => {
    handlers.onEnd(failure ?? { reason: `${code} ${words.toString('utf8')}`.trim(), retryAfterMs: null });
  });
  return {
    send: (text) => socket.send(text),
    pause: () => stream?.stopReading(),
    resume: () => stream?.startReading(),
    close() {
      // A socket that is not read would never see the peer's answer.
      stream?.startReading();
      socket.close(1000);
    },
    terminate: () => socket.terminate(),
  };
};

type RawOptions = TcpNetConnectOpts & ConnectionOptions;

/** The runtime's HTTP client takes any stream for a connection; the types of `ws` name its usual one only. */
function streamFactory(open: (options: RawOptions) => FrameStream): NonNullable<ClientOptions['createConnection']> {
  return open as unknown as NonNullable<ClientOptions['createConnection']>;
}

/** @param options those of the handshake's request, whose `path` would be taken for that of a local socket */
function connectRaw(url: string, options: RawOptions, onread: OnReadOpts): RawSocket {
  const raw = { ...options, path: undefined, noDelay: true, onread };
  if (!/^wss:/i.test(url)) return connectTcp(raw);
  const { host = '', servername } = options;
  return connectTls({ ...raw, servername: servername ?? (isIP(host) === 0 ? host : '') });
}

function bytesOf(data: Buffer | ArrayBuffer | Buffer[]): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
