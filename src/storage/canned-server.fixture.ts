/** An HTTP server on loopback that answers as told: how a test shows what no healthy database would answer. */

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { assert } from '../lib/assert.ts';

export interface CannedAnswer {
  readonly status: number;
  readonly body: string;
}

export interface SeenRequest {
  readonly path: string;
  readonly query: string | null;
  readonly headers: IncomingHttpHeaders;
}

export interface CannedServer {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  readonly connections: { readonly opened: number; readonly open: number };
  close(): Promise<void>;
}

/** @param answer null leaves the request without an answer */
export async function startCannedServer(answer: (seen: SeenRequest) => CannedAnswer | null): Promise<CannedServer> {
  const seen: SeenRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '/', 'http://loopback');
    const request = { path: url.pathname, query: url.searchParams.get('query'), headers: incoming.headers };
    seen.push(request);
    incoming.resume().on('end', () => {
      const canned = answer(request);
      if (canned !== null) outgoing.writeHead(canned.status).end(canned.body);
    });
  });
  let opened = 0;
  let closed = 0;
  server.on('connection', (socket) => {
    opened++;
    socket.once('close', () => closed++);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(typeof address === 'object' && address !== null, 'a listening server has a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    get connections() {
      return { opened, open: opened - closed };
    },
    async close() {
      const ended = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await ended;
    },
  };
}
