import { AppError } from '../../lib/app-error.ts';

/** What was to be handed over cannot travel, as a port whose other end has died. The thread knows nothing of it. */
export class PayloadUnsendable extends AppError {
  constructor(name: string, cause: unknown) {
    const words = cause instanceof Error ? cause.message : String(cause);
    super('thread.payload-unsendable', `thread ${name} cannot be handed this: ${words}`, { cause });
    this.name = 'PayloadUnsendable';
  }
}
