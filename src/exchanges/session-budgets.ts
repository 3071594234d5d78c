/**
 * What the sessions of a thread share because a venue counts it per address: REST weight and new connections. One
 * object per thread; where several threads or processes share an address, each gets its share of every budget.
 */

import type { Clock } from '../ports/clock.ts';
import type { WireLimits } from '../ports/exchange-wire.ts';
import { RateLimiter } from './rate-limiter.ts';
import { RestClient } from './rest-client.ts';
import type { HttpGet } from './session-fetch.ts';
import { fetchBody } from './session-fetch.ts';

export interface SessionBudgetsOptions {
  readonly clock: Clock;
  /** The part of each budget that this thread may use, above 0 to 1. Default 1. */
  readonly share?: number;
  readonly get?: HttpGet;
}

export class SessionBudgets {
  private readonly options: Required<SessionBudgetsOptions>;
  private readonly clients = new Map<string, RestClient>();
  private readonly connects = new Map<string, RateLimiter>();

  constructor(options: SessionBudgetsOptions) {
    this.options = { share: 1, get: fetchBody, ...options };
  }

  /** The one client for this host. The weight of the first call counts. */
  rest(restUrl: string, { budget, intervalMs }: WireLimits['restWeight']): RestClient {
    const { clock, get } = this.options;
    const baseUrl = new URL(restUrl).origin;
    let client = this.clients.get(baseUrl);
    if (client === undefined) {
      const own = this.ownPart(budget);
      const limiter = new RateLimiter({ budget: own, intervalMs, reserved: budget - own });
      client = new RestClient({ baseUrl, limiter, clock, get });
      this.clients.set(baseUrl, client);
    }
    return client;
  }

  /** The one count of new connections to this host. The limit of the first call counts. */
  connections(wsUrl: string, { count, intervalMs }: WireLimits['connectionsPerInterval']): RateLimiter {
    const { host } = new URL(wsUrl);
    let limiter = this.connects.get(host);
    if (limiter === undefined) {
      limiter = new RateLimiter({ budget: this.ownPart(count), intervalMs });
      this.connects.set(host, limiter);
    }
    return limiter;
  }

  private ownPart(budget: number): number {
    return Math.max(1, Math.floor(budget * this.options.share));
  }
}
