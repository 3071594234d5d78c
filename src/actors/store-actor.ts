/**
 * Carries events and results from the bus into the store: rows are gathered, written in batches, and the bus is told
 * only after the write is durable. One batch is filled while its twin is being written. A failed write keeps its rows and
 * is tried again; meanwhile no more is taken from the bus, which is the buffer, than the other batch can hold.
 */

import type { EventHeader, EventView } from '../model/event.ts';
import { isMetric } from '../model/event.ts';
import { emptyHeader } from '../model/event-header.ts';
import type { RowBatch, Store } from '../ports/store.ts';
import type { BookPosition, PositionMap, Verdict } from './positions.ts';
import { metricKey, Positions, StreamHole } from './positions.ts';

export interface StoreActorOptions {
  readonly store: Store;
  /** Rows that a batch may gather before it is written. */
  readonly batchRows: number;
  /** Waits before the next attempt (they count from 1), or rejects where another attempt is in vain. */
  readonly retry: (facts: { attempt: number; rows: number; error: unknown }) => Promise<void>;
  /** Whether a refusal is for good: rows are then written one by one, and those refused are set aside. Where absent: never. */
  readonly isForGood?: (error: unknown) => boolean;
  /** The events of a delivery, in order. */
  readonly eventsOf?: (data: Uint8Array, onEvent: (view: EventView) => void) => void;
  /** Keeps an event whose rows the store refuses; rejects where it cannot be kept. */
  readonly setAside?: (refused: RefusedEvent) => Promise<void>;
  /** Events of a book are missing on the bus; what follows is taken all the same. Where absent, `add` throws instead. */
  readonly onHole?: (hole: StreamHole) => void;
  /** A batch is durable, and with it everything up to the marks that were set before it was taken. */
  readonly onDurable: (marks: ReadonlyMap<string, number>) => void;
  readonly onWritten: (facts: { rows: number; counts: Readonly<Record<string, number>>; durationMs: number }) => void;
  /** Milliseconds, monotone. */
  readonly nowMs: () => number;
}

/** What the bus handed out, for as long as its rows are not durable. */
interface Taken {
  readonly consumer: string;
  readonly position: number;
  readonly data: Uint8Array;
}

export interface RefusedEvent extends Taken {
  readonly book: string;
  readonly epoch: number;
  readonly seq: number;
  readonly error: unknown;
}

/** So many events refused, and none taken: then it is not their fault. */
const REFUSED_MAX = 50;

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
  /** Deliveries whose rows are in `batch`. */
  private taken: Taken[] = [];
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
   * @throws StreamHole where events before it are missing, and nobody wants to hear of it
   */
  add(view: EventView): void {
    const { header } = view;
    const place = this.placeOf(header);
    const verdict = this.judge(view, place);
    if (verdict === 'old') return;
    if (verdict === 'hole') this.onHole(place, header);
    this.batch.append(view);
  }

  /** Passes an event that cannot be taken. */
  pass(view: EventView): void {
    const place = this.placeOf(view.header);
    if (this.judge(view, place) === 'hole') place.events.skipTo(view.header);
  }

  /**
   * Everything that was added so far stands for the consumer's deliveries up to `position`.
   * @param data the delivery itself, held until its rows are durable: only of such can refused rows be set aside
   */
  mark(consumer: string, position: number, data?: Uint8Array): void {
    this.marks.set(consumer, position);
    if (data !== undefined && this.options.setAside !== undefined) this.taken.push({ consumer, position, data });
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

  /** What the bus has lost is lost; the rows behind it are right all the same, and say where the hole is. */
  private onHole(place: Place, header: EventHeader): void {
    const { onHole } = this.options;
    const hole = new StreamHole(place.key, header);
    if (onHole === undefined) throw hole;
    place.events.skipTo(header);
    onHole(hole);
    this.batch.append({
      kind: 'book.status',
      header: { ...emptyHeader(), ...header, span: 1, state: 'suspect', reason: 'gap' },
      detail: `lost on the bus: ${hole.message}`,
      gaps: 0,
      resyncs: 0,
      checksumOk: 0,
      checksumFailed: 0,
    });
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
    const { batch, marks, taken } = this;
    this.batch = this.spare;
    this.spare = batch;
    this.marks = new Map();
    this.taken = [];
    for (let attempt = 1; batch.rows > 0; attempt++) {
      const startedMs = nowMs();
      try {
        await store.write(batch);
      } catch (error) {
        if (taken.length > 0 && this.options.isForGood?.(error) === true) {
          await this.sift(taken, error);
          batch.clear();
          break;
        }
        await retry({ attempt, rows: batch.rows, error });
        if (this.stopped) return;
        continue;
      }
      onWritten({ rows: batch.rows, counts: batch.counts(), durationMs: nowMs() - startedMs });
      batch.clear();
    }
    onDurable(marks);
  }

  /**
   * The store refuses rows for good: writes the deliveries one by one, halves those that are refused, and sets aside the
   * events that are refused by themselves.
   * @throws the first refusal where nothing is taken at all: then it is the store, and nothing must be passed
   */
  private async sift(taken: readonly Taken[], first: unknown): Promise<void> {
    const { eventsOf, setAside } = this.options;
    if (eventsOf === undefined || setAside === undefined) throw first;
    const refused: RefusedEvent[] = [];
    let isAnyTaken = false;
    const attempt = async (one: Taken, from: number, to: number): Promise<void> => {
      const scratch = this.options.store.newBatch();
      let count = 0;
      let last: Pick<RefusedEvent, 'book' | 'epoch' | 'seq'> | null = null;
      eventsOf(one.data, (view) => {
        if (count >= from && count < to) {
          const { exchange, symbol, epoch, seq } = view.header;
          last = { book: `${exchange}:${symbol}`, epoch, seq };
          scratch.append(view);
        }
        count++;
      });
      const end = Math.min(to, count);
      const error = await this.refusalOf(scratch);
      if (error === null) {
        isAnyTaken ||= scratch.rows > 0;
      } else if (end - from > 1) {
        const middle = from + Math.ceil((end - from) / 2);
        await attempt(one, from, middle);
        await attempt(one, middle, end);
      } else if (last !== null) {
        refused.push({ ...one, ...(last as Pick<RefusedEvent, 'book' | 'epoch' | 'seq'>), error });
        if (!isAnyTaken && refused.length >= REFUSED_MAX) throw first;
      }
    };
    for (const one of taken) {
      await attempt(one, 0, Number.POSITIVE_INFINITY);
      if (this.stopped) return;
    }
    if (!isAnyTaken && refused.length > 1) throw first;
    for (const one of refused) await setAside(one);
  }

  /** Why the store refuses these rows for good; null once they are written. */
  private async refusalOf(batch: RowBatch): Promise<unknown> {
    const { store, retry, isForGood } = this.options;
    for (let attempt = 1; batch.rows > 0 && !this.stopped; attempt++) {
      try {
        await store.write(batch);
        return null;
      } catch (error) {
        if (isForGood?.(error) === true) return error;
        await retry({ attempt, rows: batch.rows, error });
      }
    }
    return null;
  }
}
