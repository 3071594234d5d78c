/** The live monitor of a live run: what it shows is what was stored, and its death changes nothing for others. */

import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { viewKey } from '../../src/monitor/api/keys.ts';
import type { LiveView, ServerMessage } from '../../src/monitor/api/live.ts';
import { serverMessage } from '../../src/monitor/api/live.ts';
import { pairsAnswer, whalesAnswer } from '../../src/monitor/api/rest.ts';
import { kill, MORTAL_THREADS } from '../fixtures/live-mortal.ts';
import { LiveWorld } from '../fixtures/live-world.ts';

const SEED = 'live-monitor';
const WHALES: LiveView = { kind: 'whales', exchange: 'binance', symbol: 'BTC-USD', minScore: 0 };
let world: LiveWorld;
const sockets: WebSocket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await world.end();
});

function look(views: readonly LiveView[]): { readonly got: ServerMessage[]; readonly closed: () => boolean } {
  const socket = new WebSocket(`${(world.running.liveUrl ?? '').replace('http', 'ws')}/api/live`);
  sockets.push(socket);
  const got: ServerMessage[] = [];
  let isClosed = false;
  socket.on('open', () => {
    for (const view of views) socket.send(JSON.stringify({ type: 'subscribe', view }));
  });
  socket.on('message', (data: Buffer) => got.push(serverMessage.parse(JSON.parse(data.toString()))));
  socket.on('close', () => {
    isClosed = true;
  });
  socket.on('error', () => undefined);
  return { got, closed: () => isClosed };
}

/** The ids of all orders that the view of whales was sent. */
function ordersIn(got: readonly ServerMessage[]): Set<string> {
  const orders = got.flatMap((message) =>
    (message.type === 'snapshot' || message.type === 'update') && message.kind === 'whales'
      ? (message.data.orders ?? [])
      : [],
  );
  return new Set(orders.map(({ id }) => id));
}

async function get(path: string): Promise<unknown> {
  return (await fetch(`${world.running.liveUrl}${path}`)).json();
}

describe(`the live monitor (seed ${SEED})`, () => {
  it(
    'shows what happens, has the past from the store, and is started again alone when it dies',
    { timeout: 180_000 },
    async () => {
      world = await LiveWorld.start({
        seed: SEED,
        threadFiles: MORTAL_THREADS,
        pairs: ['BTC-USD'],
        config: { monitor: { enabled: true, port: 0 }, scoring: { minOrders: 20 } },
      });
      await world.untilLive();
      const first = look([WHALES, { kind: 'markets' }, { kind: 'system' }]);
      await world.advance(6);
      await world.until(
        'orders',
        () => ordersIn(first.got).size,
        (orders) => orders > 20,
      );
      await world.until(
        'a message of each kind',
        () =>
          new Set(first.got.map((message) => ('kind' in message ? `${message.type} ${message.kind}` : message.type))),
        (kinds) =>
          ['hello', 'snapshot whales', 'update whales', 'snapshot markets', 'snapshot system'].every((kind) =>
            kinds.has(kind),
          ),
      );
      const { pairs } = pairsAnswer.parse(await get('/api/pairs'));
      expect(pairs.map(({ exchange, symbol }) => `${exchange}:${symbol}`).toSorted()).toEqual(
        [...world.names].toSorted(),
      );
      expect(
        pairs.every(({ state, bid, ask, spread }) => state === 'live' && spread !== null && (bid ?? 0) < (ask ?? 0)),
      ).toBe(true);

      // What it showed is what was stored.
      await world.running.tree.caughtUp();
      const stored = whalesAnswer.parse(await get(`/api/whales/binance/BTC-USD?${await range()}&limit=5000`));
      const ids = new Set(stored.orders.map(({ id }) => id));
      expect([...ordersIn(first.got)].filter((id) => !ids.has(id))).toEqual([]);

      // It dies: its clients are cut off, it comes back where it was, and no book knows of it.
      const url = world.running.liveUrl;
      kill('monitor-0', 'throw');
      await world.until('the end of the socket', first.closed, (closed) => closed);
      const again = await world.until(
        'a monitor that answers',
        async () => get('/api/system').catch(() => null),
        (answer) => answer !== null,
      );
      expect(again).toMatchObject({ version: expect.any(String) });
      expect(world.running.liveUrl).toBe(url);
      const second = look([WHALES]);
      await world.until(
        'orders',
        () => ordersIn(second.got).size,
        (orders) => orders > 5,
      );
      expect(second.got.find(({ type }) => type === 'snapshot')).toMatchObject({
        view: viewKey(WHALES),
        data: { market: { state: 'live' } },
      });
      await world.untilEqual();
      const { ingest } = await world.running.tree.reports();
      expect(ingest.flatMap(({ books }) => Object.values(books)).map(({ counters }) => counters.gaps)).toEqual([0, 0]);
      const metrics = await world.until(
        'metrics of the new thread',
        async () => world.metrics(),
        (seen) => seen.sum('whalewatch_monitor_sent_bytes_total') > 1000,
        false,
      );
      expect(metrics.sum('whalewatch_actor_restarts_total', { role: 'monitor' })).toBe(1);
      expect(metrics.sum('whalewatch_monitor_missed_batches_total')).toBe(0);
    },
  );
});

/** The hours around the newest order that was stored. */
async function range(): Promise<string> {
  const [row] = await world.rows("SELECT max(ts) FROM new_orders WHERE exchange = 'binance'");
  const newestMs = Date.parse(String(row?.[0]));
  return `from=${newestMs - 3_600_000}&to=${newestMs + 1000}`;
}
