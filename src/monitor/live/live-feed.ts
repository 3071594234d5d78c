import type { LiveView } from '../api/live.ts';

/**
 * What a view shows, as a state that moves on. Whoever has the snapshot that was taken after one `advance`, and each change
 * that later ones return, has what the view shows.
 */
export interface LiveFeed {
  readonly kind: LiveView['kind'];
  /** Moves on to this moment. Returns what has changed since the last call, null for nothing; the first call: anything. */
  advance(nowMs: number): unknown;
  /** All of it, as of the last `advance`: to be taken before any further event. */
  snapshot(): unknown;
  /** Nobody looks any more. */
  close(): void;
}
