/**
 * REST requests to one host under its weight budget: a bounded queue, first come, first served. One client per host and
 * thread, shared by all sessions. Nothing is repeated here: whoever asked decides that.
 */

import type { CancelTimer, Clock } from '../ports/clock.ts';
import type { RestRequest } from '../ports/exchange-wire.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { HttpGet } from './session-fetch.ts';
import { retryAfterMs } from './session-fetch.ts';

export type RestOutcome =
  /** The venue's last word: success, or a refusal that another attempt would only meet again. */
  | { readonly kind: 'answer'; readonly url: string; readonly status: number; readonly body: Uint8Array }
  /** No answer, or none that counts: worth another attempt, at the earliest after `retryAfterMs` where given. */
  | {
      readonly kind: 'failed';
      readonly url: string;
      readonly status: number | null;
      readonly reason: string;
      readonly retryAfterMs: number | null;
    }
  | { readonly kind: 'cancelled' };

export interface RestClientOptions {
  /** Scheme, host and port, without a path. */
  readonly baseUrl: string;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly get: HttpGet;
  /** For connecting, answering and the whole body. Default 15 s. */
  readonly timeoutMs?: number;
  /** Requests that may wait; a further one fails at once. Default 2,000: every pair of the largest venue. */
  readonly queueMax?: number;
}

interface Job {
  readonly request: RestRequest;
  readonly signal: AbortSignal;
  readonly finish: (outcome: RestOutcome) => void;
}

/** Enough to hide latency; the weight budget is what limits the rate. */
const IN_FLIGHT_MAX = 4;
/** Told to slow down without being told for how long: the budgets of venues renew within a minute. */
const BLOCK_DEFAULT_MS = 60_000;
const USED_WEIGHT_HEADER = 'x-mbx-used-weight-1m';

/** Too many requests (418: a ban for not listening): https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits */
function asksForSilence(status: number): boolean {
  return status === 429 || status === 418;
}

/** Statuses that may pass by themselves: a firewall in a mood, a timeout, a server in trouble. */
function mayPass(status: number): boolean {
  return status === 403 || status === 408 || status >= 500 || asksForSilence(status);
}

export class RestClient {
  private readonly options: Required<RestClientOptions>;
  private readonly queue: Job[] = [];
  private inFlight = 0;
  private cancelWait: CancelTimer | null = null;

  constructor(options: RestClientOptions) {
    this.options = { timeoutMs: 15_000, queueMax: 2000, ...options };
  }

  /** Never rejects. After `signal` aborts, the outcome is `cancelled` and nothing of the request is left. */
  request(request: RestRequest, signal: AbortSignal): Promise<RestOutcome> {
    if (signal.aborted) return Promise.resolve({ kind: 'cancelled' });
    if (this.queue.length >= this.options.queueMax) {
      return Promise.resolve(this.failure(request, null, `${this.queue.length} requests are waiting already`));
    }
    return new Promise((resolve) => {
      const onAbort = (): void => this.drop(job);
      const finish = (outcome: RestOutcome): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(outcome);
      };
      const job: Job = { request, signal, finish };
      signal.addEventListener('abort', onAbort);
      this.queue.push(job);
      this.pump();
    });
  }

  /** Forgets a request that still waits; one under way ends by its signal. */
  private drop(job: Job): void {
    const at = this.queue.indexOf(job);
    if (at >= 0) this.queue.splice(at, 1);
    if (this.queue.length === 0) this.stopWaiting();
    job.finish({ kind: 'cancelled' });
  }

  private pump(): void {
    const { limiter, clock } = this.options;
    while (this.inFlight < IN_FLIGHT_MAX && this.cancelWait === null) {
      const job = this.queue[0];
      if (job === undefined) return;
      const waitUs = limiter.take(clock.nowUs(), job.request.weight);
      if (waitUs === 0) {
        this.queue.shift();
        void this.run(job);
      } else {
        this.cancelWait = clock.setTimer(Math.ceil(waitUs / 1000), () => {
          this.cancelWait = null;
          this.pump();
        });
      }
    }
  }

  private stopWaiting(): void {
    this.cancelWait?.();
    this.cancelWait = null;
  }

  private async run(job: Job): Promise<void> {
    this.inFlight++;
    const outcome = await this.get(job);
    this.inFlight--;
    job.finish(outcome);
    this.pump();
  }

  private async get({ request, signal }: Job): Promise<RestOutcome> {
    const { clock, get, timeoutMs } = this.options;
    const timeout = new AbortController();
    const cancelTimeout = clock.setTimer(timeoutMs, () => timeout.abort(new Error(`no answer within ${timeoutMs} ms`)));
    const url = this.urlOf(request);
    try {
      const answer = await get(url, AbortSignal.any([signal, timeout.signal]));
      this.observe(answer.header(USED_WEIGHT_HEADER));
      const { status, body } = answer;
      if (!mayPass(status) && status >= 200) return { kind: 'answer', url, status, body };
      return this.refusal(request, status, retryAfterMs(answer.header('retry-after')));
    } catch (error) {
      if (signal.aborted) return { kind: 'cancelled' };
      return this.failure(request, null, wordsOf(timeout.signal.aborted ? timeout.signal.reason : error));
    } finally {
      cancelTimeout();
    }
  }

  /** Learns from the venue's own count of what this address has spent. */
  private observe(used: string | null): void {
    const { limiter, clock } = this.options;
    if (used !== null && /^\d{1,9}$/.test(used)) limiter.observeUsed(clock.nowUs(), Number(used));
  }

  private refusal(request: RestRequest, status: number, retryMs: number | null): RestOutcome {
    if (!asksForSilence(status)) return this.failure(request, status, `HTTP ${status}`, retryMs);
    const { limiter, clock } = this.options;
    const silenceMs = retryMs ?? BLOCK_DEFAULT_MS;
    limiter.block(clock.nowUs() + silenceMs * 1000);
    return this.failure(request, status, `HTTP ${status}: the venue asks for ${silenceMs} ms of silence`, silenceMs);
  }

  private failure(
    request: RestRequest,
    status: number | null,
    reason: string,
    retryMs: number | null = null,
  ): RestOutcome {
    return { kind: 'failed', url: this.urlOf(request), status, reason, retryAfterMs: retryMs };
  }

  private urlOf(request: RestRequest): string {
    return this.options.baseUrl.replace(/\/$/, '') + request.path;
  }
}

/** The innermost words of a failure: fetch wraps the socket's. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? wordsOf(error.cause) : error.message || error.name;
}
