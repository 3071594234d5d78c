/** A thread of the supervision tree. */

import type { ThreadHost } from '../actors/runtime/thread-host.ts';
import type { ThreadFiles } from './thread-files.ts';

export type ThreadRole = keyof ThreadFiles;

export interface TreeThread {
  readonly role: ThreadRole;
  readonly index: number;
  readonly host: ThreadHost;
}
