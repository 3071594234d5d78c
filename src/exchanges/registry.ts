/** Every wire that the product speaks, and which one a connection speaks. */

import type { ExchangeWire, WireRegistry } from '../ports/exchange-wire.ts';
import { binance } from './binance.ts';
import { bitfinexOrders } from './bitfinex-orders.ts';
import { bitfinex } from './bitfinex.ts';
import { coinbaseAdvanced } from './coinbase-advanced.ts';
import { coinbaseExchange } from './coinbase-exchange.ts';
import { coinbaseOrders } from './coinbase-orders.ts';
import { geminiV2 } from './gemini-v2.ts';
import { gemini } from './gemini.ts';
import { bitstampOrders } from './bitstamp-orders.ts';
import { bitstamp } from './bitstamp.ts';
import { krakenOrders } from './kraken-orders.ts';
import { krakenV1 } from './kraken-v1.ts';
import { krakenV2 } from './kraken-v2.ts';

/** Per venue, the wire of levels for live use first; then its wire of single orders for live use, if there is one. */
export const WIRES: readonly ExchangeWire[] = [
  binance,
  krakenV2,
  krakenV1,
  krakenOrders,
  bitfinex,
  bitfinexOrders,
  bitstamp,
  bitstampOrders,
  coinbaseExchange,
  coinbaseAdvanced,
  coinbaseOrders,
  gemini,
  geminiV2,
];

export const wireRegistry: WireRegistry = {
  at: (exchange, url) => WIRES.find((wire) => wire.exchange === exchange && wire.speaksAt(url)),
  ofFrame: (exchange, frame) =>
    ofOrders(exchange, frame) ?? WIRES.find((wire) => wire.exchange === exchange && wire.recognises(frame)),
  ofOrders,
  live: (exchange, channel = 'levels') =>
    WIRES.find((wire) => wire.exchange === exchange && (wire.orders !== undefined) === (channel === 'orders')),
  ofAnswer: (exchange, url) =>
    WIRES.find((wire) => wire.exchange === exchange && wire.routeHttp(url) !== '') ?? wireRegistry.live(exchange),
  byName: (name) => WIRES.find((wire) => wire.wire === name),
};

function ofOrders(exchange: string, frame: Uint8Array): ExchangeWire | undefined {
  return WIRES.find((wire) => wire.exchange === exchange && wire.orders?.isSpokenIn(frame) === true);
}
