/**
 * Tasks of a role's thread. Piscina carries them; a thread has three slots: one is held by `watch` for the thread's whole
 * life, whose rejection is the death notice, one serves commands one after the other, and one answers whether the thread
 * still turns, however long a command takes.
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

/** Answered at once by a thread whose event loop turns. */
export interface Ping {
  readonly task: 'ping';
}

export type ThreadTask = Boot | Watch | Command | Ping;

/** A role as its thread sees it. */
export interface ThreadRole {
  /** By name. Each call gets the command's payload and returns its answer. */
  readonly commands: Readonly<Record<string, (payload: never) => unknown>>;
  /** Called once the thread is known to run: from here on it may take what waits for it. */
  begin?(): void;
}

export const STOP = 'stop';
