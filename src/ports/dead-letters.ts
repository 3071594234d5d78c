/** Where a consumer puts what it cannot take in, so that it can go on without losing it: bounded, and for people to look at. */

export type DeadReason =
  /** The batch is damaged, or of another version. */
  | 'undecodable'
  /** A step over one of its events throws, again and again. */
  | 'poison'
  /** The store will not take a row of it, however often it is asked. */
  | 'refused';

export interface DeadLetter {
  /** Name of the consumer, and the position of the batch in it. */
  readonly consumer: string;
  readonly position: number;
  readonly reason: DeadReason;
  /** In words. */
  readonly detail: string;
  /** `exchange:symbol`, epoch and seq of the one event that is meant; null for the whole batch. */
  readonly event: { readonly book: string; readonly epoch: number; readonly seq: number } | null;
  /** The batch as the bus carries it. */
  readonly data: Uint8Array;
}

export interface DeadLetters {
  /**
   * Resolves when the letter is kept.
   * @throws AppError `dead.full` where there is no room: then nothing may be passed
   */
  put(letter: DeadLetter): Promise<void>;
}
