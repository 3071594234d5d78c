/**
 * As much of Binance as a run asks for before frames flow: its list of instruments, one snapshot per pair, and
 * subscriptions. https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

import { WebSocketServer, type WebSocket } from 'ws';
import { z } from 'zod';

import { FIRST_UPDATE, firstFrame, rowsText, textFrame, type TapePair } from './tape.ts';

/** A client's connection. Whole frames are written to its socket past the library, which writes whole frames, too. */
export interface VenueConnection {
  readonly socket: Duplex;
  readonly pairs: readonly TapePair[];
}

export interface Venue {
  readonly wsUrl: string;
  readonly restUrl: string;
  /** With the pairs that each has subscribed to so far. */
  connections(): readonly VenueConnection[];
}

const requestSchema = z.object({ method: z.literal('SUBSCRIBE'), params: z.array(z.string()), id: z.number() });

/** The venue pings every 20 s; nothing else comes while a run waits. */
const PING_MS = 10_000;

/** @param onAsked told of every snapshot that is asked for */
export async function startVenue(pairs: readonly TapePair[], onAsked: (venueSymbol: string) => void): Promise<Venue> {
  const bySymbol = new Map(pairs.map((pair) => [pair.venueSymbol, pair]));
  const connections = new Map<Duplex, Set<TapePair>>();

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const pair = bySymbol.get(url.searchParams.get('symbol') ?? '');
    if (url.pathname === '/api/v3/exchangeInfo') {
      response.end(instrumentsText(pairs));
    } else if (url.pathname === '/api/v3/depth' && pair !== undefined) {
      onAsked(pair.venueSymbol);
      const { bids, asks } = pair.script;
      response.end(`{"lastUpdateId":${FIRST_UPDATE},"bids":${rowsText(bids)},"asks":${rowsText(asks)}}`);
    } else {
      response.writeHead(404).end('{"code":-1,"msg":"Not found."}');
    }
  };

  const subscribe = (socket: Duplex, text: string): void => {
    const { params, id } = requestSchema.parse(JSON.parse(text));
    const subscribed = connections.get(socket) ?? new Set();
    connections.set(socket, subscribed);
    const opened: TapePair[] = [];
    for (const stream of params) {
      const pair = bySymbol.get(stream.split('@')[0]?.toUpperCase() ?? '');
      if (pair === undefined || subscribed.has(pair)) continue;
      subscribed.add(pair);
      opened.push(pair);
    }
    socket.write(textFrame(`{"result":null,"id":${id}}`));
    for (const { venueSymbol } of opened) socket.write(textFrame(firstFrame(venueSymbol, Date.now())));
  };

  const server = createServer(answer);
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    sockets.handleUpgrade(request, socket, head, (client: WebSocket) => {
      client.on('message', (data: Buffer) => subscribe(socket, data.toString()));
      const pings = setInterval(() => client.ping(), PING_MS);
      client.on('close', () => {
        clearInterval(pings);
        connections.delete(socket);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    wsUrl: `ws://127.0.0.1:${port}`,
    restUrl: `http://127.0.0.1:${port}`,
    connections: () => [...connections].map(([socket, of]) => ({ socket, pairs: [...of] })),
  };
}

function instrumentsText(pairs: readonly TapePair[]): string {
  const symbols = pairs.map(({ venueSymbol }) => ({
    symbol: venueSymbol,
    status: 'TRADING',
    baseAsset: venueSymbol.slice(0, -QUOTE.length),
    quoteAsset: QUOTE,
    filters: [
      { filterType: 'PRICE_FILTER', tickSize: '0.01000000' },
      { filterType: 'LOT_SIZE', stepSize: '0.00001000' },
    ],
  }));
  return JSON.stringify({ timezone: 'UTC', symbols });
}

/** What every pair is priced in. */
export const QUOTE = 'USDT';
