/** What a NATS bus connection has done so far, for the metrics. Counters only grow. */
export interface BusCounters {
  /** Batches stored. */
  published: number;
  publishedBytes: number;
  /** Sends beyond the first of a batch. */
  retries: number;
  /** Times that a full stream made a lane wait. */
  waitsForRoom: number;
  /** Messages purged because every expected consumer had acknowledged them. */
  trimmed: number;
  trimFailures: number;
  delivered: number;
  redelivered: number;
  /** Times that a consumer asked the stream anew because deliveries were missing or out of order. */
  recoveries: number;
}

export function newCounters(): BusCounters {
  return {
    published: 0,
    publishedBytes: 0,
    retries: 0,
    waitsForRoom: 0,
    trimmed: 0,
    trimFailures: 0,
    delivered: 0,
    redelivered: 0,
    recoveries: 0,
  };
}
