/** What the benchmark of the live monitor and its processes tell each other. */

/** What the program under test is to watch. */
export interface Market {
  readonly seed: number;
  readonly pairs: readonly string[];
  readonly venues: readonly ('binance' | 'kraken')[];
  readonly ratePerPair: number;
}

export type Question =
  | { readonly kind: 'start-market'; readonly market: Market }
  | { readonly kind: 'start-program'; readonly exchanges: readonly object[] }
  /** The program: processor time so far, and what it has done. */
  | { readonly kind: 'usage' }
  /** The clients: come, look at these pairs in turn and at all markets. Answered when each has its snapshots. */
  | { readonly kind: 'come'; readonly url: string; readonly clients: number; readonly pairs: readonly string[] }
  /** The clients: go. Answered with what they have seen. */
  | { readonly kind: 'go' };

export interface Usage {
  /** Processor time of the process since its start, ms: all threads together. */
  readonly cpuMs: number;
  readonly frames: number;
  readonly encoded: number;
  readonly sentMessages: number;
  readonly sentBytes: number;
  readonly missedBatches: number;
  readonly droppedClients: number;
}

/** What the program says of itself at one moment. */
export interface Told {
  readonly usage: Usage;
  /** Its page of metrics. */
  readonly page: string;
}

export interface Seen {
  readonly messages: number;
  readonly bytes: number;
  readonly views: number;
  /** Messages whose text was another than that which the first client had of the same state. */
  readonly differing: number;
  /** States that a client had no way to, from what it had before. */
  readonly holes: number;
  readonly closed: number;
}
