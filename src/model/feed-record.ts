/**
 * One thing that happened on a connection: the unit of the raw archive and the only input of ingest. Live sessions
 * and recordings produce the same records, so that a replay decides everything again as it was decided live.
 *
 * As a line of a capture: `{"t_us","ex","conn","op","url"?,"data"?}`, one JSON object per line, gzip, in order of time.
 */
export interface FeedRecord {
  /** Receive time, µs since the epoch. Never falls within a recording. */
  readonly tUs: number;
  readonly exchange: string;
  /** One id per connection. */
  readonly conn: string;
  /**
   * `open` a socket to `url`; `send`/`recv` one text frame; `http` a GET of `url` answered with body `data`; `close`;
   * `timer` a timeout that fired, named in `data` (see TimerName), behind a space the pair where it concerns one.
   */
  readonly op: FeedOp;
  readonly url: string | null;
  /**
   * UTF-8 bytes as they came from the socket: what is no UTF-8 is the parser's to refuse. They may lie in a buffer that
   * is used again; whoever needs them after the record was processed copies them.
   */
  readonly data: Uint8Array | null;
}

export const FEED_OPS = ['open', 'send', 'recv', 'http', 'close', 'timer'] as const;
export type FeedOp = (typeof FEED_OPS)[number];

/**
 * Timeouts that change what a book is believed to be. `compare`: the book will be held against one that is about to be
 * asked for by REST; `compared`: what was under way at the time of the answer has come, so that it can be.
 */
export const TIMER_NAMES = ['silence', 'compare', 'compared'] as const;
export type TimerName = (typeof TIMER_NAMES)[number];
