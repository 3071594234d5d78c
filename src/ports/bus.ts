/**
 * The bus carries batches of encoded events from their writers to every consumer, at least once and in order per
 * partition. Two adapters keep this contract: JetStream and the in-process bus. Both pass one conformance suite.
 *
 * - A *lane* is an ordered stream of batches (`md` carries market events, `result` carries results). One writer per
 *   lane at a time.
 * - `publish` resolves when the bus has taken the batch for good (JetStream: stored; in process: every consumer has
 *   acknowledged it or holds it). Publishes of one publisher may overlap; the order of the calls is the order on the
 *   lane. At most `window` publishes are under way; a further call waits: that is the back-pressure.
 * - A consumer gets batches one after the other, in order, and acknowledges *all up to* a position once what they
 *   caused is durable. What was not acknowledged comes again after a restart of the consumer.
 * - A spectator looks on: it gets what is published from its start on, and holds nothing back. No writer waits for it and
 *   nothing is kept for it: what it is too slow for is lost to it, oldest first, and counted.
 */

export type LaneKind = 'md' | 'result';

export interface Lane {
  readonly kind: LaneKind;
  /** `md`: the exchange; `result`: the kind of result, e.g. `score`. */
  readonly topic: string;
  /** 0-based partition. */
  readonly partition: number;
}

/** One delivered batch. */
export interface Delivery {
  readonly lane: Lane;
  /** Grows by at least 1 per batch within its consumer; what `ackThrough` takes. */
  readonly position: number;
  /** The encoded batch (see transport/codec). The receiver may keep it. */
  readonly data: Uint8Array;
  /** True where the bus knows that it hands this batch out again. */
  readonly redelivered: boolean;
}

export interface Publisher {
  /**
   * Hands a batch over. The bus owns `data` from now on (its buffer may be detached).
   * @param id deterministic id of the batch: the same content has the same id, so that a repeated publish is harmless
   * @throws BusError `unreachable` when the bus is gone for longer than its adapter retries
   */
  publish(lane: Lane, data: Uint8Array, id: string): Promise<void>;
  /** Resolves when every publish so far has been taken. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface ConsumerOptions {
  /** Durable name (letters, digits, `-`, `_`): a restarted consumer of the same name goes on after what it acknowledged. */
  readonly name: string;
  readonly kind: LaneKind;
  /** The one partition to read (of every topic); all of them where absent. */
  readonly partition?: number;
  /** Batches handed out and not yet acknowledged, at most. */
  readonly maxPending: number;
}

export interface Consumer {
  /**
   * Calls `onBatch` for each batch in order until `stop`. A promise returned by it is awaited before the next batch
   * (back-pressure). Rejects when `onBatch` throws: the consumer is then stopped and nothing more is acknowledged.
   */
  run(onBatch: (delivery: Delivery) => void | Promise<void>): Promise<void>;
  /** Everything up to this position, on all lanes of this consumer, is durable and need not come again. */
  ackThrough(position: number): void;
  /** No more deliveries; pending acknowledgements are sent. */
  stop(): Promise<void>;
}

export interface SpectatorOptions {
  /** Letters, digits, `-`, `_`. */
  readonly name: string;
  readonly kind: LaneKind;
  /** Batches that wait for it, at most, per writer where the bus is in process: beyond, the oldest are dropped. */
  readonly maxWaiting: number;
}

export interface Spectator {
  /** Batches that it was too slow for, as far as it knows yet. */
  readonly dropped: number;
  /** As `Consumer.run`; there is nothing to acknowledge. */
  run(onBatch: (delivery: Delivery) => void | Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

/** One thread's end of the bus. */
export interface Bus {
  publisher(): Publisher;
  consumer(options: ConsumerOptions): Promise<Consumer>;
  /** Begins to look on, at about this moment. */
  spectator(options: SpectatorOptions): Promise<Spectator>;
  close(): Promise<void>;
}
