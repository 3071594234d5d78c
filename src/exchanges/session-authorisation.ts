/** Prepares connections to venues that want to know who asks: fetches a token where one is needed, and seals frames. */

import { textOfUtf8 } from '../lib/utf8.ts';
import type { Clock } from '../ports/clock.ts';
import type { Authentication, Credentials, TokenRequest } from '../ports/exchange-wire.ts';
import type { Seal } from './session-connection.ts';

/** Resolves with the body of whatever the server answered. */
export type HttpPost = (url: string, request: TokenRequest, signal: AbortSignal) => Promise<Uint8Array>;

const TIMEOUT_MS = 15_000;
/** What a venue says of a refusal, at most: never the request that it answers. */
const WORDS_MAX = 200;

export interface AuthorisationOptions {
  readonly authentication: Authentication;
  readonly credentials: Credentials;
  readonly restUrl: string;
  readonly clock: Pick<Clock, 'nowUs'>;
  readonly post?: HttpPost;
}

/** Authorises one connection after another. A failure says what the venue answered, never what it was asked with. */
export function authoriserOf(options: AuthorisationOptions): () => Promise<Seal> {
  const { authentication, credentials, restUrl, clock, post = postBody } = options;
  return async () => {
    let token = '';
    const request = authentication.tokenRequest(credentials, clock.nowUs());
    if (request !== null) {
      const body = await post(restUrl.replace(/\/$/, '') + request.path, request, AbortSignal.timeout(TIMEOUT_MS));
      token = authentication.tokenOf(body);
      if (token === '') throw new Error(`no token; the venue said ${textOfUtf8(body.subarray(0, WORDS_MAX))}`);
    }
    return (frame) => authentication.seal(frame, credentials, token, clock.nowUs());
  };
}

const postBody: HttpPost = async (url, { headers, body }, signal) => {
  const response = await fetch(url, { method: 'POST', headers, body, signal });
  return new Uint8Array(await response.arrayBuffer());
};
