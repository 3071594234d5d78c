/**
 * Where the roles' thread files are: the one place that resolves worker entries, since import rewriting does not touch
 * URLs. Tests put faulty threads in their place.
 */
export interface ThreadFiles {
  readonly ingest: URL;
  readonly scoring: URL;
  readonly analytics: URL;
  readonly store: URL;
  readonly monitor: URL;
}

export const THREAD_FILES: ThreadFiles = {
  ingest: new URL('threads/ingest.ts', import.meta.url),
  scoring: new URL('threads/scoring.ts', import.meta.url),
  analytics: new URL('threads/analytics.ts', import.meta.url),
  store: new URL('threads/store.ts', import.meta.url),
  monitor: new URL('threads/monitor.ts', import.meta.url),
};
