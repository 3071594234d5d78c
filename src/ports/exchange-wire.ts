/**
 * One shape for every venue's wire. A wire is pure: it turns bytes into messages and wishes into bytes; sockets and
 * timers belong to the session, sequence and trust to the book.
 */

import type { OrderRules } from '../book/order-rules.ts';
import type { BookRules, WireSink } from '../book/wire-message.ts';
import type { Instrument } from '../model/instrument.ts';

/** What one connection is asked to carry. */
export interface Subscription {
  readonly venueSymbols: readonly string[];
  /** Levels per side, where the venue lets one choose. */
  readonly bookDepth: number;
  /** Also ask for best prices, to check the book against them (where the venue has such a feed). */
  readonly audit: boolean;
}

export interface WireLimits {
  /** Pairs per connection. */
  readonly pairsPerConnection: number;
  /** Pause between two frames to the venue. */
  readonly sendIntervalMs: number;
  /** Without any frame for so long the connection is taken for dead. */
  readonly silenceMs: number;
  /** The venue closes connections at this age; ours are renewed a little earlier. Null: no fixed life. */
  readonly connectionLifeMs: number | null;
  /** A ping frame of the wire's own, to be sent when nothing came for a while; null where the protocol level is enough. */
  readonly ping: string | null;
  readonly connectionsPerInterval: { readonly count: number; readonly intervalMs: number };
  /** REST budget: weight units that all requests of an interval may add up to. */
  readonly restWeight: { readonly budget: number; readonly intervalMs: number };
}

export interface RestRequest {
  readonly path: string;
  readonly weight: number;
}

/**
 * How a live book can be held against the venue's own, which REST gives: for venues where neither numbers nor checksums prove
 * every level. `parseHttp` makes a `snapshot` of the answer, and `routeHttp` knows its URL.
 */
export interface ComparisonRule {
  /** Asks for every level of a pair's book. */
  request(venueSymbol: string): RestRequest;
  /** For so long before the request changes are noted: an answer from a cache may be older than its request, ms. */
  readonly leadMs: number;
  /** So long after the answer all has come by socket that was under way then, ms. */
  readonly settleMs: number;
}

/**
 * Reads the frames of one connection, in their order: what some venues write means something only together with what they
 * wrote before on the same connection (channel numbers, counters, the first book of a pair).
 */
export interface WireReader {
  /** Hands each message in a frame to `sink`; a frame that makes no sense is one `malformed` message. Never throws. */
  parse(frame: Uint8Array, sink: WireSink): void;
  /** What it remembers, as a plain value that later frames do not change; null where frames stand alone. */
  state(): unknown;
  /** Goes on from the state of a reader of the same wire. */
  restore(state: unknown): void;
}

/** What a wire says more of a channel of single orders. */
export interface OrderChannel {
  readonly rules: OrderRules;
  /**
   * Whether a frame, to the venue or from it, shows that its connection carries single orders: their channels often have the
   * address of the levels' channels, so that only frames tell.
   */
  isSpokenIn(frame: Uint8Array): boolean;
  /** Name of the wire of levels from whose reader's state the readers of this one go on; absent where frames stand alone. */
  readonly goesOnFrom?: string;
}

/** What proves to a venue who asks. It is never written into records, logs or metrics. */
export interface Credentials {
  readonly key: string;
  readonly secret: string;
  /** Empty where the venue has none. */
  readonly passphrase: string;
}

/** A signed POST. */
export interface TokenRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How a wire's frames are proven to come from an account. */
export interface Authentication {
  /** Asks for a token, which frames of one connection then carry; null where frames are signed themselves. */
  tokenRequest(credentials: Credentials, nowUs: number): TokenRequest | null;
  /** The token in the answer; empty where there is none. */
  tokenOf(body: Uint8Array): string;
  /** A frame as it goes out to the venue. Records keep it as it was before. */
  seal(frame: string, credentials: Credentials, token: string, nowUs: number): string;
}

export interface ExchangeWire {
  readonly exchange: string;
  /** Name of the wire, e.g. `kraken-v2`. */
  readonly wire: string;
  readonly rules: BookRules;
  /** Of a wire of single orders, whose messages have `orders` instead of `levels`. */
  readonly orders?: OrderChannel;
  /** Of a wire that needs an account. */
  readonly authentication?: Authentication;
  readonly limits: WireLimits;
  readonly endpoints: { readonly ws: string; readonly rest: string };

  /** Whether a socket opened to this URL speaks this wire. */
  speaksAt(url: string): boolean;
  /** Whether a frame looks like this wire's, for archives that begin in mid-connection. */
  recognises(frame: Uint8Array): boolean;
  /**
   * The venue's symbol that a frame is about; empty where it is about none or several, or where the frame alone does not
   * tell, or where every frame matters to all pairs of its connection (a counter over all of them). Never throws.
   */
  route(frame: Uint8Array): string;
  /** A reader for a connection that has just been opened. */
  reader(): WireReader;

  /** URL (path and query) to connect to, given what to carry. */
  connectPath(subscription: Subscription): string;
  /** Frames that subscribe to all of it. */
  subscribe(subscription: Subscription): readonly string[];
  /**
   * Frames that make the venue send a pair's snapshot again; empty where snapshots come by REST.
   * @param channel what the venue calls the pair's book on the connection; empty where it has said nothing of the kind
   */
  resubscribe(venueSymbol: string, subscription: Subscription, channel: string): readonly string[];

  /** The REST request for a pair's snapshot of so many levels per side; null where the socket sends it. */
  snapshotRequest(venueSymbol: string, bookDepth: number): RestRequest | null;
  /** Absent where the venue's numbers and checksums leave nothing to compare. */
  readonly comparison?: ComparisonRule;
  /** The REST request for all instruments. */
  instrumentsRequest(): RestRequest;
  /** The symbol that a REST URL is about; empty for none. */
  routeHttp(url: string): string;
  /** Hands the messages in a REST answer to `sink`. Never throws. */
  parseHttp(url: string, body: Uint8Array, sink: WireSink): void;

  /** Pair by the venue's symbol, as far as the symbol itself tells; null where only metadata can. */
  splitSymbol(venueSymbol: string): { readonly base: string; readonly quote: string } | null;
  /** The symbol to subscribe a pair by, where no metadata is at hand. */
  venueSymbol(instrument: Pick<Instrument, 'base' | 'quote'>): string;
}

/** What a venue's book is made of: totals per price, or single orders. */
export type BookChannel = 'levels' | 'orders';

/** Finds the wire of a connection. */
export interface WireRegistry {
  /** The wire spoken at a URL. */
  at(exchange: string, url: string): ExchangeWire | undefined;
  /** The wire that a frame looks like, for archives that begin in mid-connection. */
  ofFrame(exchange: string, frame: Uint8Array): ExchangeWire | undefined;
  /** The wire of single orders that a connection turns out to carry by this frame. */
  ofOrders(exchange: string, frame: Uint8Array): ExchangeWire | undefined;
  /** The wire for live use. @param channel by levels where it is not said */
  live(exchange: string, channel?: BookChannel): ExchangeWire | undefined;
  /** The wire that reads a REST answer. */
  ofAnswer(exchange: string, url: string): ExchangeWire | undefined;
  byName(wire: string): ExchangeWire | undefined;
}
