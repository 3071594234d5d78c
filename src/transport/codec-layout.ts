/**
 * The numbers of the binary batch layout; its picture stands in `codec.ts`. Any change of meaning raises `VERSION`:
 * a batch is read by the version that wrote it or refused, so a new layout needs no way to read the one before.
 */

import { crc32 } from 'node:zlib';

/** The bytes `WHWB`, read as a little-endian number. */
export const MAGIC = 0x42574857;
export const VERSION = 4;

/** Where the fields of the batch header stand. */
export const AT_MAGIC = 0;
export const AT_VERSION = 4;
/** Two bytes of zero: room for batch flags. */
export const AT_RESERVED = 6;
export const AT_LENGTH = 8;
export const AT_EVENTS = 12;
export const BATCH_HEADER_BYTES = 16;
/** CRC-32 of everything before it: the last bytes of a batch. */
export const CHECKSUM_BYTES = 4;

/** Record kind of a book-table entry; every other record kind is an event's number in `EVENT_KINDS`. */
export const BOOK_ENTRY = 0;
/** Books of a batch, at most: an event names its book in two bytes. */
export const BOOKS_MAX = 0x1_0000;

/** Event flags. */
export const WIDE = 1;
/** The venue gave no time: the exchange time is the receive time. */
export const NO_VENUE_TIME = 2;
/** The span is not the one that `spanOf` (`batch-bases.ts`) says, and follows the header. */
export const OTHER_SPAN = 4;
/** Book: every change is of the kind `known`, the column is left out. */
export const ALL_KNOWN = 8;
/** Trade: the taker sold. Score, order: it stands on the ask side. */
export const SELL_SIDE = 16;
/** Score: the model is that of the batch's previous score, its name is left out. */
export const SAME_MODEL = 32;
/** Order: it keeps its place in the queue of its price. */
export const KEEPS_PLACE = 64;
/** Order: the venue says itself what has happened to it. */
export const TOLD = 128;
export const ALL_FLAGS = WIDE | NO_VENUE_TIME | OTHER_SPAN | ALL_KNOWN | SELL_SIDE | SAME_MODEL | KEEPS_PLACE | TOLD;

/** Numbers of a result of analytics or a sample, at most: their count fills two bytes. */
export const METRIC_NUMBERS_MAX = 0xffff;

/** kind, flags: a byte each; book: two. */
export const EVENT_HEAD_BYTES = 4;
/** A 128-bit two's-complement integer, low half first. */
export const WIDE_BYTES = 16;

/** Which sides of a wide top exist. */
export const HAS_BID = 1;
export const HAS_BID_SIZE = 2;
export const HAS_ASK = 4;
export const HAS_ASK_SIZE = 8;

/** What the CRC-32 of a batch comes to when its own CRC-32 is taken in last, whatever the batch: a property of the code. */
const CHECKSUM_RESIDUE = 0x2144df1c;

/** CRC-32 of a batch that still lacks it. */
export function checksumOf(unsealed: Uint8Array): number {
  return crc32(unsealed);
}

/** True where the last bytes of the batch are the checksum of those before. */
export function isChecksumRight(batch: Uint8Array): boolean {
  return crc32(batch) === CHECKSUM_RESIDUE;
}
