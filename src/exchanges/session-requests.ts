/** REST requests of one session: at most one outstanding per key, repeated with back-off until answered or cancelled. */

import { Backoff } from '../lib/backoff.ts';
import { textOfUtf8 } from '../lib/utf8.ts';
import type { CancelTimer, Clock } from '../ports/clock.ts';
import type { RestRequest } from '../ports/exchange-wire.ts';
import type { Random } from '../ports/random.ts';
import type { RestClient } from './rest-client.ts';
import { Spacing } from './session-spacing.ts';

export interface RestFailure {
  readonly url: string;
  /** HTTP status; null where there was no answer. */
  readonly status: number | null;
  readonly reason: string;
  /** When the request will be repeated; null where the venue's refusal is final. */
  readonly delayMs: number | null;
}

export interface SessionRequestsOptions {
  readonly client: RestClient;
  readonly clock: Clock;
  readonly random: Random;
  /** The venue's last word, a refusal included. */
  readonly onAnswer: (url: string, body: Uint8Array) => void;
  readonly onFailed: (failure: RestFailure) => void;
}

interface Pending {
  readonly request: RestRequest;
  readonly abort: AbortController;
  readonly backoff: Backoff;
  cancelTimer: CancelTimer | null;
}

const BASE_MS = 500;
const MAX_MS = 30_000;

export class SessionRequests {
  private readonly options: SessionRequestsOptions;
  private readonly spacing: Spacing;
  private readonly pending = new Map<string, Pending>();

  constructor(options: SessionRequestsOptions) {
    this.options = options;
    this.spacing = new Spacing(options.random);
  }

  /** Asks once; a key that is still outstanding is not asked for again. */
  ask(key: string, request: RestRequest): void {
    if (this.pending.has(key)) return;
    const { clock, random } = this.options;
    const backoff = new Backoff({ baseMs: BASE_MS, maxMs: MAX_MS, uniform: () => random.next() });
    const pending: Pending = { request, abort: new AbortController(), backoff, cancelTimer: null };
    this.pending.set(key, pending);
    this.runAfter(this.spacing.delayMs(key, clock.nowUs()), key, pending);
  }

  /** Forgets what is outstanding under a key: no answer to it will be handed over. */
  cancel(key: string): void {
    const pending = this.pending.get(key);
    pending?.cancelTimer?.();
    pending?.abort.abort();
    this.pending.delete(key);
  }

  cancelAll(): void {
    for (const key of [...this.pending.keys()]) this.cancel(key);
  }

  private runAfter(delayMs: number, key: string, pending: Pending): void {
    if (delayMs === 0) {
      void this.run(key, pending);
      return;
    }
    pending.cancelTimer = this.options.clock.setTimer(delayMs, () => {
      pending.cancelTimer = null;
      void this.run(key, pending);
    });
  }

  private async run(key: string, pending: Pending): Promise<void> {
    const { client, onAnswer, onFailed } = this.options;
    const outcome = await client.request(pending.request, pending.abort.signal);
    // Cancelled while the answer was on its way: nobody waits for it any more.
    if (outcome.kind === 'cancelled' || pending.abort.signal.aborted) return;
    if (outcome.kind === 'answer') {
      this.pending.delete(key);
      const { url, status, body } = outcome;
      if (status >= 300)
        onFailed({ url, status, reason: `HTTP ${status}: ${textOfUtf8(body.subarray(0, 200))}`, delayMs: null });
      onAnswer(url, body);
      return;
    }
    const { url, status, reason } = outcome;
    const delayMs = Math.max(pending.backoff.next(), outcome.retryAfterMs ?? 0);
    this.runAfter(delayMs, key, pending);
    onFailed({ url, status, reason, delayMs });
  }
}
