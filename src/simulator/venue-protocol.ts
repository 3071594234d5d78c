/**
 * What makes a simulated venue that venue: its wire. Sockets, time, faults and the market itself are the same for all
 * and live elsewhere, so that a further exchange is one more implementation of this interface.
 */

import type { Connection } from './connection.ts';
import type { FaultDesk } from './faults.ts';
import type { GridRule, SimInstrument } from './instrument.ts';
import type { Market } from './market.ts';
import type { MarketAction, PairMarket } from './pair-market.ts';
import type { SimOrders } from './sim-orders.ts';

/** What a protocol is given. */
export interface VenueContext {
  readonly market: Market;
  readonly faults: FaultDesk;
}

/** An answer to a plain HTTP request. */
export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body: string;
}

export interface VenueProtocol {
  /** Path of the WebSocket that the venue's documentation gives as the base, e.g. `/v2`. */
  readonly wsPath: string;
  /** Whether a WebSocket may be opened here; a refusal is a 404. */
  accepts(url: URL): boolean;
  opened(connection: Connection, url: URL): void;
  /** A text frame came in. */
  received(connection: Connection, text: string): void;
  /** A ping or pong frame came in. */
  receivedControl(connection: Connection, kind: 'ping' | 'pong', payload: string): void;
  closed(connection: Connection): void;
  http(url: URL): HttpReply;
  /** The market did something at `action.exchangeUs`. */
  onAction(action: MarketAction): void;
  /** 10 ms of simulated time have passed; the market's clock tells how late it is. */
  onSlice(): void;
  /** A level as the venue writes it. */
  levelText(instrument: SimInstrument, price: number, size: number): [price: string, size: string];
  /** The single orders of a pair, of venues that have a channel of them. */
  orders?(pair: PairMarket): SimOrders | null;
}

/** How the simulator makes a venue. */
export interface VenueDefinition {
  readonly grid: GridRule;
  create(context: VenueContext): VenueProtocol;
}
