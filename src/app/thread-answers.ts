/** What the threads of a live run say of themselves when they are asked: their metrics, and how their books are. */

import type { Clock } from '../ports/clock.ts';
import type { MetricsHub, MetricsSnapshot } from '../telemetry/metrics-hub.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { BookBoard } from './book-board.ts';
import type { IngestReport } from './threads/ingest.protocol.ts';
import type { TreeThread } from './tree-thread.ts';

/** A shard that takes longer to say how its books are is not ready. */
const ANSWER_MS_MAX = 1000;

export interface ThreadAnswersOptions {
  readonly hub: MetricsHub;
  readonly board: BookBoard;
  readonly clock: Clock;
  readonly log: Logger;
}

export class ThreadAnswers {
  private readonly options: ThreadAnswersOptions;
  /** What threads were asked and have not answered yet. */
  private readonly asked = new Map<TreeThread, Promise<void>>();

  constructor(options: ThreadAnswersOptions) {
    this.options = options;
  }

  /** Brings metrics and books up to date. A thread that answers late is asked again when it has, and holds up no other. */
  ask(thread: TreeThread): Promise<void> {
    const asked = this.asked.get(thread) ?? this.askNow(thread).finally(() => this.asked.delete(thread));
    this.asked.set(thread, asked);
    return asked;
  }

  /** Whether a thread answers within a moment: what is known of it is then of now. */
  async answersNow(thread: TreeThread): Promise<boolean> {
    const late = Promise.withResolvers<boolean>();
    const cancel = this.options.clock.setTimer(ANSWER_MS_MAX, () => late.resolve(false));
    const answered = await Promise.race([this.ask(thread).then(() => true), late.promise]);
    cancel();
    return answered;
  }

  private async askNow({ role, index, host }: TreeThread): Promise<void> {
    const { hub, board, log } = this.options;
    const { incarnation } = host;
    try {
      hub.update(host.name, await host.call<MetricsSnapshot>('metrics'), incarnation);
      if (role === 'ingest') board.report(index, await host.call<IngestReport>('report'));
    } catch (error) {
      // A thread that died was reported by its watch already.
      log.debug({ err: error, thread: host.name }, 'thread did not answer');
    }
  }
}
