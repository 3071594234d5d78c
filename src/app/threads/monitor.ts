/**
 * Thread of the live monitor: looks on at the bus, keeps a rolling view of every pair, and serves it to people. Nobody waits
 * for it: what it is too slow for passes it by and is counted.
 */

import { fileURLToPath } from 'node:url';
import type { MessagePort } from 'node:worker_threads';
import { threadEntry } from '../../actors/runtime/thread-entry.ts';
import { createSystemClock } from '../../exchanges/system-clock.ts';
import type { LiveView } from '../../monitor/api/live.ts';
import type { SystemState } from '../../monitor/api/system.ts';
import type { LiveFeed } from '../../monitor/live/live-feed.ts';
import { LiveHub } from '../../monitor/live/live-hub.ts';
import { textFrame } from '../../monitor/web/text-frame.ts';
import { MarketsFeed } from '../../monitor/live/markets-feed.ts';
import { SystemFeed } from '../../monitor/live/system-feed.ts';
import { WhalesFeed } from '../../monitor/live/whales-feed.ts';
import { MarketState } from '../../monitor/state/market-state.ts';
import type { SystemFigures } from '../../monitor/state/system-board.ts';
import { SystemBoard } from '../../monitor/state/system-board.ts';
import { Access } from '../../monitor/web/access.ts';
import { History } from '../../monitor/web/history.ts';
import { startLiveServer } from '../../monitor/web/live-server.ts';
import type { Delivery, LaneKind, Spectator } from '../../ports/bus.ts';
import { readBatch } from '../../transport/codec.ts';
import { openThreadBus } from './bus-init.ts';
import { MonitorMeter } from './monitor-meter.ts';
import type { MonitorInit } from './monitor.protocol.ts';
import { QueryDesk } from './query-desk.ts';
import { startTelemetry } from './thread-telemetry.ts';
import { consumerName } from './topology.ts';

/** Batches that may wait here, per writer. */
const WAITING_MAX = 128;
/** How often views are looked through for what is due. */
const TICK_MS = 25;
const PAGE_ROOT = fileURLToPath(new URL('../../../build/monitor', import.meta.url));

export default threadEntry<MonitorInit>(async (init) => {
  const telemetry = await startTelemetry(init.telemetry);
  // Before anything is opened: an address that is not protected is no matter of a restart.
  const access = new Access(init.access);
  const clock = createSystemClock();
  const nowMs = (): number => clock.nowUs() / 1000;
  const threadBus = await openThreadBus(init.bus);
  const market = new MarketState({
    whaleScoreMin: init.whaleScoreMin,
    sinceUs: clock.nowUs(),
    known: init.known,
  });
  const board = new SystemBoard(init.facts);
  const spectators: Spectator[] = [];
  const missed = (): number => spectators.reduce((sum, { dropped }) => sum + dropped, 0);

  const systemAt = (atMs: number): SystemState =>
    board.state(atMs, {
      clients: hub.clients,
      clientsMax: init.limits.clientsMax,
      clientsDropped: hub.counters.dropped.tooSlow,
      batchesDropped: missed(),
    });
  const open = (view: LiveView): LiveFeed | null => {
    if (view.kind === 'markets') return new MarketsFeed(market);
    if (view.kind === 'system') return new SystemFeed(systemAt);
    const pair = market.find(view);
    return pair === null ? null : new WhalesFeed(market, pair, view);
  };
  const encode = (message: object): Buffer => textFrame(JSON.stringify(message));
  const hub = new LiveHub({ version: init.facts.version, limits: init.limits, encode, open });
  const meter = new MonitorMeter(telemetry.metrics.monitor, hub);

  const onBatch = ({ lane, data }: Delivery): void => {
    readBatch(data, (view) => market.step(view));
    telemetry.metrics.bus.delivered.inc({ consumer: 'monitor' });
    if (lane.kind === 'md') board.lag(lane.topic, nowMs() - market.lastReceiveUs / 1000);
  };
  for (const kind of ['md', 'result'] as const satisfies readonly LaneKind[]) {
    const name = consumerName(`monitor-${kind}`);
    const spectator = await threadBus.bus.spectator({ name, kind, maxWaiting: WAITING_MAX });
    spectators.push(spectator);
    meter.watch(kind, spectator);
    spectator.run(onBatch).catch(raise);
  }

  let desk: QueryDesk | null = null;
  let close = (): Promise<void> => Promise.resolve();
  const timer = setInterval(() => hub.tick(nowMs()), TICK_MS);

  return {
    commands: {
      attach: (ends: Parameters<typeof threadBus.attach>[0]) => threadBus.attach(ends),
      /** Takes its way to the store and listens; answers where. */
      open: async (port: MessagePort): Promise<string> => {
        const own = new QueryDesk(port);
        desk = own;
        const history = new History({ query: (sql) => own.query(sql), tablePrefix: init.tablePrefix });
        const server = await startLiveServer(
          {
            version: init.facts.version,
            access,
            hub,
            market,
            history,
            systemAt,
            nowMs,
            pageRoot: PAGE_ROOT,
            onError: (error, url) => telemetry.log.warn({ err: error, url }, 'request to the monitor failed'),
          },
          init.address,
        );
        close = () => server.close();
        return server.url;
      },
      figures: (figures: SystemFigures): void => board.take(figures, nowMs()),
      metrics: () => {
        meter.sample();
        return telemetry.snapshot();
      },
      stop: async () => {
        clearInterval(timer);
        for (const spectator of spectators) await spectator.stop();
        hub.close();
        await close();
        desk?.close();
        await threadBus.bus.close();
        telemetry.stop();
      },
    },
  };
});

/** Ends the thread: its supervisor decides what follows. */
function raise(error: unknown): never {
  throw error;
}
