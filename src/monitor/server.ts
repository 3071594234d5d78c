/**
 * The HTTP face of a running program: `/metrics` for Prometheus, `/healthz` and `/readyz` for whoever restarts or routes,
 * `/sql` for `whalewatch sql` (the embedded store's file admits one process), and a status page.
 */

import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../lib/app-error.ts';
import type { MonitorSource } from '../ports/monitor-source.ts';
import type { Logger } from '../telemetry/logger.ts';
import { cannotListen } from './cannot-listen.ts';
import { refusalOf } from './local-request.ts';
import { readOnlyStatement } from './read-only-sql.ts';
import { renderStatusPage } from './status-page.ts';

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const SQL_BYTES_MAX = 64 * 1024;

export interface MonitorOptions {
  readonly source: MonitorSource;
  readonly log: Logger;
  /** Host names besides the loopback ones by which `/sql` may be addressed. */
  readonly allowedHosts: readonly string[];
}

export interface ListenOptions extends MonitorOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

/** A monitor that listens. */
export interface Monitor {
  /** Where it answers, with the port that was taken. */
  readonly url: string;
  /** Stops listening and drops open connections. */
  close(): Promise<void>;
}

/**
 * Starts the monitor.
 * @throws AppError `http.port-in-use`, or `http.cannot-listen` with the system's reason
 */
export async function startMonitor({ host, port, ...options }: ListenOptions): Promise<Monitor> {
  const app = createMonitorApp(options);
  try {
    const url = await app.listen({ host, port });
    return { url, close: () => app.close() };
  } catch (error) {
    await app.close();
    throw cannotListen(error, { host, port, fields: 'http' });
  }
}

/** The routes, not yet listening. */
export function createMonitorApp({ source, log, allowedHosts }: MonitorOptions): FastifyInstance {
  // A scraper keeps its connection open between scrapes; a shutdown does not wait for it.
  const app = fastify({ bodyLimit: SQL_BYTES_MAX, forceCloseConnections: true });
  // A form on any web page may send plain text here without asking first, but not JSON.
  app.removeContentTypeParser('text/plain');

  app.get('/metrics', async (_request, reply) => reply.type(METRICS_TYPE).send(await source.metrics()));

  app.get('/healthz', async (_request, reply) => {
    const health = source.health();
    return reply.code(health.healthy ? 200 : 503).send(health);
  });

  app.get('/readyz', async (_request, reply) => {
    const readiness = await source.readiness();
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });

  app.get('/', async (request, reply) => {
    const [status, readiness] = [source.status(), await source.readiness()];
    if (!(request.headers.accept ?? '').includes('text/html')) return reply.send({ ...status, ...readiness });
    return reply.type('text/html; charset=utf-8').send(renderStatusPage(status, readiness));
  });

  app.post('/sql', { schema: { body: SQL_BODY } }, async (request, reply) => {
    const refusal = refusalOf({ peer: request.socket.remoteAddress, headers: request.headers }, allowedHosts);
    if (refusal !== null) {
      throw new AppError('http.not-local', `this request is refused: ${refusal}`, {
        remedy: 'Ask from the machine itself, or add the name that you use to http.allowedHosts.',
      });
    }
    return reply.send(await source.query(readOnlyStatement(sqlOf(request.body))));
  });

  app.setErrorHandler(async (error, request, reply) => {
    if (error instanceof AppError) {
      return reply.code(statusOf(error.code)).send({ code: error.code, message: error.message, remedy: error.remedy });
    }
    const status = clientStatusOf(error);
    if (status !== undefined) return reply.code(status).send({ code: 'http.bad-request', message: messageOf(error) });
    log.error({ err: error, url: request.url }, 'request failed');
    return reply.code(500).send({ code: 'http.internal', message: 'the request failed; the log says why' });
  });
  return app;
}

const SQL_BODY = {
  type: 'object',
  required: ['sql'],
  additionalProperties: false,
  properties: { sql: { type: 'string' } },
} as const;

function sqlOf(body: unknown): string {
  return typeof body === 'object' && body !== null && 'sql' in body && typeof body.sql === 'string' ? body.sql : '';
}

function statusOf(code: string): number {
  if (code === 'http.not-local') return 403;
  return code.endsWith('.unreachable') ? 503 : 400;
}

/** The status of a request that fastify itself found wrong; `undefined` where the fault is ours. */
function clientStatusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
