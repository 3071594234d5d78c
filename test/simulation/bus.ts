/**
 * A bus that keeps the contract of `ports/bus.ts` and no more: what it takes it keeps, in the order of the calls, and hands out
 * at least once. Within that it is as bad as it may be: slow and full, it stores the last batches of a writer once more, as when
 * that heard of none of them, delivers again from the last acknowledgement, and loses the acknowledgements of consumers that
 * die.
 */

import type { Bus, Consumer, ConsumerOptions, Delivery, Lane, LaneKind, Publisher } from '../../src/ports/bus.ts';
import { chance, int, type Prng } from '../../src/lib/prng.ts';
import { assert } from '../../src/lib/assert.ts';
import type { Incarnation } from './process.ts';
import type { Timeline } from './timeline.ts';

export interface StoredBatch {
  readonly lane: Lane;
  readonly data: Uint8Array;
}

export interface BusOptions {
  readonly prng: Prng;
  readonly timeline: Timeline;
  /** Longest way of anything at this moment, µs. */
  readonly latencyUsMax: () => number;
  /** How often the last batches of a writer are stored once more. */
  readonly twice: number;
  /** How often a consumer is handed everything again that it has not acknowledged. */
  readonly again: number;
  /** Publishes of one writer that may be under way. */
  readonly window: number;
  /** Batches that no consumer has acknowledged yet, of one kind: further ones wait. */
  readonly capacity: number;
  /** Whether it takes nothing at the moment. */
  readonly isAway: () => boolean;
  /** A batch has been stored, the first time or again. */
  readonly onStored: (batch: StoredBatch, writer: string) => void;
  readonly trace: (words: () => string) => void;
}

/** What a consumer's name stands for, whoever runs under it. */
interface Durable {
  readonly stream: SimStream;
  readonly partition: number | undefined;
  /** Batches of the stream that are its own, by place there. */
  readonly own: number[];
  /** How far `own` has been looked for. */
  seen: number;
  /** Of `own`: all before it are acknowledged. */
  floor: number;
}

/** Batches of one kind, in the order in which they were stored. */
class SimStream {
  readonly kind: LaneKind;
  readonly batches: StoredBatch[] = [];
  readonly durables: Durable[] = [];

  constructor(kind: LaneKind) {
    this.kind = kind;
  }

  /** Batches that some consumer has not acknowledged. */
  get backlog(): number {
    return Math.max(0, ...this.durables.map((durable) => pendingOf(durable)));
  }
}

export class SimBus {
  /** Batches that were lost without a word, where a canary wants that. */
  loses: (batch: StoredBatch) => boolean = () => false;
  /** Batches that a consumer does not get although it will get later ones, where a canary wants that. */
  skips: (consumer: string) => boolean = () => false;
  /** Where a consumer begins again, where a canary wants another place than its last acknowledgement. */
  beginsAt: (durable: { readonly floor: number; readonly end: number }) => number = ({ floor }) => floor;
  readonly counts = { stored: 0, twice: 0, again: 0, waits: 0 };
  readonly options: BusOptions;
  private readonly streams: Record<LaneKind, SimStream> = { md: new SimStream('md'), result: new SimStream('result') };
  private readonly durables = new Map<string, Durable>();
  private readonly listeners = new Set<() => void>();

  constructor(options: BusOptions) {
    this.options = options;
  }

  /** A consumer that must not miss anything from the beginning on. */
  expect(name: string, kind: LaneKind, partition?: number): void {
    const stream = this.streams[kind];
    const durable: Durable = { stream, partition, own: [], seen: 0, floor: 0 };
    stream.durables.push(durable);
    this.durables.set(name, durable);
  }

  /** Whether every consumer has acknowledged everything. */
  get isDrained(): boolean {
    return [...this.durables.values()].every((durable) => pendingOf(durable) === 0);
  }

  /** Where each consumer stands, in words. */
  get standing(): string {
    return [...this.durables].map(([name, { floor, own }]) => `${name} ${floor}/${own.length}`).join(', ');
  }

  /** The end of one thread. */
  endOf(owner: Incarnation, name: string): Bus {
    return {
      publisher: () => new SimPublisher(this, owner, name),
      consumer: (options) => Promise.resolve(new SimConsumer(this, owner, this.durable(options.name), options)),
      spectator: () => Promise.reject(new Error('nobody looks on at a simulated bus')),
      close: () => Promise.resolve(),
    };
  }

  hasRoom(kind: LaneKind): boolean {
    return !this.options.isAway() && this.streams[kind].backlog < this.options.capacity;
  }

  store(batch: StoredBatch, writer: string): void {
    this.options.trace(() => `bus takes ${batch.data.length} bytes of ${laneName(batch.lane)} from ${writer}`);
    if (this.loses(batch)) return;
    this.counts.stored++;
    this.streams[batch.lane.kind].batches.push(batch);
    this.options.onStored(batch, writer);
    this.tell();
  }

  /** Calls back whenever there may be something new. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(): void {
    for (const listener of [...this.listeners]) listener();
  }

  private durable(name: string): Durable {
    const durable = this.durables.get(name);
    assert(durable !== undefined, `no consumer ${name} is expected`);
    return durable;
  }
}

/** Batches of a writer that may come once more. */
const LATEST_MAX = 3;

interface Waiting {
  readonly batch: StoredBatch;
  readonly taken: () => void;
}

class SimPublisher implements Publisher {
  private readonly bus: SimBus;
  private readonly owner: Incarnation;
  private readonly name: string;
  private readonly line: Waiting[] = [];
  private underWay = 0;
  /** When the last one is stored: none overtakes it. */
  private lastUs = 0;
  /** Its writer has died, and what had not arrived by then never does. */
  private isCut = false;
  /** The latest that were stored, oldest first. */
  private latest: StoredBatch[] = [];
  private readonly open = new Set<Promise<void>>();
  private isListening = false;

  constructor(bus: SimBus, owner: Incarnation, name: string) {
    this.bus = bus;
    this.owner = owner;
    this.name = name;
  }

  publish(lane: Lane, data: Uint8Array): Promise<void> {
    const taken = new Promise<void>((resolve) => {
      this.line.push({ batch: { lane, data }, taken: resolve });
    });
    this.open.add(taken);
    void taken.then(() => this.open.delete(taken));
    this.admit();
    return taken;
  }

  async flush(): Promise<void> {
    await Promise.all(this.open);
  }

  close(): Promise<void> {
    return this.flush();
  }

  private admit(): void {
    const { window } = this.bus.options;
    for (let next = this.line[0]; next !== undefined; next = this.line[0]) {
      if (this.underWay >= window) return;
      if (!this.bus.hasRoom(next.batch.lane.kind)) return this.waitForRoom();
      this.line.shift();
      this.underWay++;
      this.send(next);
    }
  }

  private waitForRoom(): void {
    this.bus.counts.waits++;
    if (this.isListening) return;
    this.isListening = true;
    const stop = this.bus.listen(() => {
      stop();
      this.isListening = false;
      if (this.owner.isAlive) this.owner.after(0, () => this.admit());
    });
  }

  /** Once it is sent it may arrive, whatever becomes of its writer. */
  private send({ batch, taken }: Waiting): void {
    const { prng, timeline, latencyUsMax, twice } = this.bus.options;
    this.lastUs = Math.max(this.lastUs, timeline.nowUs + int(prng, 50, latencyUsMax()));
    const isLateEnough = chance(prng, 0.5);
    timeline.after(
      this.lastUs - timeline.nowUs,
      () => {
        // The connection of a writer that died is closed: what has not arrived within a moment never does.
        if (!this.owner.isAlive && !isLateEnough) this.isCut = true;
        if (this.isCut) return;
        this.store(batch);
        if (chance(prng, twice)) {
          this.bus.counts.twice++;
          for (const one of this.latest.slice(-int(prng, 1, LATEST_MAX))) this.bus.store(one, this.name);
        }
        this.owner.after(int(prng, 50, latencyUsMax()), () => {
          this.underWay--;
          taken();
          this.admit();
        });
      },
      0,
    );
  }

  private store(batch: StoredBatch): void {
    this.bus.store(batch, this.name);
    this.latest = [...this.latest, batch].slice(-LATEST_MAX);
  }
}

interface Handed {
  readonly position: number;
  /** Of the durable's own batches. */
  readonly at: number;
}

class SimConsumer implements Consumer {
  private readonly bus: SimBus;
  private readonly owner: Incarnation;
  private readonly durable: Durable;
  private readonly options: ConsumerOptions;
  private readonly handed: Handed[] = [];
  /** Of the durable's own batches: all before it are acknowledged, and these behind it. */
  private through: number;
  private readonly acknowledged = new Set<number>();
  private next: number;
  private newest: number;
  private position = 0;
  private isStopped = false;
  private wake: (() => void) | null = null;

  constructor(bus: SimBus, owner: Incarnation, durable: Durable, options: ConsumerOptions) {
    this.bus = bus;
    this.owner = owner;
    this.durable = durable;
    this.options = options;
    pendingOf(durable);
    this.next = bus.beginsAt({ floor: durable.floor, end: durable.own.length });
    this.newest = this.next;
    this.through = this.next;
  }

  async run(onBatch: (delivery: Delivery) => void | Promise<void>): Promise<void> {
    const { prng, latencyUsMax, again } = this.bus.options;
    const stop = this.bus.listen(() => this.nudge());
    while (!this.isStopped) {
      const delivery = this.take();
      if (delivery === null) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        continue;
      }
      try {
        await onBatch(delivery);
      } catch (error) {
        stop();
        this.isStopped = true;
        throw error;
      }
      if (chance(prng, again)) this.rewind();
      if (chance(prng, 0.2)) await this.pause(int(prng, 0, latencyUsMax()));
    }
    stop();
  }

  /** Acknowledgements are on their way for a while, and are lost with whoever sends them. */
  ackThrough(position: number): void {
    const { prng, timeline, latencyUsMax } = this.bus.options;
    const { durable, handed } = this;
    while ((handed[0]?.position ?? Infinity) <= position) this.acknowledged.add(handed.shift()?.at ?? -1);
    const before = this.through;
    while (this.acknowledged.delete(this.through)) this.through++;
    const { through } = this;
    const isLost = chance(prng, 0.3);
    if (through > before) {
      timeline.after(
        int(prng, 0, latencyUsMax()),
        () => {
          if ((isLost && !this.owner.isAlive) || through <= durable.floor) return;
          durable.floor = through;
          this.bus.tell();
        },
        1,
      );
    }
    this.nudge();
  }

  stop(): Promise<void> {
    this.isStopped = true;
    this.nudge();
    return Promise.resolve();
  }

  private take(): Delivery | null {
    const { durable, options } = this;
    if (!this.owner.isAlive || this.handed.length >= options.maxPending) return null;
    pendingOf(durable);
    const place = durable.own[this.next];
    const batch = place === undefined ? undefined : durable.stream.batches[place];
    if (batch === undefined) return null;
    const at = this.next++;
    if (this.bus.skips(options.name)) {
      this.acknowledged.add(at);
      return this.take();
    }
    const redelivered = at < this.newest;
    this.newest = Math.max(this.newest, this.next);
    const position = ++this.position;
    this.handed.push({ position, at });
    assert(this.handed.length <= options.maxPending, 'more is handed out than may be pending');
    return { lane: batch.lane, position, data: batch.data, redelivered };
  }

  /** What was not acknowledged comes once more. */
  private rewind(): void {
    if (this.durable.floor >= this.next) return;
    this.bus.counts.again++;
    this.bus.options.trace(() => `bus hands out again to ${this.options.name}`);
    this.next = this.durable.floor;
  }

  private nudge(): void {
    const { wake } = this;
    this.wake = null;
    if (wake !== null) this.owner.after(int(this.bus.options.prng, 0, 500), wake);
  }

  private pause(us: number): Promise<void> {
    return new Promise((resolve) => {
      this.owner.after(us, resolve);
    });
  }
}

/** Looks for further batches of the consumer. @returns how many it has not acknowledged */
function pendingOf(durable: Durable): number {
  const { stream, partition, own } = durable;
  for (; durable.seen < stream.batches.length; durable.seen++) {
    const lane = stream.batches[durable.seen]?.lane;
    if (partition === undefined || lane?.partition === partition) own.push(durable.seen);
  }
  return own.length - durable.floor;
}

export function laneName({ kind, topic, partition }: Lane): string {
  return `${kind}.${topic}.${partition}`;
}
