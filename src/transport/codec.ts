/**
 * The event codec: batches of events as bytes, for the bus, and the canonical bytes of market events, for digests.
 *
 * A batch stands alone. All numbers are little-endian; places and flags are named in `codec-layout.ts`.
 *
 *     batch   magic "WHWB" u32 | version u16 | 0 u16 | length u32 | events u32 | CRC-32 u32 | record …
 *     record  book entry: 0 u8 | exchange text | symbol text | venue symbol text
 *             event:      header | body
 *     text    bytes u16 | UTF-8
 *     header  kind u8 | flags u8 | state u8 | reason u8 | priceScale i8 | sizeScale i8 | book u32 | span u32
 *             | exchangeUs f64 | receiveUs f64 | epoch f64 | seq f64 | frame f64
 *     body    snapshot, delta: venueSeq f64 | top | count u32 | side u8[] | kind u8[]? | price x[] | size x[]
 *                              | change x[]? | orders i32[]?
 *             trade:           id text | taker side u8 | price x | size x
 *             status:          detail text | gaps, resyncs, checksumOk, checksumFailed f64
 *             score:           side u8 | eleven f64 | orders i32 | model text
 *     top     narrow: bid, bidSize, ask, askSize, bidSum, askSum f64
 *             wide:   present u8 | the present ones of bid, bidSize, ask, askSize i128 | bidSum, askSum i128
 *     x       f64, or i128 (two's complement, low half first) in a wide event
 *
 * The first use of a book within a batch writes its entry; events name it by its ordinal. Columns marked `?` are left
 * out where a flag says that they carry nothing.
 */

export { BatchReader, readBatch } from './batch-reader.ts';
export { BatchWriter } from './batch-writer.ts';
export { canonicalBytes } from './canonical.ts';
