/** GET over the runtime's fetch: the whole body, bounded. */

export interface HttpAnswer {
  readonly status: number;
  /** The value of a header, null where it is absent. */
  header(name: string): string | null;
  readonly body: Uint8Array;
}

/** Resolves with whatever the server answered, any status; rejects where it did not answer or `signal` aborts. */
export type HttpGet = (url: string, signal: AbortSignal) => Promise<HttpAnswer>;

/** The largest list of instruments is some 20 MB. */
const BODY_BYTES_MAX = 64 * 1024 * 1024;

export const fetchBody: HttpGet = async (url, signal) => {
  const response = await fetch(url, { signal });
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > BODY_BYTES_MAX) throw new Error(`the answer is larger than ${BODY_BYTES_MAX} bytes`);
    parts.push(part);
  }
  const { status, headers } = response;
  return { status, header: (name) => headers.get(name), body: Buffer.concat(parts) };
};

/** The `Retry-After` header in ms; null where it is absent or a date (venues send seconds). */
export function retryAfterMs(header: string | null | undefined): number | null {
  return header !== null && header !== undefined && /^\d{1,7}$/.test(header) ? Number(header) * 1000 : null;
}
