/**
 * Keeps state in memory that its maker shares with the threads, so that it outlives each of them, and ends with the
 * program. Two places per name: one has the last committed snapshot while the other is written.
 */

import { AppError } from '../lib/app-error.ts';
import type { StateDraft, StateKeeper } from '../ports/state-keeper.ts';

/** The memory of one name, fit to be handed to threads. */
export interface MemoryPlace {
  /** Which of `places` counts, from 1; 0 before the first snapshot. Then the bytes of each. */
  readonly control: SharedArrayBuffer;
  readonly places: readonly [SharedArrayBuffer, SharedArrayBuffer];
}

/** By name. */
export type MemoryPlaces = Readonly<Record<string, MemoryPlace>>;

/** Addresses are reserved for so much; memory is used as it is needed. */
const BYTES_MAX = 1024 ** 3;
const WORDS = 3;

export function memoryPlace(): MemoryPlace {
  const place = (): SharedArrayBuffer => new SharedArrayBuffer(0, { maxByteLength: BYTES_MAX });
  return { control: new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT), places: [place(), place()] };
}

export class MemoryKeeper implements StateKeeper {
  private readonly places: MemoryPlaces;

  constructor(places: MemoryPlaces) {
    this.places = places;
  }

  load(name: string): Promise<Uint8Array | null> {
    const { control, places } = this.placeOf(name);
    const words = new Int32Array(control);
    const current = Atomics.load(words, 0);
    if (current === 0) return Promise.resolve(null);
    const bytes = Atomics.load(words, current);
    return Promise.resolve(Uint8Array.from(new Uint8Array(places[current - 1] as SharedArrayBuffer, 0, bytes)));
  }

  draft(name: string): Promise<StateDraft> {
    const { control, places } = this.placeOf(name);
    const words = new Int32Array(control);
    const next = Atomics.load(words, 0) === 1 ? 2 : 1;
    return Promise.resolve(new MemoryDraft(places[next - 1] as SharedArrayBuffer, words, next));
  }

  private placeOf(name: string): MemoryPlace {
    const place = this.places[name];
    if (place === undefined) throw new Error(`no memory was made for the state of ${name}`);
    return place;
  }
}

class MemoryDraft implements StateDraft {
  private readonly place: SharedArrayBuffer;
  private readonly words: Int32Array;
  private readonly index: number;
  private bytes = 0;

  constructor(place: SharedArrayBuffer, words: Int32Array, index: number) {
    this.place = place;
    this.words = words;
    this.index = index;
  }

  write(part: Uint8Array): Promise<void> {
    const { place, bytes } = this;
    const end = bytes + part.length;
    if (end > BYTES_MAX) {
      return Promise.reject(
        new AppError('state.too-large', `state beyond ${BYTES_MAX} bytes is not kept in memory`, {
          remedy: 'name a folder for it (state.dir), or spread the pairs over more partitions',
        }),
      );
    }
    if (end > place.byteLength) place.grow(Math.min(BYTES_MAX, end * 2));
    new Uint8Array(place, bytes, part.length).set(part);
    this.bytes = end;
    return Promise.resolve();
  }

  commit(): Promise<void> {
    Atomics.store(this.words, this.index, this.bytes);
    Atomics.store(this.words, 0, this.index);
    return Promise.resolve();
  }
}
