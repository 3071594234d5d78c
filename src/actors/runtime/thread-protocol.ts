/**
 * Tasks of a role's thread. Piscina carries them; a thread has two slots: one is held by `watch` for the thread's whole
 * life, whose rejection is the death notice, the other serves commands one after the other.
 */

export interface Boot {
  readonly task: 'boot';
  readonly incarnation: number;
  /** What the role needs; ports in it must be in the transfer list. */
  readonly init: unknown;
}

/** Resolves when the thread is told to stop; rejects when it dies. */
export interface Watch {
  readonly task: 'watch';
  readonly incarnation: number;
}

export interface Command {
  readonly task: 'command';
  readonly incarnation: number;
  readonly name: string;
  readonly payload: unknown;
}

export type ThreadTask = Boot | Watch | Command;

/** A role as its thread sees it: commands by name. Each call gets the command's payload and returns its answer. */
export interface ThreadRole {
  readonly commands: Readonly<Record<string, (payload: never) => unknown>>;
}

export const STOP = 'stop';
