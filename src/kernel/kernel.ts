/**
 * The hot loops, in WebAssembly: reading levels from a frame's bytes, and applying them to a book's ladders. They work on a
 * memory of their own, one per thread, in which frames, the columns of messages and the books' levels stand. Their source is
 * in `assembly/`, in AssemblyScript; `npm run kernel` compiles it into `kernel-wasm.ts`.
 *
 * When the memory grows, all that looked at it is cut off: `views` are made anew, and so are those of every `Tenant`, whose
 * block is given back when the tenant is collected.
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
  listRows(ladder: number, side: number, scratch: number, room: number, from: number): number;
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
  scale(
    rows: number,
    rowRoom: number,
    count: number,
    scratch: number,
    room: number,
    priceScale: number,
    sizeScale: number,
  ): number;
  tellScales(rows: number, rowRoom: number, count: number, priceScale: number, sizeScale: number): void;
  tellTop(bids: number, asks: number): void;
  sample(
    bids: number,
    asks: number,
    levels: number,
    priceScale: number,
    sizeScale: number,
    bands: number,
    bandCount: number,
    out: number,
  ): number;
  checksumDestroy(checksum: number): void;
  bitfinexCreate(): number;
  bitfinexValue(checksum: number, bids: number, asks: number, priceScale: number, sizeScale: number): number;
  krakenCreate(): number;
  krakenValue(checksum: number, bids: number, asks: number, priceScale: number, sizeScale: number): number;
  addSymbol(at: number, length: number, number: number): void;
  readFrame(program: number, begin: number, end: number, rows: number, rowRoom: number, trades: number): number;
}

const memory = new WebAssembly.Memory({ initial: PAGES_INITIAL, maximum: PAGES_MAX });

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
  for (const reference of tenants) reference.deref()?.look();
}

/** An object of JavaScript with a block of this memory. */
export interface Tenant {
  /** Makes its views of the block anew: the memory has grown. */
  look(): void;
}

const tenants = new Set<WeakRef<Tenant>>();

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

interface Lease {
  readonly reference: WeakRef<Tenant>;
  address: number;
  bytes: number;
}

const leases = new WeakMap<Tenant, Lease>();
const ended = new FinalizationRegistry<Lease>(({ reference, address, bytes }) => {
  tenants.delete(reference);
  kernel.release(address, bytes);
});

/**
 * Gives a tenant a block of at least so many bytes, aligned to 8, in which nothing defined stands. A block that it had before
 * is its own to give back.
 * @returns its address
 */
export function lease(tenant: Tenant, bytes: number): number {
  const address = kernel.allocate(bytes);
  const held = leases.get(tenant);
  if (held === undefined) {
    const first: Lease = { reference: new WeakRef(tenant), address, bytes };
    leases.set(tenant, first);
    tenants.add(first.reference);
    ended.register(tenant, first);
  } else {
    held.address = address;
    held.bytes = bytes;
  }
  return address;
}

/** Copies columns that stand one behind the other to where others have more room. @param columnBytes of one row of each */
export function moveColumns(
  columnBytes: readonly number[],
  from: { readonly base: number; readonly room: number },
  to: { readonly base: number; readonly room: number },
): void {
  let offset = 0;
  for (const bytes of columnBytes) {
    const begin = from.base + offset * from.room;
    views.bytes.copyWithin(to.base + offset * to.room, begin, begin + bytes * from.room);
    offset += bytes;
  }
}
