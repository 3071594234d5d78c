import { JetStreamApiError } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/transport-node';

/** What the server says to a published batch. */
export type PublishReply =
  | { readonly kind: 'stored'; readonly duplicate: boolean; readonly sequence: number }
  /** The newest message of the subject is not the one that was expected. */
  | { readonly kind: 'conflict'; readonly reason: string }
  /** The stream is at its limit: try again once something was purged. */
  | { readonly kind: 'full'; readonly reason: string }
  /** Nobody serves the stream at the moment: try again. */
  | { readonly kind: 'unavailable'; readonly reason: string }
  | { readonly kind: 'rejected'; readonly reason: string };

/** "maximum messages exceeded", "maximum bytes exceeded". */
const STORE_FAILED = 10077;
/** "wrong last sequence". */
const WRONG_SEQUENCE: readonly number[] = [10071, 10164];
/** The server's disk, memory or account is full. */
const NO_RESOURCES: readonly number[] = [10023, 10028, 10047, 10002];

/** Whether the client's own publish was refused for want of the expected sequence. */
export function isWrongSequence(error: unknown): boolean {
  return error instanceof JetStreamApiError && WRONG_SEQUENCE.includes(error.code);
}

/** Reads a JetStream acknowledgement of a publish. */
export function readPubAck(message: Msg): PublishReply {
  if (message.headers?.code === 503) return { kind: 'unavailable', reason: 'no stream takes the subject' };
  const answer = parse(message);
  if (answer === null) return { kind: 'rejected', reason: 'the reply is no acknowledgement' };
  const { error } = answer;
  if (error === undefined) {
    return { kind: 'stored', duplicate: answer.duplicate === true, sequence: Number(answer.seq ?? 0) };
  }
  const reason = `${error.description ?? 'no reason given'} (${error.err_code ?? error.code ?? 'no code'})`;
  if (error.err_code === STORE_FAILED && /^maximum (?:messages|bytes)/.test(error.description ?? '')) {
    return { kind: 'full', reason };
  }
  if (WRONG_SEQUENCE.includes(error.err_code ?? 0)) return { kind: 'conflict', reason };
  if (NO_RESOURCES.includes(error.err_code ?? 0)) return { kind: 'full', reason };
  return { kind: error.code === 503 ? 'unavailable' : 'rejected', reason };
}

interface Answer {
  readonly duplicate?: unknown;
  readonly seq?: unknown;
  readonly stream?: unknown;
  readonly error?: { readonly code?: number; readonly err_code?: number; readonly description?: string };
}

function parse(message: Msg): Answer | null {
  try {
    const answer = message.json<Answer | null>();
    return typeof answer === 'object' && answer !== null && ('stream' in answer || 'error' in answer) ? answer : null;
  } catch {
    // Not JSON: the caller reports it.
    return null;
  }
}
