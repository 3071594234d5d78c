/**
 * Watches a simulated world for what must always hold. It judges by what the books told, what the bus took and what the tables
 * have in the end, with rules of its own and none of the product's consumers:
 *
 * - a row told as live is the venue's own book of that moment;
 * - a book has one writer at a time, its epochs rise, and in each the rows count on from 0 without a hole;
 * - what the bus took is what the books told, bit for bit, and nothing of a writer that lives is missing;
 * - every event that counts is in the tables once, with what undisturbed consumers would have made of it.
 */

import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import { AnalyticsShard } from '../../src/actors/analytics-shard.ts';
import { ScoringShard } from '../../src/actors/scoring-shard.ts';
import type { CanonicalWriter } from '../../src/app/threads/canonical-buffer.ts';
import type { ModelOf } from '../../src/app/size-model-choice.ts';
import type { Book } from '../../src/book/book.ts';
import type { AnalyticsOptions } from '../../src/indicators/analytics-plan.ts';
import type { BookView, EventHeader, EventView } from '../../src/model/event.ts';
import type { RowBatch } from '../../src/ports/store.ts';
import { BatchReader } from '../../src/transport/codec.ts';
import type { StoredBatch } from './bus.ts';
import { laneName } from './bus.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Incarnation } from './process.ts';
import { Tables } from './store.ts';

interface Told {
  readonly fingerprint: number;
  readonly writer: Incarnation;
  isStored: boolean;
}

/** What is known of one book. */
interface BookRecord {
  readonly key: string;
  /** Events by epoch and then by seq. */
  readonly told: Map<number, Map<number, Told>>;
  /** Where the next event told must stand. */
  epoch: number;
  nextSeq: number;
  /** The same, for what the bus has taken. */
  storedEpoch: number;
  storedSeq: number;
}

export interface JudgeOptions {
  readonly analytics: AnalyticsOptions;
  readonly modelOf: ModelOf;
  readonly newBuffer: () => CanonicalWriter;
  /** Empty, for what the tables should have. */
  readonly rows: RowBatch;
  readonly isRight: (view: BookView, book: Book) => boolean;
  /** Who writes the books of a partition at this moment. */
  readonly writerOf: (partition: number) => Incarnation | null;
  readonly nowUs: () => number;
}

export interface Verdict {
  /** Whether the state of scoring, and that of analytics, outlived every death: results are then those of an undisturbed run. */
  readonly scoringIsWhole: boolean;
  readonly analyticsIsWhole: boolean;
}

const SHOWN = 160;

export class Judge {
  /** The first explains those after it. */
  readonly violations: string[] = [];
  readonly counts = { told: 0, live: 0, stored: 0, late: 0, rows: 0 };
  private readonly options: JudgeOptions;
  private readonly books = new Map<string, BookRecord>();
  private readonly reader = new BatchReader();
  private readonly digest: Hash = createHash('sha256');
  /** What undisturbed consumers make of what the bus took. */
  private readonly rows: RowBatch;
  private readonly scoring: ScoringShard;
  private readonly analytics: AnalyticsShard;
  /** Epochs of writers that died, of which something came behind the word of their loss: a consumer may have it or not. */
  private readonly late = new Set<string>();

  constructor(options: JudgeOptions) {
    this.options = options;
    const { modelOf, newBuffer, rows } = options;
    this.rows = rows;
    const emit = (view: EventView): void => this.rows.append(view);
    this.scoring = new ScoringShard({ modelOf, newBuffer, effects: { emit } });
    this.analytics = new AnalyticsShard(options.analytics, { emit });
  }

  /** Something that must not be was seen by someone else. */
  violate(what: string): void {
    this.violations.push(`at ${this.options.nowUs()} µs: ${what}`);
  }

  /** A book tells an event. @param book null where nobody holds it any more */
  onTold(view: EventView, partition: number, writer: Incarnation, book: Book | null): void {
    const { header, kind } = view;
    const record = this.recordOf(header);
    this.counts.told++;
    if (book !== null && this.options.writerOf(partition) !== writer) this.violate(`${record.key} has a second writer`);
    this.judgePlace(record, header);
    const epoch = record.told.get(header.epoch) ?? new Map<number, Told>();
    record.told.set(
      header.epoch,
      epoch.set(keyOf(view), { fingerprint: fingerprintOf(view), writer, isStored: false }),
    );
    if ((kind !== 'book.snapshot' && kind !== 'book.delta') || header.state !== 'live' || book === null) return;
    this.counts.live++;
    if (!this.options.isRight(view, book)) {
      this.violate(`${record.key} tells a live ${kind} that is not the venue's book (${placeOf(header)})`);
    }
  }

  onStored({ lane, data }: StoredBatch): void {
    this.digest.update(`${this.options.nowUs()} ${laneName(lane)}\n`).update(data);
    if (lane.kind === 'md') this.reader.read(data, this.onStoredEvent);
  }

  /** @returns SHA-256 over all that the bus took, in its order and at its time, and over all that the tables have */
  finish(tables: Tables, verdict: Verdict): string {
    // Where something was wrong already, the end of the story says nothing more.
    if (this.violations.length > 0) return this.digest.digest('hex');
    for (const record of this.books.values()) this.requireStored(record);
    const expected = new Tables();
    expected.take(this.rows);
    const isWhole = (table: string): boolean =>
      table === 'new_orders' ? verdict.scoringIsWhole : MARKET_TABLES.includes(table) || verdict.analyticsIsWhole;
    for (const name of new Set([...expected.byName.keys(), ...tables.byName.keys()])) {
      this.compare(name, expected.of(name), tables.of(name), isWhole(name));
    }
    for (const [name, rows] of tables.byName) {
      this.digest.update(`${name}\n`);
      for (const text of rows.values()) this.digest.update(text);
    }
    return this.digest.digest('hex');
  }

  private recordOf({ exchange, symbol }: EventHeader): BookRecord {
    const key = `${exchange}:${symbol}`;
    let record = this.books.get(key);
    if (record === undefined) {
      record = { key, told: new Map(), epoch: 0, nextSeq: 0, storedEpoch: 0, storedSeq: 0 };
      this.books.set(key, record);
    }
    return record;
  }

  private judgePlace(record: BookRecord, { epoch, seq, span }: EventHeader): void {
    if (epoch < record.epoch) this.violate(`${record.key} goes back from epoch ${record.epoch} to ${epoch}`);
    else if (epoch > record.epoch && seq !== 0) this.violate(`${record.key} begins epoch ${epoch} with seq ${seq}`);
    else if (epoch === record.epoch && seq !== record.nextSeq) {
      this.violate(`${record.key} tells seq ${seq} of epoch ${epoch}, where ${record.nextSeq} is next`);
    }
    record.epoch = epoch;
    record.nextSeq = seq + span;
  }

  private readonly onStoredEvent = (view: EventView): void => {
    const { header } = view;
    const { epoch, seq, span } = header;
    const record = this.recordOf(header);
    const told = record.told.get(epoch)?.get(keyOf(view));
    if (told === undefined) return this.violate(`the bus carries what ${record.key} never told (${placeOf(header)})`);
    if (told.fingerprint !== fingerprintOf(view)) {
      this.violate(`the bus carries another event than ${record.key} told (${placeOf(header)})`);
    }
    const isFirst = !told.isStored;
    told.isStored = true;
    if (!isFirst) return undefined;
    this.counts.stored++;
    if (epoch < record.storedEpoch) {
      this.counts.late++;
      this.late.add(`${record.key} ${epoch}`);
      // The word that a shard is lost may come behind the first words of the next one.
      if (told.writer.isAlive && view.kind !== 'book.status')
        this.violate(`${record.key} writes epoch ${epoch} behind ${record.storedEpoch}`);
      return undefined;
    }
    const next = epoch === record.storedEpoch ? record.storedSeq : 0;
    if (seq !== next) return this.violate(`the bus lacks events of ${record.key} before ${placeOf(header)}`);
    record.storedEpoch = epoch;
    record.storedSeq = seq + span;
    this.rows.append(view);
    this.scoring.step(view);
    this.analytics.step(view);
    return undefined;
  };

  private requireStored({ key, told }: BookRecord): void {
    for (const [epoch, events] of told) {
      for (const [seq, { writer, isStored }] of events) {
        if (isStored || !writer.isAlive) continue;
        this.violate(`the bus never took seq ${seq} of epoch ${epoch} of ${key}`);
        return;
      }
    }
  }

  private compare(
    table: string,
    expected: ReadonlyMap<string, string>,
    seen: ReadonlyMap<string, string>,
    whole: boolean,
  ): void {
    this.counts.rows += seen.size;
    const isMade = whole || table === 'new_orders';
    for (const [key, text] of expected) {
      const row = seen.get(key);
      if (row === undefined && isMade) return this.violate(`${table} lacks ${key}`);
      if (row !== undefined && row !== text && whole) {
        return this.violate(`${table} has ${row.slice(0, SHOWN)} instead of ${text.slice(0, SHOWN)}`);
      }
    }
    for (const key of seen.keys()) {
      if (!expected.has(key) && isMade && !this.mayBeLate(table, key)) {
        return this.violate(`${table} has ${key}, which nobody told`);
      }
    }
    return undefined;
  }

  /** Keys begin with time, exchange and symbol, and go on with the epoch but for those of trades. */
  private mayBeLate(table: string, key: string): boolean {
    const [, exchange, symbol, epoch] = key.split(' ');
    const book = `${exchange}:${symbol}`;
    if (table !== 'trades') return this.late.has(`${book} ${epoch}`);
    return [...this.late].some((one) => one.startsWith(`${book} `));
  }
}

/** These have what was told, and nothing that was worked out. */
const MARKET_TABLES: readonly string[] = ['order_changes', 'trades', 'feed_status', 'order_events'];

/** Where an event stands among those of its epoch: a sample just before the event whose place it has. */
function keyOf({ kind, header }: EventView): number {
  return kind === 'book.sample' ? header.seq - 0.5 : header.seq;
}

function placeOf({ epoch, seq, state, reason }: EventHeader): string {
  return `epoch ${epoch}, seq ${seq}, ${state}/${reason}`;
}
