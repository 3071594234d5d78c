/** What happens to a session, for logs and metrics. Books learn it from the records, never from these. */
export type SessionEvent =
  | { readonly kind: 'connecting'; readonly conn: string; readonly url: string }
  | { readonly kind: 'open'; readonly conn: string; readonly url: string }
  /** The socket did not open: no such host, a refusal, a timeout. */
  | { readonly kind: 'refused'; readonly conn: string; readonly url: string; readonly reason: string }
  /** No frame within the wire's limit: the connection was cut. */
  | { readonly kind: 'silent'; readonly conn: string; readonly reason: string }
  /** `planned`: by us, since its successor took over or the session stops. */
  | { readonly kind: 'closed'; readonly conn: string; readonly reason: string; readonly planned: boolean }
  /** A successor of the connection is being opened while it goes on. */
  | { readonly kind: 'renewing'; readonly conn: string; readonly reason: string }
  /** The next attempt to connect comes in `delayMs`. */
  | { readonly kind: 'retrying'; readonly reason: string; readonly delayMs: number }
  /** A REST request brought no good answer; it is repeated in `delayMs`, or not at all where that is null. */
  | {
      readonly kind: 'rest-failed';
      readonly url: string;
      readonly status: number | null;
      readonly reason: string;
      readonly delayMs: number | null;
    };
