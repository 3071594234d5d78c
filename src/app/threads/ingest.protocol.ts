/** Commands of an ingest thread. */

import type { BookCounters } from '../../actors/book.protocol.ts';
import type { PositionMap } from '../../actors/positions.ts';
import type { TrustReason, TrustState } from '../../model/event.ts';
import type { BookChannel, Credentials } from '../../ports/exchange-wire.ts';
import type { BusInit } from './bus-init.ts';
import type { TelemetryInit } from './thread-telemetry.ts';

export interface IngestInit {
  readonly bus: BusInit;
  readonly telemetry: TelemetryInit;
  readonly shard: number;
  readonly shards: number;
  readonly partitions: number;
  readonly maxBatchBytes: number;
  /** Checkpoint to go on from, as `checkpoint` answered it; null to start empty. */
  readonly checkpoint: Uint8Array | null;
  /** Every epoch is above this, µs; 0 in a replay. */
  readonly epochFloor: number;
  /** Levels per side in each second's sample of a live book, for analytics; null: nobody needs samples. */
  readonly sampleLevels: number | null;
  /** Whether marks of all events are kept in memory, for whoever asks for them at the end of a replay. */
  readonly keepsMarks?: boolean;
  /** What to connect to; null in a replay, where records come as commands. */
  readonly live: LiveInit | null;
}

/** The connections that a live shard is to hold. */
export interface LiveInit {
  readonly venues: readonly LiveVenue[];
  readonly archive: { readonly dir: string; readonly maxFileMb: number; readonly maxFileMinutes: number } | null;
  /** Where batches wait that the bus does not take and memory has no room for; null where nothing is spooled. */
  readonly spool: { readonly dir: string; readonly maxBytes: number } | null;
}

export interface LiveVenue {
  readonly exchange: string;
  readonly channel: BookChannel;
  /** For a channel that wants to know who asks; never to be logged. */
  readonly credentials: Credentials | null;
  /** Of each connection per pair; null: the venue's own. */
  readonly wsUrls: readonly (string | null)[];
  readonly restUrl: string | null;
  readonly bookDepth: number;
  readonly audit: boolean;
  readonly silenceMs: number;
  /** How often each pair is held against the venue's own book by REST, ms; 0 for never. */
  readonly compareEveryMs: number;
  /** This shard's pairs of the venue. */
  readonly pairs: readonly LivePair[];
  /** This process's share of the venue's request budget, 0 to 1. */
  readonly restShare: number;
}

export interface LivePair {
  readonly symbol: string;
  readonly venueSymbol: string;
  readonly base: string;
  readonly quote: string;
  /** Steps of price and size as the venue lists them; null where it was not asked. */
  readonly tickSize: string | null;
  readonly lotSize: string | null;
}

/** One book as its shard sees it. */
export interface BookReport {
  readonly state: TrustState;
  readonly reason: TrustReason;
  readonly detail: string;
  readonly counters: BookCounters;
  /** Of venues whose messages are chained; null elsewhere. */
  readonly links: { readonly ok: number; readonly broken: number } | null;
  /** Receive time of the last frame that concerned the book, µs; null before the first. */
  readonly lastReceiveUs: number | null;
  readonly levels: { readonly bid: number; readonly ask: number };
  /** The venue's decimals as text; null for an empty side. */
  readonly bestBid: string | null;
  readonly bestBidSize: string | null;
  readonly bestAsk: string | null;
  readonly bestAskSize: string | null;
}

export interface IngestReport {
  readonly ignored: number;
  readonly malformed: number;
  readonly books: Readonly<Record<string, BookReport>>;
  /** Symbols whose pair was read from the symbol itself, since the venue's metadata did not come. */
  readonly assumedSymbols: readonly string[];
}

export interface Checkpoint {
  /** The shard's whole state, to boot another incarnation from. */
  readonly state: Uint8Array;
  /** Where the next event of each book will stand. */
  readonly positions: PositionMap;
}
