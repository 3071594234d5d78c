/**
 * A WebSocket server that sends the frames to whoever subscribes, each in a write of its own when it is due and never later
 * for the receiver's sake: what the socket does not take waits in this process. `GET /run` tells of the last run.
 *
 * A receiver should be measured, not its sender: frames are encoded beforehand, so that the sender makes next to no garbage,
 * and between two of them it sleeps, so that on a small machine it is not in the receiver's way.
 */

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';

import { WebSocketServer } from 'ws';

import { frameOf, OPCODE } from '../../test/fixtures/websocket-frames.ts';
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
  const { frames: payloads } = await loadFeed(feed);
  const frames = payloads.map((payload) => frameOf(OPCODE.text, payload));
  sleepExactly();
  let lastRun: Sent | null = null;
  const server = createServer((_request, response) => response.end(JSON.stringify(lastRun)));
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (subscriber, { socket }) => {
    lastRun = null;
    subscriber.once('message', () => {
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

/** @param frames encoded */
function sendAll(socket: Socket, frames: readonly Uint8Array[], pace: Pace, onSent: (run: Sent) => void): void {
  const late = new Float64Array(frames.length);
  let next = 0;
  const turn = (): void => {
    if (!socket.writable) return;
    const until = Math.min(dueBy(pace, machineMs()), frames.length);
    for (; next < until; next++) {
      late[next] = machineMs() - dueMs(pace, next);
      socket.write(frames[next] as Uint8Array);
    }
    if (next < frames.length) {
      sleepUntil(dueMs(pace, next));
      // The socket has its turn.
      setImmediate(turn);
      return;
    }
    late.sort();
    onSent({ ...pace, lateP99Us: quantileUs(late, 0.99), lateMaxUs: quantileUs(late, 1) });
  };
  turn();
}

/** Nobody ever wakes it. */
const SLEEPER = new Int32Array(new SharedArrayBuffer(4));
/** What is left of a wait is waited out awake: to fall asleep and wake up takes as long. */
const AWAKE_MS = 0.02;

/** The whole thread sleeps: the runtime's own timers are a thousand times too coarse. */
function sleepUntil(atMs: number): void {
  const sleepMs = atMs - machineMs() - AWAKE_MS;
  if (sleepMs > 0) Atomics.wait(SLEEPER, 0, 0, sleepMs);
}

/** Linux wakes a thread up to 50 µs late unless it asks for better; elsewhere frames are that much later, for all receivers. */
function sleepExactly(): void {
  try {
    writeFileSync('/proc/self/timerslack_ns', '1');
  } catch {
    // As it is, then.
  }
}
