/** What the benchmark of the bubbles asks of its page, and what it hears. */

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
  /** Work of the main thread by frame, ms. */
  readonly frameMs: readonly number[];
  readonly elapsedMs: number;
  /** Pushed in all. */
  readonly orders: number;
  /** Bubbles in sight, at least. */
  readonly shownMin: number;
  /** The same for the same seed. */
  readonly checksum: number;
}
