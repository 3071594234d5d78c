/**
 * The event codec: batches of events as bytes, for the bus, and the canonical bytes of market events, for digests.
 *
 * A batch stands alone. All numbers are little-endian; places and flags are named in `codec-layout.ts`.
 *
 *     batch   magic "WHWB" u32 | version u16 | 0 u16 | length u32 | events u32 | record … | CRC-32 u32
 *     record  book entry: 0 u8 | exchange text | symbol text | venue symbol text
 *             event:      header | body
 *     text    bytes u16 | UTF-8
 *     header  kind u8 | flags u8 | book u16 | group of trust and scales, epoch, seq, rows, receiveUs, exchangeUs, frame
 *             | span u32?
 *     body    snapshot, delta: group of venueSeq, bid, bidSize, ask, askSize, bidSum, askSum
 *                              | classes u8 | side u8[] | kind u8[]? | price c[] | size c[] | change c[] | orders c[]
 *             trade:           id text | group of price, size
 *             order:           id text | group of venueSeq, price, size, change
 *             status:          detail text | group of gaps, resyncs, checksumOk, checksumFailed
 *             score:           group of eight | group of four | model text?
 *             sample, metric:  numbers u16 | number f64[]
 *     wide    snapshot, delta: venueSeq f64 | present u8 | the present ones of bid, bidSize, ask, askSize i128
 *                              | bidSum, askSum f64 | classes u8 | side u8[] | kind u8[]? | price, size, change i128[]
 *                              | orders c[]
 *             trade:           id text | price, size i128
 *             order:           id text | venueSeq f64 | price, size, change i128
 *
 * The first use of a book within a batch writes its entry; events name it by its ordinal. What is marked `?` is left out
 * where a flag says so. A group, and a column `c[]` of one class, holds numbers as differences (`coded-numbers.ts`) from
 * what `batch-bases.ts` says. Classes: two bits each for price (from the best bid, or ask), size, change and orders (from
 * zero), lowest first; of class 0 a change equals its size, and an order count is -1. An i128 is in two's complement, low
 * half first.
 */

export { BatchReader, readBatch } from './batch-reader.ts';
export { BatchWriter } from './batch-writer.ts';
export { canonicalBytes } from './canonical.ts';
