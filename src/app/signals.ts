/** Waiting for the operator, and for those who read what a command writes. */

import { constants } from 'node:os';

/** What happens when nobody reads the output any more; where somebody waits for a signal, that is one. */
let onReaderGone = (): void => process.exit(exitCodeOf('SIGPIPE'));

/** Resolves with the first SIGINT or SIGTERM, after which another one ends the process at once, or with SIGPIPE (`endWithReader`). */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let stopping = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (stopping) process.exit(130);
      stopping = true;
      resolve(signal);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
    onReaderGone = () => resolve('SIGPIPE');
  });
}

/** What a shell reports for a program that the signal itself ended. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/**
 * Where nobody reads the output any more, as behind `| head`, the command ends as other programs do. Node ignores the signal
 * and would throw the error of the write.
 */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      onReaderGone();
    });
  }
}
