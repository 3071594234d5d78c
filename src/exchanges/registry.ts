/** Every wire that the product speaks, and which one a connection speaks. */

import type { ExchangeWire, WireRegistry } from '../ports/exchange-wire.ts';
import { binance } from './binance.ts';
import { bitfinex } from './bitfinex.ts';
import { coinbaseAdvanced } from './coinbase-advanced.ts';
import { coinbaseExchange } from './coinbase-exchange.ts';
import { geminiV2 } from './gemini-v2.ts';
import { gemini } from './gemini.ts';
import { bitstamp } from './bitstamp.ts';
import { krakenV1 } from './kraken-v1.ts';
import { krakenV2 } from './kraken-v2.ts';

/** Per venue, the wire for live use first. */
export const WIRES: readonly ExchangeWire[] = [
  binance,
  krakenV2,
  krakenV1,
  bitfinex,
  bitstamp,
  coinbaseExchange,
  coinbaseAdvanced,
  gemini,
  geminiV2,
];

export const wireRegistry: WireRegistry = {
  at: (exchange, url) => WIRES.find((wire) => wire.exchange === exchange && wire.speaksAt(url)),
  ofFrame: (exchange, frame) => WIRES.find((wire) => wire.exchange === exchange && wire.recognises(frame)),
  live: (exchange) => WIRES.find((wire) => wire.exchange === exchange),
  byName: (name) => WIRES.find((wire) => wire.wire === name),
};
