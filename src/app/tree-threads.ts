/** The threads of a live run: which there are, how each is started and stopped, and who runs. */

import { MessageChannel } from 'node:worker_threads';
import type { ChildSpec } from '../actors/runtime/child-spec.ts';
import { type ThreadDied, ThreadHost } from '../actors/runtime/thread-host.ts';
import { readOnlyStatement } from '../monitor/read-only-sql.ts';
import type { QueryResult } from '../ports/store.ts';
import { analyticsOptions, storeOptions } from './adapters.ts';
import type { Config } from './config.ts';
import type { ThreadFiles } from './thread-files.ts';
import type { ThreadInits } from './thread-inits.ts';
import type { BusInit } from './threads/bus-init.ts';
import { answerQueries } from './threads/query-desk.ts';
import type { ThreadRole, TreeThread } from './tree-thread.ts';

export interface TreeThreadsOptions {
  readonly config: Config;
  readonly threadFiles: ThreadFiles;
  readonly inits: ThreadInits;
  readonly boot: (thread: TreeThread, init: (bus: BusInit) => unknown) => Promise<void>;
  readonly onDeath: (id: string, error: ThreadDied) => void;
  /** Answers what the monitor asks of the store. */
  readonly query: (sql: string) => Promise<QueryResult>;
}

/** What a thread gets to end by itself when it is late already. */
const LAST_WORDS_MS = 1000;

export class TreeThreads {
  /** For their supervisor. */
  readonly specs: readonly ChildSpec[];
  /** Where the live monitor answers; null where there is none. */
  liveUrl: string | null = null;
  private readonly options: TreeThreadsOptions;
  private readonly threads: TreeThread[] = [];
  private isHurried = false;

  constructor(options: TreeThreadsOptions) {
    this.options = options;
    this.specs = this.childSpecs();
  }

  /** In the order in which they start. */
  get all(): readonly TreeThread[] {
    return this.threads;
  }

  /** @param id as in `specs` */
  of(id: string): TreeThread {
    const found = this.threads.find(({ host }) => host.name === id);
    if (found === undefined) throw new Error(`no thread ${id}`);
    return found;
  }

  running(role: ThreadRole): TreeThread[] {
    return this.threads.filter((one) => one.role === role && one.host.alive);
  }

  /** The time to stop in good order is over: from now on each gets a moment. */
  hurry(): void {
    this.isHurried = true;
  }

  private childSpecs(): ChildSpec[] {
    const { config, inits } = this.options;
    const store = storeOptions(config, { ttl: true });
    const analytics = analyticsOptions(config);
    return [
      ...(store === null ? [] : this.shards('store', 1, (bus) => inits.store(bus, store))),
      // Before whoever it looks on at: what is said first would be missed.
      ...(config.monitor.enabled && config.roles.includes('monitor') ? [this.monitorChild()] : []),
      ...this.shards('scoring', config.scoring.shards, (bus, shard) => inits.scoring(bus, shard)),
      ...(analytics === null
        ? []
        : this.shards('analytics', config.analytics.shards, (bus, shard) => inits.analytics(bus, shard, analytics))),
      ...this.shards('ingest', config.ingest.shards, (bus, shard) => inits.ingest(bus, shard)),
    ];
  }

  private shards(
    role: Exclude<ThreadRole, 'monitor'>,
    count: number,
    init: (bus: BusInit, shard: number) => unknown,
  ): ChildSpec[] {
    if (!this.options.config.roles.includes(role)) return [];
    return Array.from({ length: count }, (_, shard) => this.child(role, shard, (bus) => init(bus, shard)));
  }

  private child(role: ThreadRole, index: number, init: (bus: BusInit) => unknown): ChildSpec {
    const { config, threadFiles, boot, onDeath } = this.options;
    const id = `${role}-${index}`;
    const host = new ThreadHost({
      name: id,
      file: threadFiles[role],
      maxHeapMb: role === 'ingest' ? config.ingest.maxHeapMb : null,
      // The binding of DuckDB aborts the process where a thread ends in the midst of one of its calls.
      isTied: role === 'store' && config.store.kind === 'duckdb',
      onDeath: (error) => onDeath(id, error),
    });
    const thread = { role, index, host };
    this.threads.push(thread);
    return {
      id,
      restart: 'permanent',
      shutdownMs: config.supervision.shutdownDeadlineMs,
      start: () => boot(thread, init),
      stop: (deadlineMs) => host.stop(this.isHurried ? LAST_WORDS_MS : deadlineMs),
    };
  }

  /** Behind its boot it gets its way to the store, and says where it listens. */
  private monitorChild(): ChildSpec {
    const { inits, query } = this.options;
    const spec = this.child('monitor', 0, (bus) => inits.monitor(bus));
    return {
      ...spec,
      start: async () => {
        await spec.start();
        const { host } = this.of(spec.id);
        const { port1, port2 } = new MessageChannel();
        answerQueries(port1, (sql) => query(readOnlyStatement(sql)));
        try {
          this.liveUrl = await host.call<string>('open', port2, [port2]);
        } catch (error) {
          await host.stop(LAST_WORDS_MS);
          throw error;
        }
      },
    };
  }
}
