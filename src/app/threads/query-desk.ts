/** The way of the monitor's thread to the store: it asks the main thread, which asks the store's. */

import type { MessagePort } from 'node:worker_threads';
import { AppError } from '../../lib/app-error.ts';
import type { QueryResult } from '../../ports/store.ts';

interface Question {
  readonly id: number;
  readonly sql: string;
}

/** An error loses its class on its way: its parts are sent. */
type Reply =
  | { readonly id: number; readonly result: QueryResult }
  | { readonly id: number; readonly code: string; readonly message: string; readonly remedy: string | undefined };

/** Questions under way at a time: the store's thread serves one after the other, and has rows to write. */
const QUESTIONS_MAX = 4;

/** The main thread's side: answers until the port closes. */
export function answerQueries(port: MessagePort, query: (sql: string) => Promise<QueryResult>): void {
  const answer = async ({ id, sql }: Question): Promise<Reply> => {
    try {
      return { id, result: await query(sql) };
    } catch (error) {
      if (error instanceof AppError) {
        const { code, message, remedy } = error;
        return { id, code, message, remedy };
      }
      return { id, code: 'store.unreachable', message: 'the store did not answer', remedy: undefined };
    }
  };
  port.on('message', (question: Question) => {
    void answer(question).then((reply) => port.postMessage(reply, []));
  });
}

/** The monitor's side. */
export class QueryDesk {
  private readonly port: MessagePort;
  private readonly waiting = new Map<number, PromiseWithResolvers<QueryResult>>();
  private lastId = 0;

  constructor(port: MessagePort) {
    this.port = port;
    port.on('message', (reply: Reply) => this.receive(reply));
  }

  /** @throws AppError `monitor.busy`, or as the store says */
  query(sql: string): Promise<QueryResult> {
    if (this.waiting.size >= QUESTIONS_MAX) {
      throw new AppError('monitor.busy', 'too many questions about the past at a time', {
        remedy: 'Ask again in a moment.',
      });
    }
    const id = ++this.lastId;
    const answer = Promise.withResolvers<QueryResult>();
    this.waiting.set(id, answer);
    this.port.postMessage({ id, sql } satisfies Question, []);
    return answer.promise;
  }

  close(): void {
    this.port.close();
  }

  private receive(reply: Reply): void {
    const answer = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if ('result' in reply) {
      answer?.resolve(reply.result);
    } else {
      const { code, message, remedy } = reply;
      answer?.reject(new AppError(code, message, remedy === undefined ? {} : { remedy }));
    }
  }
}
