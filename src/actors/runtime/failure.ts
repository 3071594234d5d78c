/**
 * Expected trouble across threads. `postMessage` keeps an error's message and drops its class, code and fields, so what
 * a person must read at the other side travels as plain data.
 */

import { AppError } from '../../lib/app-error.ts';

export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly remedy: string | undefined;
      readonly context: Readonly<Record<string, unknown>>;
    };

/** Runs a step; expected trouble becomes an answer, anything else is thrown on. */
export async function answerOf(step: () => unknown): Promise<Answer> {
  try {
    return { ok: true, value: await step() };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, remedy, context } = error;
    return { ok: false, code, message, remedy, context };
  }
}

/** The value of an answer. @throws AppError with the words of the other side */
export function valueOf(answer: Answer): unknown {
  if (answer.ok) return answer.value;
  const { code, message, remedy, context } = answer;
  throw new AppError(code, message, { ...(remedy === undefined ? {} : { remedy }), context });
}
