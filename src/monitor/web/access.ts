/**
 * Who may look. On a loopback address without a token: programs and pages of this machine, as `local-request.ts` tells
 * them. Anywhere else only who proves a right: the token itself, the cookie that a log-in with it gave, or a header that a
 * proxy in front sets for whom it has let in. The proxy must then be the only way to the port, and drop that header
 * from what it is sent.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../lib/app-error.ts';
import type { RequestFacts } from '../local-request.ts';
import { isLoopback, refusalOf } from '../local-request.ts';

export interface AccessOptions {
  /** Address that the server listens on. */
  readonly host: string;
  readonly token: string | null;
  /** Name of the header by which a proxy names whom it has let in. */
  readonly trustedProxyHeader: string | null;
  /** Further names by which the server may be addressed. */
  readonly allowedHosts: readonly string[];
}

const COOKIE = 'whalewatch';
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

export class Access {
  private readonly options: AccessOptions;
  private readonly isLocal: boolean;

  /** @throws AppError `monitor.unprotected` where other machines could look without proving anything */
  constructor(options: AccessOptions) {
    const { host, token, trustedProxyHeader } = options;
    this.options = options;
    this.isLocal = host === 'localhost' || isLoopback(host);
    if (!this.isLocal && token === null && trustedProxyHeader === null) {
      throw new AppError('monitor.unprotected', `the live monitor would listen on ${host} for everybody`, {
        remedy:
          'Set monitor.token (or monitor.tokenFile), or monitor.trustedProxyHeader, or monitor.host to 127.0.0.1.',
        context: { host },
      });
    }
  }

  /** Why a request is refused, whoever sends it; null where it is not: for its Host, or for the page that sends it. */
  refusalOf(request: RequestFacts): string | null {
    const { token, trustedProxyHeader, allowedHosts } = this.options;
    if (this.isLocal && token === null && trustedProxyHeader === null) return refusalOf(request, allowedHosts);
    const { host, origin } = request.headers;
    const names = [...(this.isLocal ? LOOPBACK_NAMES : []), ...allowedHosts.map((name) => name.toLowerCase())];
    if (names.length > 0 && !names.includes(hostOf(`http://${String(host)}`)?.hostname ?? '')) {
      return 'its Host is none of monitor.allowedHosts';
    }
    // A browser says which page opens a socket, and a page cannot choose that.
    if (origin !== undefined && hostOf(String(origin))?.host !== hostOf(`http://${String(host)}`)?.host) {
      return 'it was sent by a page of another site';
    }
    return null;
  }

  /** Whether the request proves a right to look. */
  isAdmitted({ headers }: RequestFacts): boolean {
    const { token, trustedProxyHeader } = this.options;
    if (token === null && trustedProxyHeader === null) return true;
    if (trustedProxyHeader !== null) {
      const named = headers[trustedProxyHeader.toLowerCase()];
      if (typeof named === 'string' && named !== '') return true;
    }
    if (token === null) return false;
    const bearer = /^Bearer +(.+)$/i.exec(String(headers['authorization'] ?? ''))?.[1];
    if (bearer !== undefined && isSame(bearer, token)) return true;
    const cookie = cookieIn(String(headers['cookie'] ?? ''));
    return cookie !== undefined && isSame(cookie, cookieValue(token));
  }

  /** The Set-Cookie of a log-in; null where the token is another. */
  logIn(given: string): string | null {
    const { token } = this.options;
    if (token === null || !isSame(given, token)) return null;
    return `${COOKIE}=${cookieValue(token)}; Path=/; HttpOnly; SameSite=Strict`;
  }
}

/** In constant time, whatever the lengths. */
function isSame(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** A cookie is kept in files of browsers: it is not the token, which opens other doors maybe. */
function cookieValue(token: string): string {
  return createHash('sha256').update(`whalewatch monitor\n${token}`).digest('hex');
}

function cookieIn(header: string): string | undefined {
  return header
    .split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${COOKIE}=`))
    ?.slice(COOKIE.length + 1);
}

function hostOf(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}
