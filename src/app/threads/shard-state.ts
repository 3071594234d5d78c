/**
 * State of a shard's thread that outlives it: a snapshot per partition, kept where the thread is told to, and tied to what
 * the partition's consumer has acknowledged.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SnapshotHeading } from '../../actors/snapshot-format.ts';
import { readSnapshot, SnapshotRefused } from '../../actors/snapshot-format.ts';
import { SnapshotKeeping } from '../../actors/snapshot-keeping.ts';
import { partitionOf } from '../../model/partition.ts';
import type { Consumer, Delivery } from '../../ports/bus.ts';
import type { DeadLetters } from '../../ports/dead-letters.ts';
import type { StateKeeper } from '../../ports/state-keeper.ts';
import { FileDeadLetters } from '../../storage/file-dead-letters.ts';
import { FileKeeper } from '../../storage/file-keeper.ts';
import type { MemoryPlaces } from '../../storage/memory-keeper.ts';
import { MemoryKeeper } from '../../storage/memory-keeper.ts';
import { beginDeadLettersAtZero, beginReaderAtZero } from '../../telemetry/zero-counts.ts';
import type { ThreadBus } from './bus-init.ts';
import { Quarantine } from './quarantine.ts';
import type { ThreadTelemetry } from './thread-telemetry.ts';
import { consumerName } from './topology.ts';
import { Workplace } from './workplace.ts';

export interface StateInit {
  /** `bus`: a KV bucket of the NATS server. `folder`: files. `memory`: for as long as the program runs. */
  readonly place:
    | { readonly kind: 'bus' }
    | { readonly kind: 'folder'; readonly path: string }
    | { readonly kind: 'memory'; readonly places: MemoryPlaces };
  /** Pairs are spread over so many partitions. */
  readonly partitions: number;
  /** A snapshot is taken after so much time. */
  readonly everyMs: number;
  /** Of this thread and those that take its place: see `Workplace`. Where absent, nothing is known of what it hung at. */
  readonly workplace?: SharedArrayBuffer;
}

interface OfPair {
  readonly exchange: string;
  readonly symbol: string;
}

/** What a shard lets be kept. Its books are counted in the order in which they came. */
export interface KeptShard<BookState extends OfPair> {
  readonly books: number;
  bookState(index: number): BookState;
  resume(state: BookState): void;
}

/**
 * Of what the in-process bus holds for a consumer (16,384 batches and 64 MiB per writer), so that writers never wait for a
 * snapshot; with NATS the stream holds more.
 */
const BATCHES_MAX = 2048;
const BYTES_MAX = 8 * 1024 * 1024;
const TICKS_PER_SNAPSHOT = 10;

export interface ShardStateOptions<BookState extends OfPair> {
  readonly init: StateInit;
  readonly role: 'scoring' | 'analytics';
  /** See `SnapshotHeading.layout`. */
  readonly layout: string;
  /** What it means for people that a book begins without its state. */
  readonly consequence: string;
  readonly shard: KeptShard<BookState>;
  readonly threadBus: ThreadBus;
  readonly telemetry: ThreadTelemetry;
  readonly settle: () => Promise<void>;
}

interface Part {
  readonly consumer: Consumer;
  readonly keeping: SnapshotKeeping;
}

export class ShardState<BookState extends OfPair> {
  /** For what the shard cannot take. */
  readonly quarantine: Quarantine;
  private readonly options: ShardStateOptions<BookState>;
  private readonly keeper: StateKeeper;
  /** The shard's books of each partition, by their numbers. */
  private readonly members = new Map<number, number[]>();
  /** Books of the shard whose partition is known. */
  private counted = 0;
  private readonly parts = new Map<number, Part>();
  private readonly timer: NodeJS.Timeout;

  private constructor(options: ShardStateOptions<BookState>, keeper: StateKeeper, quarantine: Quarantine) {
    this.options = options;
    this.keeper = keeper;
    this.quarantine = quarantine;
    const tickMs = options.init.everyMs / TICKS_PER_SNAPSHOT;
    this.timer = setInterval(() => {
      for (const { keeping } of this.parts.values()) keeping.tick();
    }, tickMs);
  }

  static async open<BookState extends OfPair>(options: ShardStateOptions<BookState>): Promise<ShardState<BookState>> {
    const { init, role, threadBus, telemetry } = options;
    beginReaderAtZero(telemetry.metrics, role);
    const keeper = await openKeeper(init.place, threadBus);
    return new ShardState(options, keeper, await openQuarantineOver(keeper, init, threadBus, telemetry));
  }

  /** Brings the books of a partition into the shard as they were; to be called before its consumer is opened. */
  async resume(partition: number): Promise<void> {
    const { role, shard, consequence, telemetry } = this.options;
    const name = consumerName(role, partition);
    beginDeadLettersAtZero(telemetry.metrics, name);
    await this.quarantine.recall(name);
    const data = await this.keeper.load(name);
    if (data === null) {
      telemetry.metrics.state.loads.inc({ role, result: 'none' });
      return;
    }
    try {
      const states = readSnapshot(data, this.heading(partition)) as BookState[];
      for (const state of states) shard.resume(state);
      this.count();
      telemetry.events.stateResumed({ role, name, books: states.length, bytes: data.length });
    } catch (error) {
      if (!(error instanceof SnapshotRefused)) throw error;
      telemetry.events.stateRefused({ role, name, error, consequence });
    }
  }

  /** Begins to keep the state of a partition. */
  follow(partition: number, consumer: Consumer): void {
    const { role, init, shard, settle, telemetry } = this.options;
    const name = consumerName(role, partition);
    const members = this.membersOf(partition);
    const { metrics, events } = telemetry;
    const keeping = new SnapshotKeeping({
      name,
      heading: this.heading(partition),
      keeper: this.keeper,
      limits: { everyMs: init.everyMs, batches: BATCHES_MAX, bytes: BYTES_MAX },
      books: () => members.length,
      stateOf: (index) => shard.bookState(members[index] as number),
      settle,
      acknowledge: (position) => consumer.ackThrough(position),
      nextTurn: () => nextTurn(),
      nowMs: () => performance.now(),
      onSlice: (durationMs) => metrics.state.slice.observe({ role }, durationMs / 1000),
      onKept: ({ bytes, durationMs }) => {
        metrics.state.snapshots.inc({ role, result: 'kept' });
        metrics.state.bytes.inc({ role }, bytes);
        metrics.state.duration.observe({ role }, durationMs / 1000);
      },
      onFailed: (error) => events.stateNotKept({ role, name, error }),
    });
    this.parts.set(partition, { consumer, keeping });
  }

  /** The shard has taken a batch of a partition. */
  passed(delivery: Delivery): void {
    const { partition } = delivery.lane;
    this.count();
    this.parts.get(partition)?.keeping.passed(delivery.position, delivery.data.length);
  }

  /** Takes last snapshots; nothing may come meanwhile that counts. */
  async finish(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(Array.from(this.parts.values(), ({ keeping }) => keeping.finish()));
  }

  /** Puts the books that have come since the last time to their partitions; they may be of several. */
  private count(): void {
    const { shard, init } = this.options;
    for (; this.counted < shard.books; this.counted++) {
      const { exchange, symbol } = shard.bookState(this.counted);
      this.membersOf(partitionOf(exchange, symbol, init.partitions)).push(this.counted);
    }
  }

  private membersOf(partition: number): number[] {
    let members = this.members.get(partition);
    if (members === undefined) {
      members = [];
      this.members.set(partition, members);
    }
    return members;
  }

  private heading(partition: number): SnapshotHeading {
    const { layout, init } = this.options;
    return { layout, partitions: init.partitions, partition };
  }
}

/** A quarantine where no shard's state is kept. */
export async function openQuarantine(
  init: StateInit,
  threadBus: ThreadBus,
  telemetry: ThreadTelemetry,
): Promise<Quarantine> {
  return openQuarantineOver(await openKeeper(init.place, threadBus), init, threadBus, telemetry);
}

async function openQuarantineOver(
  keeper: StateKeeper,
  { place, workplace }: StateInit,
  threadBus: ThreadBus,
  { events }: ThreadTelemetry,
): Promise<Quarantine> {
  const letters = await openLetters(place, threadBus);
  return new Quarantine(keeper, letters, events, workplace === undefined ? null : new Workplace(workplace));
}

/** Null where only the log can tell: memory is for state, which is bounded by the books. */
async function openLetters(place: StateInit['place'], threadBus: ThreadBus): Promise<DeadLetters | null> {
  switch (place.kind) {
    case 'bus':
      return threadBus.deadLetters();
    case 'folder':
      return new FileDeadLetters(place.path);
    case 'memory':
      return null;
  }
}

function openKeeper(place: StateInit['place'], threadBus: ThreadBus): Promise<StateKeeper> {
  switch (place.kind) {
    case 'bus':
      return threadBus.keeper();
    case 'folder':
      return FileKeeper.open(place.path);
    case 'memory':
      return Promise.resolve(new MemoryKeeper(place.places));
  }
}
