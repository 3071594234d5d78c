/** What the harness and a process of the run say to each other. */

import type { ConfigOverrides } from '../../src/app/config.ts';
import type { ThreadFiles } from '../../src/app/thread-files.ts';
import type { Death } from '../fixtures/live-mortal.ts';

export type Role = keyof ThreadFiles;

export type MemberRequest =
  /** Runs these roles; answered once they run. */
  | { readonly type: 'start'; readonly roles: readonly Role[]; readonly config: ConfigOverrides }
  /** Lets a thread die; answered once its supervisor has started it again. */
  | { readonly type: 'kill'; readonly thread: string; readonly how: Death }
  /** Answered with the books that are not live. */
  | { readonly type: 'missing' }
  /** Answered with the parts of the work that it does, and that it would take over. */
  | { readonly type: 'share' }
  /** Drains and stops; answered then. */
  | { readonly type: 'stop' };

export interface MemberAnswer {
  /** Of the request, counted from 1. */
  readonly id: number;
  readonly error?: string;
  readonly value?: unknown;
}
