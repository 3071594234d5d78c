/**
 * What a thread is at, in memory that outlives it. A thread that hangs, ends itself or runs out of memory in the midst of an event
 * can say nothing of it any more: its successor reads it here. While all goes well only the consumer's name is written, once a batch.
 */

import type { EventHeader } from '../../model/event.ts';

/** An event, unmistakably. */
export interface EventMark {
  /** `exchange:symbol`. */
  readonly book: string;
  readonly epoch: number;
  readonly seq: number;
}

export interface Unfinished {
  readonly consumer: string;
  /** Null where the thread did not note its events. */
  readonly event: EventMark | null;
}

/** Room for a name; longer ones are cut, and match nothing then. */
const TEXT_BYTES = 256;
/** Lengths of the two names, 0 where there is none; epoch and seq; then the names. */
const NUMBERS_BYTES = 32;
const BYTES = NUMBERS_BYTES + 2 * TEXT_BYTES;
const CONSUMER = 0;
const BOOK = 1;
const EPOCH = 1;
const SEQ = 2;

/** Memory for one thread and those that take its place. */
export function workplaceMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(BYTES);
}

export class Workplace {
  private readonly lengths: Int32Array;
  private readonly numbers: Float64Array;
  private readonly bytes: Uint8Array;
  private readonly encoder = new TextEncoder();
  /** Of consumers, encoded: a thread has few. */
  private readonly names = new Map<string, Uint8Array>();
  private readonly decoder = new TextDecoder();
  private exchange = '';
  private symbol = '';

  constructor(memory: SharedArrayBuffer) {
    this.lengths = new Int32Array(memory, 0, 2);
    this.numbers = new Float64Array(memory, 0, NUMBERS_BYTES / Float64Array.BYTES_PER_ELEMENT);
    this.bytes = new Uint8Array(memory);
  }

  /** What the thread before this one did not come to the end of; null where it was between two batches. */
  get unfinished(): Unfinished | null {
    const consumer = this.text(CONSUMER);
    if (consumer === '') return null;
    const book = this.text(BOOK);
    const { [EPOCH]: epoch = NaN, [SEQ]: seq = NaN } = this.numbers;
    return { consumer, event: book === '' ? null : { book, epoch, seq } };
  }

  /** A batch of this consumer is begun. */
  enter(consumer: string): void {
    this.lengths[BOOK] = 0;
    let name = this.names.get(consumer);
    if (name === undefined) {
      name = this.encoded(consumer);
      this.names.set(consumer, name);
    }
    this.write(CONSUMER, name);
  }

  /** An event of the batch is begun. */
  begin({ exchange, symbol, epoch, seq }: EventHeader): void {
    this.numbers[EPOCH] = epoch;
    this.numbers[SEQ] = seq;
    if (this.lengths[BOOK] !== 0 && exchange === this.exchange && symbol === this.symbol) return;
    this.exchange = exchange;
    this.symbol = symbol;
    this.write(BOOK, this.encoded(`${exchange}:${symbol}`));
  }

  /** The batch was taken, or has thrown, which is said elsewhere. */
  leave(): void {
    this.lengths[CONSUMER] = 0;
  }

  /** An encoder does not write to memory that is shared. */
  private encoded(text: string): Uint8Array {
    return this.encoder.encode(text).subarray(0, TEXT_BYTES);
  }

  private write(name: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, NUMBERS_BYTES + name * TEXT_BYTES);
    this.lengths[name] = bytes.length;
  }

  private text(name: number): string {
    const from = NUMBERS_BYTES + name * TEXT_BYTES;
    return this.decoder.decode(this.bytes.slice(from, from + (this.lengths[name] ?? 0)));
  }
}
