/**
 * A Kraken v2 client for tests, written from the venue's documentation alone: nothing of it is shared with the simulator
 * or with the product, so that it can judge both.
 * https://docs.kraken.com/api/docs/guides/spot-ws-book-v2
 */

import { z } from 'zod';

const row = z.object({ price: z.string(), qty: z.string() }).transform(({ price, qty }): Row => [price, qty]);
type Row = [price: string, qty: string];

const bookData = z.object({
  symbol: z.string(),
  bids: z.array(row),
  asks: z.array(row),
  checksum: z.int(),
  timestamp: z.string(),
});
const bookFrame = z.object({
  channel: z.literal('book'),
  type: z.enum(['snapshot', 'update']),
  data: z.tuple([bookData]),
});

/** Rows in the order of the message, with the digits of the wire. */
export type KrakenBookMessage = z.infer<typeof bookData> & { readonly type: 'snapshot' | 'update' };

/** CRC-32 (IEEE), bit by bit: slow and plain. */
export function referenceCrc32(text: string): number {
  let crc = ~0;
  for (const char of text) {
    crc ^= char.charCodeAt(0);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** Reads a book frame without losing the digits that a number type would drop; `undefined` for other frames. */
export function parseKrakenBook(text: string): KrakenBookMessage | undefined {
  const frame = bookFrame.safeParse(JSON.parse(text.replaceAll(/"(price|qty)":([0-9.]+)/g, '"$1":"$2"')));
  if (!frame.success) return undefined;
  const [data] = frame.data.data;
  return { ...data, type: frame.data.type };
}

/** A book by the venue's own steps: apply, cut to the depth, compare the checksum. Throws on what must not be. */
export class KrakenReferenceBook {
  readonly #depth: number;
  bids: Row[] = [];
  asks: Row[] = [];
  applied = 0;
  cut = 0;
  readonly growths: { timestamp: string; price: string; by: number }[] = [];

  constructor(depth: number) {
    this.#depth = depth;
  }

  apply(message: KrakenBookMessage): void {
    if (message.type === 'snapshot') {
      this.bids = [];
      this.asks = [];
    }
    for (const row of message.bids) this.#set(this.bids, row, message);
    for (const row of message.asks) this.#set(this.asks, row, message);
    this.bids.sort(([a], [b]) => Number(b) - Number(a));
    this.asks.sort(([a], [b]) => Number(a) - Number(b));
    this.cut += Math.max(0, this.bids.length - this.#depth) + Math.max(0, this.asks.length - this.#depth);
    this.bids.length = Math.min(this.bids.length, this.#depth);
    this.asks.length = Math.min(this.asks.length, this.#depth);
    this.applied += 1;
    if (this.checksum() !== message.checksum) throw new Error(`checksum of frame ${this.applied}`);
    if (Number(this.bids[0]?.[0]) >= Number(this.asks[0]?.[0])) throw new Error(`crossed at frame ${this.applied}`);
  }

  checksum(): number {
    const digits = ([price, qty]: Row): string =>
      [price, qty].map((text) => text.replace('.', '').replace(/^0+/, '')).join('');
    return referenceCrc32([...this.asks.slice(0, 10), ...this.bids.slice(0, 10)].map(digits).join(''));
  }

  #set(side: Row[], [price, qty]: Row, { timestamp }: KrakenBookMessage): void {
    const index = side.findIndex(([held]) => held === price);
    const before = Number(side[index]?.[1] ?? 0);
    if (Number(qty) === 0) {
      if (index < 0) throw new Error(`removal of ${price}, which was not held`);
      side.splice(index, 1);
      return;
    }
    if (Number(qty) > before) this.growths.push({ timestamp, price, by: Number(qty) - before });
    if (index < 0) side.push([price, qty]);
    else side[index] = [price, qty];
  }
}
