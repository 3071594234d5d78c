/** The real socket against a venue that writes its bytes by hand: whole streams of frames, good and bad, with and without TLS. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';

import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from '../../test/fixtures/loopback-certificate.ts';
import {
  closeFrameOf,
  cutAtRandom,
  frameOf,
  goodFrames,
  lastFrame,
  OPCODE,
} from '../../test/fixtures/websocket-frames.ts';
import { chance, createPrng } from '../lib/prng.ts';
import type { SocketEnd } from './session-socket.ts';
import { openWebSocket } from './session-socket.ts';

/** See RFC 6455, section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

interface Peer {
  /** Response of the handshake, complete. */
  readonly response: string;
  readonly socket: Duplex;
}

const trusted = getCACertificates('default');

beforeAll(() => setDefaultCACertificates([...trusted, LOOPBACK_CERTIFICATE]));
afterAll(() => setDefaultCACertificates(trusted));

describe.each([
  ['ws', createServer] as const,
  ['wss', () => createTlsServer({ key: LOOPBACK_KEY, cert: LOOPBACK_CERTIFICATE })] as const,
])('over %s', (scheme, create) => {
  let server: Server;
  let url: string;
  let onPeer: (peer: Peer) => void;
  const sockets = new Set<Duplex>();

  beforeEach(async () => {
    server = create();
    server.on('upgrade', ({ headers }, socket: Duplex) => {
      const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${GUID}`).digest('base64');
      sockets.add(socket);
      // Who was refused may hang up as it likes.
      socket
        .on('error', () => {})
        .on('close', () => sockets.delete(socket))
        .resume();
      const response = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
      onPeer({ response, socket });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
    url = `${scheme}://127.0.0.1:${address.port}/stream`;
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  /** Has the venue do something with the next connection. */
  function serve(act: (peer: Peer) => Promise<void> | void): void {
    onPeer = (peer) => void act(peer);
  }

  /** What a session hears on a socket of its own, until the end. */
  async function heardBySession(onOpen: () => void = () => {}): Promise<string[]> {
    const lines: string[] = [];
    const ended = Promise.withResolvers<SocketEnd>();
    openWebSocket(url, {
      onOpen: () => {
        lines.push('open');
        onOpen();
      },
      onFrame: (frame) => lines.push(messageLine(frame)),
      onPing: () => lines.push('sign of life'),
      onEnd: (end) => ended.resolve(end),
    });
    const { reason } = await ended.promise;
    return [...lines, `end: ${reason}`];
  }

  /** The same of `ws` alone. */
  async function heardByWs(): Promise<string[]> {
    const lines: string[] = [];
    const ended = Promise.withResolvers<string>();
    let failure = '';
    new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true, maxPayload: 64 * 1024 * 1024 })
      .on('open', () => lines.push('open'))
      .on('message', (data: Buffer) => lines.push(messageLine(data)))
      .on('ping', () => lines.push('sign of life'))
      .on('pong', () => lines.push('sign of life'))
      .on('error', (error) => {
        failure = error.message;
      })
      .on('close', (code, words) => ended.resolve(failure || `${code} ${words.toString()}`.trim()));
    const reason = await ended.promise;
    return [...lines, `end: ${reason}`];
  }

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
    'hears what ws alone hears, and ends as it does: seed %i',
    async (seed) => {
      const write = async ({ response, socket }: Peer): Promise<void> => {
        const prng = createPrng(`stream/${seed}`);
        const stream = [...goodFrames(prng, 20), lastFrame(prng), ...goodFrames(prng, 2)];
        // Now and then frames come in the same packet as the response.
        const pieces = [Buffer.from(response), ...cutAtRandom(prng, Buffer.concat(stream))];
        for (let at = 0; at < pieces.length;) {
          const together = chance(prng, 0.5) ? 40 : 1;
          socket.write(Buffer.concat(pieces.slice(at, at + together)));
          at += together;
          await new Promise((resolve) => setImmediate(resolve));
        }
        socket.end();
      };
      serve(write);
      const expected = await heardByWs();
      serve(write);
      expect(await heardBySession()).toEqual(expected);
    },
  );

  it('opens before it hands over what came with the response, cut anywhere', async () => {
    const frames = [
      frameOf(OPCODE.text, Buffer.from('first')),
      frameOf(OPCODE.ping, Buffer.alloc(0)),
      closeFrameOf(1000),
    ];
    const expected = ['open', messageLine(Buffer.from('first')), 'sign of life', 'end: 1000'];
    for (const cut of [0, 1, 60, -3, -2, -1]) {
      serve(async ({ response, socket }) => {
        const bytes = Buffer.concat([Buffer.from(response), ...frames]);
        const at = cut < 0 ? response.length + cut : cut;
        socket.write(bytes.subarray(0, at));
        await new Promise((resolve) => setImmediate(resolve));
        socket.end(bytes.subarray(at));
      });
      expect(await heardBySession()).toEqual(expected);
    }
  });

  it('waits for the response behind one that only informs', async () => {
    serve(({ response, socket }) => {
      socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 103 Early Hints\r\n\r\n${response}`), closeFrameOf(1000)]));
    });
    expect(await heardBySession()).toEqual(['open', 'end: 1000']);
  });

  it.each([
    ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n', 'Sec-WebSocket-Accept'],
    ['HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\n\r\n\r\n', 'HTTP 503'],
    ['SSH-2.0-OpenSSH\r\n', 'Expected HTTP'],
    ['', 'socket hang up'],
  ])('says why a handshake is no good: %j', async (response, reason) => {
    serve(({ socket }) => void socket.end(response));
    const heard = await heardBySession();
    expect(heard).toEqual([expect.stringContaining(reason)]);
  });

  it('closes the window of the kernel while it is paused, and reads all of it then', async () => {
    const payload = Buffer.alloc(50_000, 'x');
    const frame = Buffer.from(frameOf(OPCODE.text, payload));
    const arrived = Promise.withResolvers<Duplex>();
    serve(({ response, socket }) => {
      socket.write(response);
      arrived.resolve(socket);
    });
    const frames: number[] = [];
    const opened = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<SocketEnd>();
    const socket = openWebSocket(url, {
      onOpen: () => opened.resolve(),
      onFrame: ({ length }) => frames.push(length),
      onPing: () => {},
      onEnd: (end) => ended.resolve(end),
    });
    await opened.promise;
    const peer = await arrived.promise;
    socket.pause();
    // Until what is written has to wait in the venue's own process: neither kernel nor client took it.
    let sent = 0;
    while (peer.writableLength < 50 * frame.length && sent < 10_000) {
      peer.write(frame);
      sent++;
      if (sent % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(peer.writableLength).toBeGreaterThanOrEqual(50 * frame.length);
    expect(frames.length).toBeLessThan(sent / 2);
    socket.resume();
    await vi.waitUntil(() => frames.length === sent, { timeout: 20_000 });
    expect(new Set(frames)).toEqual(new Set([payload.length]));
    // Both ends are still good for a proper goodbye.
    peer.write(closeFrameOf(1000));
    peer.end();
    expect((await ended.promise).reason).toBe('1000');
  });

  it('hands over nothing once it was cut, in the midst of a chunk', async () => {
    const frame = frameOf(OPCODE.text, Buffer.from('again'));
    serve(({ response, socket }) => void socket.write(Buffer.concat([Buffer.from(response), frame, frame, frame])));
    const ended = Promise.withResolvers<SocketEnd>();
    let frames = 0;
    const socket = openWebSocket(url, {
      onOpen: () => {},
      onFrame: () => {
        frames++;
        socket.terminate();
      },
      onPing: () => {},
      onEnd: (end) => ended.resolve(end),
    });
    expect((await ended.promise).reason).toBe('1006');
    expect(frames).toBe(1);
  });
});

it('refuses a certificate that nobody vouches for', async () => {
  const server = createTlsServer({ key: LOOPBACK_KEY, cert: LOOPBACK_CERTIFICATE }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  setDefaultCACertificates(trusted);
  const ended = Promise.withResolvers<SocketEnd>();
  openWebSocket(`wss://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`, {
    onOpen: () => expect.unreachable(),
    onFrame: () => expect.unreachable(),
    onPing: () => expect.unreachable(),
    onEnd: (end) => ended.resolve(end),
  });
  expect((await ended.promise).reason).toMatch(/self-signed certificate/);
  await new Promise((resolve) => server.close(resolve));
});

function messageLine(data: Uint8Array): string {
  return `message ${data.length} ${createHash('sha256').update(data).digest('hex')}`;
}
