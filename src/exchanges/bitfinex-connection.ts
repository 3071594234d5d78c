/** What a Bitfinex connection has said of itself: its options, its channels, and where its counter stands. */

import type { WireMessage } from '../book/wire-message.ts';

/** Options of the `conf` event. Each adds to the end of every data frame, in this order: the number, then the time. */
export const SEQ_ALL = 65_536;
export const TIMESTAMP = 32_768;
/** Sends `cs` frames with the checksum of each book. */
export const OB_CHECKSUM = 131_072;
/** Sends the changes of a book that belong together as one list of rows. It is understood, but not asked for. */
export const BULK_UPDATES = 536_870_912;

/** How the books of a connection are written: by levels, or order by order. */
export interface BookDialect {
  /** What the venue calls it: `P0` or `R0`. */
  readonly precision: string;
  /** Empties the message for a book, or for changes of one. */
  begin(message: WireMessage, kind: 'snapshot' | 'delta', symbol: string): void;
  /** Takes a row in. @returns false where it is none; the message is then undefined */
  pushRow(row: unknown, message: WireMessage): boolean;
  /** What a row is, in words. */
  readonly row: string;
}

/** A channel that is read; all others are only counted. */
export interface Channel {
  readonly id: number;
  readonly kind: 'book' | 'trades';
  readonly symbol: string;
  /** That of the dialect that reads a book; empty for trades. */
  readonly precision: string;
  /** Levels per side of a book; `Infinity` for trades. */
  readonly depth: number;
  /** Whether its book has come, or may have been lost: a list of rows may then be an update. */
  isBegun: boolean;
}

/** As a plain value. */
export interface ConnectionState {
  readonly flags: number;
  readonly last: number;
  readonly channels: readonly Channel[];
}

export class ConnectionMemory {
  readonly dialect: BookDialect;
  /** Whether data frames are numbered: until the venue has confirmed it, they are not. */
  isNumbered = false;
  /** Whether data frames carry the time at which they were sent. */
  isTimed = false;
  /** Whether an update of a book is a list of rows too, as the whole book is. */
  isBulk = false;
  /** Whether a checksum follows the updates of a book. */
  isChecked = false;
  private flags = 0;
  /** Number of the last data frame; NaN before the first. */
  private last = NaN;
  private readonly channels = new Map<number, Channel>();
  /** The one looked up last: frames of a channel come in bursts. */
  private recent: Channel | undefined;

  constructor(dialect: BookDialect) {
    this.dialect = dialect;
  }

  /** Takes the venue's answer to `conf`: it replaces all options. */
  configure(flags: number): void {
    const wasNumbered = this.isNumbered;
    this.flags = flags;
    this.isNumbered = (flags & SEQ_ALL) !== 0;
    this.isTimed = (flags & TIMESTAMP) !== 0;
    this.isBulk = (flags & BULK_UPDATES) !== 0;
    this.isChecked = (flags & OB_CHECKSUM) !== 0;
    // What went by without a number was not counted.
    if (!wasNumbered) this.last = NaN;
  }

  channel(id: number): Channel | undefined {
    if (this.recent?.id !== id) this.recent = this.channels.get(id);
    return this.recent;
  }

  /** The newest channel of its kind is the pair's: what an older one still sends belongs to no book. */
  open(channel: Channel): void {
    this.recent = undefined;
    for (const { id, kind, symbol } of this.channels.values()) {
      if (kind === channel.kind && symbol === channel.symbol) this.channels.delete(id);
    }
    this.channels.set(channel.id, channel);
  }

  /** Forgets a channel. @returns what it was; undefined where it was none that is read */
  close(id: number): Channel | undefined {
    const channel = this.channels.get(id);
    this.recent = undefined;
    this.channels.delete(id);
    return channel;
  }

  /**
   * Goes on to the number of a frame; the first one seen is the base.
   * @returns the number that was due instead; NaN where it is the right one
   */
  count(sequence: number): number {
    const due = this.last + 1;
    this.last = sequence;
    if (sequence === due || Number.isNaN(due)) return NaN;
    // What is missing may be the first frame of any channel: what its next one would be taken for.
    for (const channel of this.channels.values()) channel.isBegun = true;
    return due;
  }

  state(): ConnectionState {
    return { flags: this.flags, last: this.last, channels: copiesOf(this.channels.values()) };
  }

  restore({ flags, last, channels }: ConnectionState): void {
    this.configure(flags);
    this.last = last;
    this.recent = undefined;
    this.channels.clear();
    for (const channel of copiesOf(channels)) {
      // Where one dialect goes on from another one, its books stay unread.
      if (['', this.dialect.precision].includes(channel.precision)) this.channels.set(channel.id, channel);
    }
  }
}

function copiesOf(channels: Iterable<Channel>): Channel[] {
  return Array.from(channels, (channel) => ({ ...channel }));
}

/** Times that tables can hold, in ms: from 2001 to 2100. */
export const EARLIEST_MS = 1e12;
export const LATEST_MS = Date.UTC(2100, 0);

/** A time of the venue, ms since the epoch, in µs; NaN for what cannot be one. */
export function usFromMs(ms: number): number {
  return ms >= EARLIEST_MS && ms < LATEST_MS ? ms * 1000 : NaN;
}
