/** What the benchmark of the bubbles asks of its page, and what it hears. */

/** Names of marks around the work of a frame. */
export const FRAME_BEGINS = 'frame begins';
export const FRAME_ENDS = 'frame ends';

export interface BubblesOptions {
  readonly seed: string;
  /** In sight all the time. */
  readonly bubbles: number;
  readonly perSecond: number;
  readonly frames: number;
  readonly renderer: 'webgl2' | 'canvas';
}

export interface BubblesResult {
  /** What has really drawn. */
  readonly renderer: string;
  /** What draws once the graphics card has been taken away. */
  readonly withoutCard: string;
  /** Drawing all for the first time, ms: not among the frames. */
  readonly firstMs: number;
  /** How long the main thread took by frame, ms: whoever had its processor meanwhile included. */
  readonly frameMs: readonly number[];
  readonly elapsedMs: number;
  /** Pushed in all. */
  readonly orders: number;
  /** Bubbles in sight, at least. */
  readonly shownMin: number;
  /** The same for the same seed. */
  readonly checksum: number;
}
