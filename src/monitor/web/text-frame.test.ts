import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { textFrame } from './text-frame.ts';

let server: WebSocketServer;
let client: WebSocket;

beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  // Each number that comes is answered with a text of so many characters.
  server.on('connection', (socket, { socket: below }) => {
    socket.on('message', (data: Buffer) => below.write(textFrame('é'.repeat(Number(data.toString())))));
  });
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await once(client, 'open');
});

afterAll(() => {
  client.terminate();
  server.close();
});

test.each([0, 1, 62, 63, 64, 32_767, 32_768, 100_000])(
  'a text of %i characters of two bytes arrives',
  async (count) => {
    const arrival = once(client, 'message');
    client.send(String(count));
    const [data, isBinary] = (await arrival) as [Buffer, boolean];
    expect(isBinary).toBe(false);
    expect(data.toString() === 'é'.repeat(count)).toBe(true);
  },
);
