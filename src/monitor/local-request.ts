/**
 * Tells requests of this machine's own programs from those that a web page or a proxy carries here. A page on another
 * site can make a browser on this machine send requests to the loopback address (by a name that it points there), but it
 * cannot choose the Host and Origin headers.
 */

import { isIPv6 } from 'node:net';

/** What decides: the peer's address and the headers that browsers and proxies set. */
export interface RequestFacts {
  readonly peer: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/** Why the request is not from this machine, in words; `null` where it is. `allowedHosts` are further Host names. */
export function refusalOf(request: RequestFacts, allowedHosts: readonly string[]): string | null {
  const { peer, headers } = request;
  if (peer === undefined || !isLoopback(peer)) return 'it does not come from this machine';
  const proxy = PROXY_HEADERS.find((name) => headers[name] !== undefined);
  if (proxy !== undefined) return `it came through a proxy (${proxy})`;
  const names = [...LOOPBACK_NAMES, ...allowedHosts.map((host) => host.toLowerCase())];
  const host = headers['host'];
  if (typeof host !== 'string' || !names.includes(nameOf(`http://${host}`) ?? ''))
    return 'its Host is not this machine';
  const origin = headers['origin'];
  if (origin !== undefined && (typeof origin !== 'string' || !names.includes(nameOf(origin) ?? ''))) {
    return 'it was sent by a page of another site';
  }
  return null;
}

/** True for 127.0.0.0/8 and ::1, also where an IPv6 socket tells an IPv4 peer. */
export function isLoopback(address: string): boolean {
  const plain = isIPv6(address) ? address.replace(/^::ffff:/i, '') : address;
  return plain === '::1' || /^127(\.\d{1,3}){3}$/.test(plain);
}

function nameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
