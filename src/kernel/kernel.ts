/**
 * The hot loops, in WebAssembly: reading levels from a frame's bytes, and applying them to a book's ladders. They work on a
 * memory of their own, one per thread, in which frames, the columns of messages and the books' levels stand. Their source is
 * in `assembly/`, in AssemblyScript; `npm run kernel` compiles it into `kernel-wasm.ts`.
 *
 * The memory is of the shared kind for one reason: it grows in place, and what looks at it stays valid. No other thread sees
 * it. Blocks belong to objects of JavaScript (`owner`), and are given back when these are collected.
 */

import { AppError } from '../lib/app-error.ts';
import { KERNEL_WASM } from './kernel-wasm.ts';

const PAGES_INITIAL = 16;
/** 2 GiB, so that every address is a small integer of JavaScript. */
const PAGES_MAX = 32_768;

/** Addresses are in bytes. See `assembly/` for what each function does. */
interface KernelFunctions {
  initialize(): void;
  allocate(bytes: number): number;
  release(block: number, bytes: number): void;
  create(digits: number, remembers: number): number;
  destroy(ladder: number): void;
  clear(ladder: number, remembers: number): void;
  append(ladder: number, key: number, size: number, decimals: number): void;
  applyRows(
    ladder: number,
    side: number,
    rows: number,
    rowRoom: number,
    scratch: number,
    room: number,
    from: number,
    to: number,
    before: number,
  ): number;
  fill(
    ladder: number,
    side: number,
    rows: number,
    rowRoom: number,
    scratch: number,
    room: number,
    from: number,
    to: number,
  ): number;
  dropWorst(ladder: number): void;
  first(ladder: number): number;
  isWorn(ladder: number): number;
  last(ladder: number): number;
  list(ladder: number, most: number, columns: number): number;
  measureSpan(ladder: number): void;
  remember(ladder: number, key: number): void;
  rememberEmpty(ladder: number, key: number): void;
  rescale(ladder: number, priceFactor: number, sizeFactor: number): void;
  sum(ladder: number): number;
  apply(
    bids: number,
    asks: number,
    rows: number,
    rowRoom: number,
    count: number,
    scratch: number,
    room: number,
    priceScale: number,
    sizeScale: number,
    limit: number,
  ): number;
  tellTop(bids: number, asks: number): void;
  krakenCreate(): number;
  krakenDestroy(checksum: number): void;
  krakenValue(checksum: number, bids: number, asks: number, priceScale: number, sizeScale: number): number;
  readPairs(at: number, end: number, side: number, rows: number, rowRoom: number, from: number): number;
}

const memory = new WebAssembly.Memory({ initial: PAGES_INITIAL, maximum: PAGES_MAX, shared: true });

/** The whole memory, as it is now: made anew when it grows, so never keep one. */
export const views = {
  bytes: new Uint8Array(memory.buffer),
  halves: new Uint16Array(memory.buffer),
  words: new Int32Array(memory.buffer),
  doubles: new Float64Array(memory.buffer),
  data: new DataView(memory.buffer),
};

function renewViews(): void {
  const { buffer } = memory;
  views.bytes = new Uint8Array(buffer);
  views.halves = new Uint16Array(buffer);
  views.words = new Int32Array(buffer);
  views.doubles = new Float64Array(buffer);
  views.data = new DataView(buffer);
}

function refuse(): never {
  throw new AppError('kernel.memory_exhausted', `the books of one thread need more than ${PAGES_MAX / 16} MiB`, {
    remedy: 'Spread the pairs over more shards.',
  });
}

function load(): KernelFunctions {
  const module = new WebAssembly.Module(Buffer.from(KERNEL_WASM, 'base64'));
  const { exports } = new WebAssembly.Instance(module, {
    env: { memory },
    host: { grown: renewViews, exhausted: refuse },
  });
  return exports as unknown as KernelFunctions;
}

export const kernel: KernelFunctions = load();
kernel.initialize();
renewViews();

const blocks = new FinalizationRegistry<{ readonly address: number; readonly bytes: number }>((block) => {
  kernel.release(block.address, block.bytes);
});

/**
 * A block of at least so many bytes, aligned to 32, that lives as long as its owner or until it is given back.
 * What stands in it is undefined.
 */
export function allocateFor(owner: object, bytes: number): number {
  const address = kernel.allocate(bytes);
  blocks.register(owner, { address, bytes }, owner);
  return address;
}

/** Gives all blocks of an owner back at once. */
export function releaseOf(owner: object, address: number, bytes: number): void {
  blocks.unregister(owner);
  kernel.release(address, bytes);
}
