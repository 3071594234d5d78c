/**
 * Carries events and results from the bus into the store: rows are gathered, written in batches, and the bus is told
 * only after the write is durable. One batch is filled while its twin is being written. A failed write keeps its rows and
 * is tried again; meanwhile no more is taken from the bus, which is the buffer, than the other batch can hold.
 */

import type { EventHeader, EventView } from '../model/event.ts';
import { isMetric } from '../model/event.ts';
import type { RowBatch, Store } from '../ports/store.ts';
import type { BookPosition, PositionMap, Verdict } from './positions.ts';
import { metricKey, Positions, StreamHole } from './positions.ts';

export interface StoreActorOptions {
  readonly store: Store;
  /** Rows that a batch may gather before it is written. */
  readonly batchRows: number;
  /** Waits before the next attempt (they count from 1), or rejects where another attempt is in vain. */
  readonly retry: (facts: { attempt: number; rows: number; error: unknown }) => Promise<void>;
  /** A batch is durable, and with it everything up to the marks that were set before it was taken. */
  readonly onDurable: (marks: ReadonlyMap<string, number>) => void;
  readonly onWritten: (facts: { rows: number; counts: Readonly<Record<string, number>>; durationMs: number }) => void;
  /** Milliseconds, monotone. */
  readonly nowMs: () => number;
}

/** Where the actor stands in one book. */
interface Place {
  /** `exchange:symbol` */
  readonly key: string;
  readonly events: BookPosition;
  readonly results: BookPosition;
}

export class StoreActor {
  readonly events = new Positions();
  readonly results = new Positions();
  private readonly options: StoreActorOptions;
  /** Filled while its twin is being written. */
  private batch: RowBatch;
  private spare: RowBatch;
  private marks = new Map<string, number>();
  /** The write under way. It never rejects: what went wrong for good is in `refusal`. */
  private writing: Promise<void> | null = null;
  /** Why the store refused rows: from then on nothing may be acknowledged past them. */
  private refusal: { readonly error: unknown } | null = null;
  private stopped = false;
  /** By exchange and symbol, so that an event makes no text to find its book by. */
  private readonly places = new Map<string, Map<string, Place>>();

  constructor(options: StoreActorOptions) {
    this.options = options;
    this.batch = options.store.newBatch();
    this.spare = options.store.newBatch();
  }

  /** Rows that are gathered or being written. */
  get pendingRows(): number {
    return this.batch.rows + this.spare.rows;
  }

  get isFull(): boolean {
    return this.batch.rows >= this.options.batchRows;
  }

  /**
   * Takes one event; what was taken before is dropped.
   * @throws StreamHole where events before it are missing
   */
  add(view: EventView): void {
    const { header } = view;
    const place = this.placeOf(header);
    const verdict = this.judge(view, place);
    if (verdict === 'old') return;
    if (verdict === 'hole') throw new StreamHole(place.key, header);
    this.batch.append(view);
  }

  /** Everything that was added so far stands for the consumer's deliveries up to `position`. */
  mark(consumer: string, position: number): void {
    this.marks.set(consumer, position);
  }

  /**
   * Resolves when there is room in the batch: at once where it is not full; else its write begins, as soon as that of its
   * twin is over, and goes on behind the caller's back. Rejects where the store has refused rows, now or earlier.
   */
  async makeRoom(): Promise<void> {
    while (this.isFull && !this.stopped) {
      if (this.writing !== null) await this.writing;
      else this.begin();
    }
  }

  /**
   * Writes what has been gathered; resolves when it is durable, however many attempts it takes, or when the actor is
   * stopped. One write at a time: a second call waits for the first. Rejects where the store refuses the rows, and
   * every time after that.
   */
  async flush(): Promise<void> {
    while (this.writing !== null) await this.writing;
    this.begin();
    await this.written();
    this.requireNoRefusal();
  }

  /** No more attempts: what is not written stays on the bus. */
  stop(): void {
    this.stopped = true;
  }

  /** Whether everything up to these positions has been taken and written. */
  reached(goal: { events: PositionMap; results: PositionMap }): boolean {
    return this.pendingRows === 0 && this.events.reached(goal.events) && this.results.reached(goal.results);
  }

  private judge(view: EventView, place: Place): Verdict {
    if (isMetric(view)) return this.results.of(metricKey(view.kind, place.key)).acceptTimed(view.header);
    return view.kind === 'order.score' ? place.results.acceptSparse(view.header) : place.events.accept(view.header);
  }

  private placeOf({ exchange, symbol }: EventHeader): Place {
    let bySymbol = this.places.get(exchange);
    if (bySymbol === undefined) {
      bySymbol = new Map();
      this.places.set(exchange, bySymbol);
    }
    let place = bySymbol.get(symbol);
    if (place === undefined) {
      const key = `${exchange}:${symbol}`;
      place = { key, events: this.events.of(key), results: this.results.of(key) };
      bySymbol.set(symbol, place);
    }
    return place;
  }

  private requireNoRefusal(): void {
    if (this.refusal !== null) throw this.refusal.error;
  }

  /** Starts a write of what there is, while none is under way. */
  private begin(): void {
    this.requireNoRefusal();
    if (this.stopped || (this.batch.rows === 0 && this.marks.size === 0)) return;
    this.writing = this.write()
      .catch((error: unknown) => {
        this.refusal = { error };
      })
      .finally(() => {
        this.writing = null;
      });
  }

  private written(): Promise<void> {
    return this.writing ?? Promise.resolve();
  }

  private async write(): Promise<void> {
    const { store, onDurable, onWritten, retry, nowMs } = this.options;
    const { batch, marks } = this;
    this.batch = this.spare;
    this.spare = batch;
    this.marks = new Map();
    for (let attempt = 1; batch.rows > 0; attempt++) {
      const startedMs = nowMs();
      try {
        await store.write(batch);
      } catch (error) {
        await retry({ attempt, rows: batch.rows, error });
        if (this.stopped) return;
        continue;
      }
      onWritten({ rows: batch.rows, counts: batch.counts(), durationMs: nowMs() - startedMs });
      batch.clear();
    }
    onDurable(marks);
  }
}
