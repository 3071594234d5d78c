import type { SystemState, SystemUpdate } from '../api/system.ts';
import { changedFields } from './changes.ts';
import type { LiveFeed } from './live-feed.ts';

/** How the program fares. */
export class SystemFeed implements LiveFeed {
  readonly kind = 'system';
  private readonly stateAt: (nowMs: number) => SystemState;
  private shown: SystemState | null = null;

  constructor(stateAt: (nowMs: number) => SystemState) {
    this.stateAt = stateAt;
  }

  advance(nowMs: number): SystemUpdate | null {
    const before = this.shown;
    this.shown = this.stateAt(nowMs);
    return before === null ? this.shown : changedFields(before, this.shown);
  }

  snapshot(): SystemState {
    if (this.shown === null) throw new Error('a feed is advanced before its first snapshot');
    return this.shown;
  }

  close(): void {
    this.shown = null;
  }
}
