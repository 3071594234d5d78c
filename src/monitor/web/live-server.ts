/** The HTTP and WebSocket face of the live monitor: its page, the present, the past, and what changes. It only reads. */

import type { Socket } from 'node:net';

import fastifySwagger from '@fastify/swagger';
import fastifyWebsocket from '@fastify/websocket';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fastify } from 'fastify';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { AppError } from '../../lib/app-error.ts';
import { CLIENT_MESSAGE_BYTES_MAX } from '../api/keys.ts';
import * as rest from '../api/rest.ts';
import type { SystemState } from '../api/system.ts';
import { systemState } from '../api/system.ts';
import { cannotListen } from '../cannot-listen.ts';
import type { LiveClient, LiveHub } from '../live/live-hub.ts';
import type { MarketState } from '../state/market-state.ts';
import type { Access } from './access.ts';
import type { History } from './history.ts';
import { openApiOptions } from './open-api.ts';
import { servePage } from './page-files.ts';

export interface LiveServerOptions {
  readonly version: string;
  readonly access: Access;
  readonly hub: LiveHub;
  readonly market: MarketState;
  readonly history: History;
  readonly systemAt: (nowMs: number) => SystemState;
  readonly nowMs: () => number;
  /** Folder of the page's files. */
  readonly pageRoot: string;
  readonly onError: (error: unknown, url: string) => void;
}

const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const;

const REQUEST_MS_MAX = 10_000;
/** What a closed socket gets to say good-bye. */
const GOODBYE_MS = 2000;

/**
 * Listens.
 * @throws AppError `http.port-in-use`, or `http.cannot-listen` with the system's reason
 */
export async function startLiveServer(
  options: LiveServerOptions,
  address: { readonly host: string; readonly port: number },
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const app = await createLiveApp(options);
  try {
    const url = await app.listen(address);
    return { url, close: () => app.close() };
  } catch (error) {
    await app.close();
    throw cannotListen(error, { ...address, fields: 'monitor' });
  }
}

/** The routes, not yet listening. */
export async function createLiveApp(options: LiveServerOptions): Promise<FastifyInstance> {
  const { access, hub } = options;
  const app = fastify({ forceCloseConnections: true, requestTimeout: REQUEST_MS_MAX, bodyLimit: 1024 });
  // The schemas of routes are zod's: each handler checks with them, and the description is made of them.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    const facts = { peer: request.socket.remoteAddress, headers: request.headers };
    const refusal = access.refusalOf(facts);
    if (refusal !== null) {
      throw new AppError('monitor.forbidden', `this request is refused: ${refusal}`, {
        remedy: 'Use the address that the program printed, or add the name that you use to monitor.allowedHosts.',
      });
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new AppError('monitor.read-only', 'there is nothing to write here');
    }
    if (pathOf(request) !== '/login' && !access.isAdmitted(facts)) {
      throw new AppError('monitor.unauthorized', 'this monitor asks for its token', {
        remedy: 'Open /login?token=… once in this browser, or send the header Authorization: Bearer ….',
      });
    }
  });
  // What asked for a socket and was refused is nobody's connection any more: it would stay open, and hold up a shutdown.
  app.addHook('onResponse', async (request, reply) => {
    if (request.headers.upgrade !== undefined && reply.statusCode >= 400) request.raw.socket.destroySoon();
  });
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, options.onError));
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ code: 'monitor.not-found', message: 'there is nothing at this address' }),
  );

  await app.register(fastifySwagger, openApiOptions(options.version));
  await app.register(fastifyWebsocket, {
    options: { maxPayload: CLIENT_MESSAGE_BYTES_MAX, perMessageDeflate: false },
  });
  addApi(app, options);
  app.get('/api/live', { websocket: true, schema: { hide: true } }, (socket, { raw }) =>
    join(socket, raw.socket, hub, options.nowMs),
  );
  app.get('/login', { schema: { hide: true } }, async (request, reply) => {
    const { token } = request.query as { token?: unknown };
    const cookie = typeof token === 'string' ? access.logIn(token) : null;
    if (cookie === null) throw new AppError('monitor.unauthorized', 'this is not the token of this monitor');
    return reply.header('set-cookie', cookie).header('cache-control', 'no-store').redirect('/', 303);
  });
  await servePage(app, options.pageRoot);
  return app;
}

function addApi(app: FastifyInstance, { market, history, systemAt, nowMs }: LiveServerOptions): void {
  const answers = (answer: z.ZodType) => ({ 200: answer, 400: rest.apiError, 401: rest.apiError, 403: rest.apiError });
  const security = [{ token: [] }];

  app.get(
    '/api/pairs',
    { schema: { summary: 'All pairs as they are now', security, response: answers(rest.pairsAnswer) } },
    async (): Promise<rest.PairsAnswer> => {
      for (const pair of market.pairs) pair.pass(nowMs() * 1000);
      return {
        nowMs: nowMs(),
        whaleScoreMin: market.whaleScoreMin,
        pairs: market.pairs.map((pair) => pair.row()),
      };
    },
  );
  app.get(
    '/api/system',
    { schema: { summary: 'How the program fares', security, response: answers(systemState) } },
    async () => systemAt(nowMs()),
  );
  const past = (summary: string, querystring: z.ZodType, answer: z.ZodType) => ({
    schema: {
      summary,
      security,
      params: rest.pairParams,
      querystring,
      response: { ...answers(answer), 404: rest.apiError, 503: rest.apiError },
    },
  });
  const pairOf = (request: FastifyRequest): rest.PairParams => {
    const pair = read(rest.pairParams, request.params);
    if (market.find(pair) === null) throw new AppError('monitor.not-found', 'no such pair is watched');
    return pair;
  };
  app.get(
    '/api/whales/:exchange/:symbol',
    past('Scored orders of the past', rest.whalesQuery, rest.whalesAnswer),
    async (request) => history.whales(pairOf(request), read(rest.whalesQuery, request.query), nowMs()),
  );
  app.get(
    '/api/quotes/:exchange/:symbol',
    past('Quotes of the past, one per second', rest.historyQuery, rest.quotesAnswer),
    async (request) => history.quotes(pairOf(request), read(rest.historyQuery, request.query), nowMs()),
  );
  app.get(
    '/api/trades/:exchange/:symbol',
    past('Trades of the past', rest.historyQuery, rest.tradesAnswer),
    async (request) => history.trades(pairOf(request), read(rest.historyQuery, request.query), nowMs()),
  );
  app.get('/api/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(app.swagger())),
  );
}

/** A socket becomes a client. @param below what carries it */
function join(socket: WebSocket, below: Socket, hub: LiveHub, nowMs: () => number): void {
  const client: LiveClient = {
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    // Nothing is compressed, so that whatever `ws` writes itself is in the connection's own buffer at once, in the same order.
    send: (frame) => {
      if (socket.readyState === socket.OPEN) below.write(frame);
    },
    close(code, reason) {
      socket.close(code, reason);
      // Who does not read does not answer either.
      setTimeout(() => socket.terminate(), GOODBYE_MS).unref();
    },
  };
  socket.on('message', (data) => hub.receive(client, bytesOf(data), nowMs()));
  socket.on('error', (error) => {
    if ('code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') hub.tooBig(client);
  });
  socket.on('close', () => hub.disconnect(client));
  hub.connect(client, nowMs());
}

function bytesOf(data: Buffer | ArrayBuffer | Buffer[]): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? '';
}

/** @throws AppError `monitor.bad-request` with what does not do */
function read<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError('monitor.bad-request', z.prettifyError(parsed.error), {
    remedy: 'The description at /api/openapi.json says what each field may be.',
  });
}

const STATUS: Readonly<Record<string, number>> = {
  'monitor.bad-request': 400,
  'monitor.unauthorized': 401,
  'monitor.forbidden': 403,
  'monitor.not-found': 404,
  'monitor.read-only': 405,
  'monitor.busy': 503,
  'store.none': 404,
};

function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  onError: LiveServerOptions['onError'],
): FastifyReply {
  if (error instanceof AppError) {
    if (error.code === 'monitor.read-only') reply.header('allow', 'GET, HEAD');
    const status = STATUS[error.code] ?? 503;
    if (status === 503) onError(error, request.url);
    return reply.code(status).send({ code: error.code, message: error.message, remedy: error.remedy });
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status >= 400 && status < 500) {
    return reply.code(status).send({ code: 'monitor.bad-request', message: (error as Error).message });
  }
  onError(error, request.url);
  return reply.code(500).send({ code: 'monitor.internal', message: 'the request failed; the log says why' });
}
