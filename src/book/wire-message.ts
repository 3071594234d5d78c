/**
 * What a venue's wire says, in one shape for all venues: the output of every parser and the input of every book.
 * One message object per parser is refilled for each message; it is valid during the callback only.
 */

import { parseDecimal, parsed } from '../lib/decimal.ts';
import { LevelBuffer } from './level-buffer.ts';
import type { OrderBuffer } from './order-buffer.ts';

export type WireKind =
  /** The whole book: clear first. */
  | 'snapshot'
  /** Changed levels with absolute sizes. */
  | 'delta'
  | 'trades'
  /** Best prices from a feed of their own: only audits the book. */
  | 'quote'
  /** The venue's checksum of a pair's book as it stands after all that came before. */
  | 'checksum'
  /** The connection's own numbers have a hole: an update of any pair that it carries may be lost. `detail` says which. */
  | 'gap'
  /** The venue began or ended to serve a pair's channel. */
  | 'subscribed'
  | 'unsubscribed'
  /** The venue refused something; `detail` has its words. */
  | 'refused'
  | 'heartbeat'
  /** The venue's own state; `detail` is `online` or what it says instead. */
  | 'status'
  /** The venue will close this connection soon: open the next one now. */
  | 'closing'
  /** A list of instruments, in `instruments`. */
  | 'instruments'
  /** A good frame of a kind that is not used (klines, tickers). */
  | 'ignored'
  /** Not a frame of this wire, or with nonsense in it; `detail` says what. */
  | 'malformed';

/** One row of a venue's list of instruments. */
export interface InstrumentRow {
  readonly venueSymbol: string;
  readonly base: string;
  readonly quote: string;
  /** Smallest price and size steps as decimal texts, where given. */
  readonly tickSize: string | null;
  readonly lotSize: string | null;
  readonly tradable: boolean;
}

/** Trades of one message: flat columns. Exact values beyond 2^53 are in the maps. */
export class TradeBuffer {
  count = 0;
  readonly id: string[] = [];
  readonly price: number[] = [];
  readonly priceDecimals: number[] = [];
  readonly size: number[] = [];
  readonly sizeDecimals: number[] = [];
  readonly takerBuys: boolean[] = [];
  /** µs since the epoch; NaN where the venue gives none. */
  readonly exchangeUs: number[] = [];
  readonly widePrices = new Map<number, bigint>();
  readonly wideSizes = new Map<number, bigint>();

  clear(): void {
    this.count = 0;
    if (this.widePrices.size > 0) this.widePrices.clear();
    if (this.wideSizes.size > 0) this.wideSizes.clear();
  }

  /** Appends a trade whose exact numbers are at hand: above zero and below 2^53. */
  add(
    id: string,
    price: number,
    priceDecimals: number,
    size: number,
    sizeDecimals: number,
    takerBuys: boolean,
    exchangeUs: number,
  ): void {
    const row = this.count++;
    this.id[row] = id;
    this.price[row] = price;
    this.priceDecimals[row] = priceDecimals;
    this.size[row] = size;
    this.sizeDecimals[row] = sizeDecimals;
    this.takerBuys[row] = takerBuys;
    this.exchangeUs[row] = exchangeUs;
  }

  /** @returns false where a number is nonsense; nothing is appended then */
  push(id: string, priceText: string, sizeText: string, takerBuys: boolean, exchangeUs: number): boolean {
    const row = this.count;
    if (!parseDecimal(priceText) || !isPositive()) return false;
    this.price[row] = parsed.mantissa;
    this.priceDecimals[row] = parsed.decimals;
    const widePrice = parsed.wide;
    if (!parseDecimal(sizeText) || !isPositive()) return false;
    this.size[row] = parsed.mantissa;
    this.sizeDecimals[row] = parsed.decimals;
    if (widePrice !== null) this.widePrices.set(row, widePrice);
    if (parsed.wide !== null) this.wideSizes.set(row, parsed.wide);
    this.id[row] = id;
    this.takerBuys[row] = takerBuys;
    this.exchangeUs[row] = exchangeUs;
    this.count = row + 1;
    return true;
  }
}

function isPositive(): boolean {
  return parsed.wide === null ? parsed.mantissa > 0 : parsed.wide > 0n;
}

const NO_INSTRUMENTS: readonly InstrumentRow[] = [];

export class WireMessage {
  kind: WireKind = 'ignored';
  /** The venue's name of the pair; empty where the message concerns no single pair. */
  venueSymbol = '';
  /** µs since the epoch; NaN where the message has none. */
  exchangeUs = NaN;
  /** First and last update number in the message (Binance `U`, `u`; a snapshot has `last` only); NaN without. */
  first = NaN;
  last = NaN;
  /** The venue's checksum of the book after the message; NaN without. */
  checksum = NaN;
  /** Levels per side that were subscribed or asked for; `Infinity` where the venue sends all. */
  depth = Number.POSITIVE_INFINITY;
  detail = '';
  /** `subscribed`: the venue's name of the pair's book channel on this connection, where it has one. */
  channel = '';
  /** True where the frame was not of the shape that its wire's scanner knows, so that it was read the general way. */
  general = false;
  readonly levels = new LevelBuffer();
  readonly trades = new TradeBuffer();
  /** `snapshot` and `delta` of venues whose channel is of single orders, whose wires fill it instead of `levels`. */
  orders: OrderBuffer | null = null;
  /** `quote`: best prices and sizes, as one level per side in `levels`. */
  instruments: readonly InstrumentRow[] = NO_INSTRUMENTS;

  /** Empties the message for the next kind. */
  start(kind: WireKind, venueSymbol = ''): this {
    this.kind = kind;
    this.venueSymbol = venueSymbol;
    this.exchangeUs = NaN;
    this.first = NaN;
    this.last = NaN;
    this.checksum = NaN;
    this.depth = Number.POSITIVE_INFINITY;
    this.detail = '';
    this.channel = '';
    this.general = false;
    this.levels.clear();
    this.trades.clear();
    this.orders = null;
    this.instruments = NO_INSTRUMENTS;
    return this;
  }
}

/** Receives each message of a frame, in order. */
export type WireSink = (message: WireMessage) => void;

/** How a venue's books may be proven right: what the keeper and the feed do differs by these alone. */
export interface BookRules {
  /** Where the first state comes from: `stream` (same socket) or `rest` (asked for, bridged by update numbers). */
  readonly snapshot: 'stream' | 'rest';
  /**
   * `range`: every delta says which update numbers it folds, without a hole. `rising`: its numbers only rise, so that they
   * tell old from new and nothing of a hole. `connection`: frames are numbered over the whole connection, and its reader
   * tells of a hole. `none`: nothing is numbered.
   */
  readonly sequence: 'range' | 'rising' | 'connection' | 'none';
  /** Computes the venue's checksum over the book; null where the venue sends none. */
  readonly checksum: 'kraken-crc32' | 'bitfinex-crc32' | null;
  /** Whether the venue keeps the book to a window of the best levels, or sends every level of it. */
  readonly depth: 'window' | 'full';
  /** Keep the digits of the wire, for the checksum. */
  readonly keepDigits: boolean;
}
