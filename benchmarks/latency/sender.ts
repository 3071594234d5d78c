/**
 * A WebSocket server that sends the frames to whoever subscribes, each when it is due and never later for the receiver's
 * sake: what the socket does not take waits in this process. `GET /run` tells of the last run.
 */

import { once } from 'node:events';
import { createServer } from 'node:http';

import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';

import type { PreparedCase } from '../harness/serve-case.ts';
import { feedSpecSchema, loadFeed } from './feed.ts';
import { quantileUs, type Sent } from './figures.ts';
import { dueBy, dueMs, machineMs, type Pace } from './pace.ts';

/** From the subscription to the first frame: what connecting has left behind is over by then. */
const LEAD_MS = 100;

/**
 * @param spec a `FeedSpec`
 * @returns a case without work: the sender serves until its process is ended
 */
export async function prepareSender(spec: unknown): Promise<PreparedCase> {
  const feed = feedSpecSchema.parse(spec);
  const { frames } = await loadFeed(feed);
  let lastRun: Sent | null = null;
  const server = createServer((_request, response) => response.end(JSON.stringify(lastRun)));
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    lastRun = null;
    socket.once('message', () => {
      const pace = { startMs: machineMs() + LEAD_MS, framesPerSecond: feed.framesPerSecond };
      sendAll(socket, frames, pace, (run) => {
        lastRun = run;
      });
    });
  });
  server.listen(feed.port, '127.0.0.1');
  await once(server, 'listening');
  return { reset() {}, run: () => 0, facts: () => ({}) };
}

/** Timers are a thousand times too coarse, so the process looks at the clock whenever the socket has had its turn. */
function sendAll(socket: WebSocket, frames: readonly Uint8Array[], pace: Pace, onSent: (run: Sent) => void): void {
  const late = new Float64Array(frames.length);
  let next = 0;
  const turn = (): void => {
    if (socket.readyState !== socket.OPEN) return;
    const until = Math.min(dueBy(pace, machineMs()), frames.length);
    for (; next < until; next++) {
      late[next] = machineMs() - dueMs(pace, next);
      socket.send(frames[next] as Uint8Array, { binary: false });
    }
    if (next < frames.length) {
      setImmediate(turn);
      return;
    }
    late.sort();
    onSent({ ...pace, lateP99Us: quantileUs(late, 0.99), lateMaxUs: quantileUs(late, 1) });
  };
  turn();
}
