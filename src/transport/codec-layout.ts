/**
 * The numbers of the binary batch layout; its picture stands in `codec.ts`. Any change of meaning raises `VERSION`.
 */

import { crc32 } from 'node:zlib';

/** The bytes `WHWB`, read as a little-endian number. */
export const MAGIC = 0x42574857;
export const VERSION = 1;

/** Where the fields of the batch header stand. */
export const AT_MAGIC = 0;
export const AT_VERSION = 4;
/** Two bytes of zero: room for batch flags. */
export const AT_RESERVED = 6;
export const AT_LENGTH = 8;
export const AT_EVENTS = 12;
/** CRC-32 of the whole batch without these four bytes. */
export const AT_CHECKSUM = 16;
export const BATCH_HEADER_BYTES = 20;

/** Record kind of a book-table entry; every other record kind is an event's number in `EVENT_KINDS`. */
export const BOOK_ENTRY = 0;

/** Event flags. */
export const WIDE = 1;
/** Every change is of the kind `known`: the column is left out. */
export const ALL_KNOWN = 2;
/** The venue tells no order counts (all -1): the column is left out. */
export const NO_ORDERS = 4;
/** Every change equals its size, as in a snapshot: the column is left out. */
export const CHANGE_IS_SIZE = 8;
/** The venue gave no time: the exchange time is the receive time. */
export const NO_VENUE_TIME = 16;
export const ALL_FLAGS = WIDE | ALL_KNOWN | NO_ORDERS | CHANGE_IS_SIZE | NO_VENUE_TIME;

/** kind, flags, state, reason, priceScale, sizeScale: a byte each; book and span: 4; five times and counters: 8. */
export const EVENT_HEADER_BYTES = 6 + 2 * 4 + 5 * 8;
/** A 128-bit two's-complement integer, low half first. */
export const WIDE_BYTES = 16;

/** Which sides of a wide top exist. */
export const HAS_BID = 1;
export const HAS_BID_SIZE = 2;
export const HAS_ASK = 4;
export const HAS_ASK_SIZE = 8;

/** CRC-32 of a whole batch, its own field left out. */
export function checksumOf(batch: Uint8Array): number {
  const head = crc32(batch.subarray(0, AT_CHECKSUM));
  return crc32(batch.subarray(BATCH_HEADER_BYTES), head);
}
