/**
 * The worker's side of a role's thread. A worker that took the place of a dead one is empty: it refuses every command
 * until it was booted, and every command of another incarnation. Expected trouble (AppError) is answered as data;
 * anything else that a command throws is a bug, and the death of this incarnation.
 */

import type { Answer } from './failure.ts';
import { answerOf } from './failure.ts';
import { STOP } from './thread-protocol.ts';
import type { ThreadRole, ThreadTask } from './thread-protocol.ts';

/** Makes the function that a thread file exports as its default: Piscina's task handler. */
export function threadEntry<Init>(start: (init: Init) => Promise<ThreadRole>): (task: ThreadTask) => Promise<Answer> {
  let incarnation = 0;
  let role: ThreadRole | null = null;
  const stopped = Promise.withResolvers<void>();

  return async (task) => {
    switch (task.task) {
      case 'boot':
        if (role !== null) throw new Error(`incarnation ${incarnation} is already running in this thread`);
        incarnation = task.incarnation;
        return answerOf(async () => {
          const started = await start(task.init as Init);
          role = started;
          // Behind the answer: whoever is not known to run is not watched, and might hang in its first batch for ever.
          setImmediate(() => started.begin?.());
        });
      case 'watch':
        return answerOf(() => stopped.promise);
      case 'ping':
        return answerOf(() => undefined);
      case 'command': {
        if (role === null || task.incarnation !== incarnation) {
          throw new Error(`command ${task.name} is for incarnation ${task.incarnation}, this thread is ${incarnation}`);
        }
        const command = role.commands[task.name];
        if (command === undefined) throw new Error(`unknown command ${task.name}`);
        const answer = await answerOf(() => (command as (payload: unknown) => unknown)(task.payload));
        if (task.name === STOP) stopped.resolve();
        return answer;
      }
    }
  };
}
