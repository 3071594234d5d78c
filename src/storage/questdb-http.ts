/**
 * QuestDB's HTTP interface: `/exec` for SQL and `/write` for rows. One call is one request with one outcome.
 *
 * It speaks through `node:http` rather than `fetch`, which copies a request's body and then streams it in small pieces:
 * for 50,000 rows 21 ms of processor time against 3 ms, measured, and as much again as encoding them.
 */

import * as http from 'node:http';
import * as https from 'node:https';
import { z } from 'zod';
import type { QueryResult } from '../ports/store.ts';
import { StoreError, wordsOf } from './store-error.ts';

export interface QuestDbConnectionOptions {
  /** E.g. `http://127.0.0.1:9000`. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** Bearer token; goes before user name and password. */
  readonly token?: string;
  /** For one request, its answer included. Default 30 s. */
  readonly requestTimeoutMs?: number;
}

/** Answers that say "not now" rather than "not this": a proxy without a server, a server that is overloaded or starts. */
const ABSENT_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);

/** An idle connection is let go before the server does so (after 5 s): a request sent meanwhile would be lost with it. */
const IDLE_MS_MAX = 4_000;

interface Answered {
  readonly status: number;
  readonly text: string;
}

export class QuestDbHttp {
  /** Scheme, host and port: never credentials. */
  readonly address: string;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly timeoutMs: number;
  private readonly protocol: typeof http | typeof https;
  /** Keeps connections open between requests. */
  private readonly agent: http.Agent;

  /** @throws TypeError when the URL is none: configuration checks that before */
  constructor(options: QuestDbConnectionOptions) {
    const { origin, protocol } = new URL(options.url);
    this.address = origin;
    this.protocol = protocol === 'https:' ? https : http;
    this.agent = new this.protocol.Agent({ keepAlive: true, timeout: IDLE_MS_MAX });
    this.timeoutMs = options.requestTimeoutMs ?? 30_000;
    this.headers = authorization(options);
  }

  /**
   * Runs one SQL statement and answers its first `rowsMax` rows, all of them where absent.
   * @throws StoreError `store.unreachable`, `store.rejected`
   */
  async exec(sql: string, { rowsMax }: { readonly rowsMax?: number } = {}): Promise<QueryResult> {
    const limit = rowsMax === undefined ? '' : `&limit=${rowsMax}`;
    const { status, text } = await this.request(`/exec?query=${encodeURIComponent(sql)}${limit}`, { method: 'GET' });
    const answer = parseAnswer(text);
    if (status !== 200 || answer === null || answer.error !== undefined) {
      throw this.rejection(status, answer?.error ?? text, { sql });
    }
    return { columns: answer.columns.map(({ name }) => name), rows: answer.dataset };
  }

  /**
   * Hands in rows of one table in the line protocol: one transaction, all or nothing. The bytes are the caller's again
   * once it is over, whatever its outcome.
   * @throws StoreError `store.unreachable`, after which the rows may or may not have been taken; `store.rejected`
   */
  async write(body: Uint8Array, table: string): Promise<void> {
    const { status, text } = await this.request('/write', { method: 'POST', body });
    if (status !== 204) throw this.rejection(status, parseAnswer(text)?.message ?? text, { table });
  }

  /** Lets the idle connections go. */
  close(): void {
    this.agent.destroy();
  }

  private async request(path: string, init: { method: string; body?: Uint8Array }): Promise<Answered> {
    try {
      return await this.exchange(path, init);
    } catch (cause) {
      throw new StoreError('store.unreachable', `QuestDB at ${this.address} does not answer: ${wordsOf(cause)}`, {
        address: this.address,
        retryable: true,
        remedy: 'Start QuestDB, or correct the address of its HTTP port (9000 by default).',
        cause,
      });
    }
  }

  /** Sends one request and reads its answer to the end; rejects with whatever cut either short. */
  private async exchange(path: string, { method, body }: { method: string; body?: Uint8Array }): Promise<Answered> {
    const outgoing = this.protocol.request(this.address + path, {
      method,
      agent: this.agent,
      headers: { ...this.headers, 'content-length': body?.length ?? 0 },
      signal: AbortSignal.timeout(this.timeoutMs),
    });
    const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve).on('error', reject);
    });
    outgoing.end(body);
    const incoming = await answered;
    incoming.setEncoding('utf8');
    let text = '';
    for await (const piece of incoming) text += String(piece);
    // An answer to half a body: the other half must not be read from the caller's bytes any more.
    if (!outgoing.writableFinished) outgoing.destroy();
    return { status: incoming.statusCode ?? 0, text };
  }

  private rejection(status: number, words: string, context: Record<string, unknown>): StoreError {
    const said = words.trim().slice(0, 1000);
    const options = { address: this.address, retryable: status >= 500, context: { status, said, ...context } };
    if (ABSENT_STATUSES.has(status)) {
      const message = `QuestDB at ${this.address} is not available (HTTP ${status}): ${said}`;
      return new StoreError('store.unreachable', message, { ...options, remedy: 'Wait, or look into its log.' });
    }
    const message = `QuestDB at ${this.address} refused (HTTP ${status}): ${said}`;
    return new StoreError('store.rejected', message, { ...options, remedy: remedyFor(status) });
  }
}

function authorization(options: QuestDbConnectionOptions): Record<string, string> {
  if (options.token !== undefined) return { authorization: `Bearer ${options.token}` };
  if (options.username === undefined) return {};
  const pair = `${options.username}:${options.password ?? ''}`;
  return { authorization: `Basic ${Buffer.from(pair, 'utf8').toString('base64')}` };
}

function remedyFor(status: number): string {
  if (status === 401 || status === 403) return 'Check the user name, password or token of the store.';
  if (status >= 500) return "Look into QuestDB's log; the rows are kept and can be written again.";
  return 'Compare the request with the words of the server; the same request will be refused again.';
}

/** What `/exec` and a refusing `/write` answer. */
const ANSWER = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })).default([]),
  dataset: z.array(z.array(z.unknown())).default([]),
  error: z.string().optional(),
  message: z.string().optional(),
});
type Answer = z.infer<typeof ANSWER>;

/** Null where the text is no such JSON: then somebody else than QuestDB speaks. */
function parseAnswer(text: string): Answer | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const answer = ANSWER.safeParse(json).data ?? null;
  if (answer === null || !hasInexactLong(answer)) return answer;
  return ANSWER.parse(JSON.parse(text, keepLongsExact));
}

/** LONGs stand in the JSON as plain digits; beyond 2^53 parsing has rounded them. */
function hasInexactLong({ columns, dataset }: Answer): boolean {
  return columns.some(
    ({ type }, at) =>
      type === 'LONG' && dataset.some((row) => typeof row[at] === 'number' && !Number.isSafeInteger(row[at])),
  );
}

/** The third argument is ECMAScript's "JSON.parse source text access", which the compiler's library lacks. */
function keepLongsExact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  const digits = source !== undefined && /^-?\d+$/.test(source);
  return typeof value === 'number' && digits && !Number.isSafeInteger(value) ? source : value;
}
