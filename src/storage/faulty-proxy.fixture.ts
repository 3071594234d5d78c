/** A reverse proxy on loopback that spoils chosen requests: how a test makes a real server fail on time. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { assert } from '../lib/assert.ts';

/** `answer-500`: refuses without passing on. `cut-before`: hangs up. `cut-after`: passes on, then hangs up. */
export type Fault = 'answer-500' | 'cut-before' | 'cut-after';

export interface FaultyProxy {
  readonly url: string;
  /** Spoils the n-th `/write` from now (1 is the next), once. */
  spoilWrite(fault: Fault, nth?: number): void;
  /** Requests to `/write` so far, the spoilt ones included. */
  readonly writes: number;
  close(): Promise<void>;
}

export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  let writes = 0;
  let planned: { fault: Fault; at: number } | null = null;

  const server = createServer((incoming, outgoing) => {
    const isWrite = incoming.url?.startsWith('/write') === true;
    if (isWrite) writes++;
    const fault = isWrite && planned?.at === writes ? planned.fault : null;
    if (fault === null) forward(target, incoming, (answer) => passOn(answer, outgoing));
    else if (fault === 'answer-500') answer500(incoming, outgoing);
    else if (fault === 'cut-before') outgoing.destroy();
    else forward(target, incoming, (answer) => answer.resume().on('end', () => outgoing.destroy()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(typeof address === 'object' && address !== null, 'a listening server has a port');

  return {
    url: `http://127.0.0.1:${address.port}`,
    spoilWrite(fault, nth = 1) {
      planned = { fault, at: writes + nth };
    },
    get writes() {
      return writes;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function forward(target: string, incoming: IncomingMessage, onAnswer: (answer: IncomingMessage) => void): void {
  const { method, headers } = incoming;
  incoming.pipe(request(new URL(incoming.url ?? '/', target), { ...(method && { method }), headers }, onAnswer));
}

function passOn(answer: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  answer.pipe(outgoing);
}

function answer500(incoming: IncomingMessage, outgoing: ServerResponse): void {
  incoming.resume().on('end', () => {
    outgoing.writeHead(500, { 'content-type': 'application/json' });
    outgoing.end(JSON.stringify({ code: 'internal error', message: 'commit failed: disk is full' }));
  });
}
