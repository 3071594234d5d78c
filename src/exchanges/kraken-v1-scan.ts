/**
 * The shapes in which Kraken v1 writes its frequent frames, byte by byte. What the fields mean stands in `kraken-v1.ts`.
 * Channel and pair stand last, so that a message is filled before it is known whose it is.
 */

import type { WireMessage } from '../book/wire-message.ts';
import { ASK, BID } from '../model/event.ts';
import { depthOfChannel } from './kraken-common.ts';
import { FrameScanner, LIST_CLOSE, LIST_COMMA } from './scan/frame-scanner.ts';
import { literal } from './scan/literal.ts';

const LIST_OPEN = 0x5b;

const ASKS = literal(',{"a":[');
const BIDS = literal(',{"b":[');
const SNAPSHOT = literal(',{"as":[');
const TRADES = literal(',[["');

const MORE_BIDS = literal(',"b":[');
const SNAPSHOT_BIDS = literal(',"bs":[');
const OBJECT_END = 0x7d;

const CHECKSUM = literal(',"c":"');
const CHECKSUM_END = literal('"},"');
const SNAPSHOT_END = literal('},"');
const PAIR = literal(',"');

const ROW = literal('["');
const BETWEEN = literal('","');
const ROW_END = literal('"]');
const REPUBLISHED = literal('","r"]');

const BUYER = literal('","b","');
const SELLER = literal('","s","');
const LIMIT_ORDER = literal('l",""]');
const MARKET_ORDER = literal('m",""]');
const NEXT_TRADE = literal(',["');
const TRADES_END = literal('],"trade","');

const scanner = new FrameScanner();

/**
 * Fills the message from a frame of the `book` or the `trade` channel.
 * @returns false where the frame is anything else; the message is then undefined
 */
export function scanFrame(frame: Uint8Array, message: WireMessage): boolean {
  scanner.begin(frame);
  if (!scanner.skipByte(LIST_OPEN) || !(scanner.integer() >= 0)) return false;
  if (scanner.skip(BIDS)) return scanLevels(BID, message.start('delta')) && scanUpdateEnd(message);
  if (scanner.skip(ASKS)) return scanAsks(message.start('delta')) && scanUpdateEnd(message);
  if (scanner.skip(TRADES)) return scanTrades(message.start('trades'));
  return scanner.skip(SNAPSHOT) && scanSnapshot(message.start('snapshot'));
}

/** Asks, and bids where they follow: in the same object or in one of their own. */
function scanAsks(message: WireMessage): boolean {
  if (!scanLevels(ASK, message)) return false;
  if (scanner.skip(MORE_BIDS)) return scanLevels(BID, message);
  if (!scanner.skipByte(OBJECT_END)) return true;
  return scanner.skip(BIDS) && scanLevels(BID, message);
}

function scanUpdateEnd(message: WireMessage): boolean {
  if (!scanner.skip(CHECKSUM)) return false;
  message.checksum = scanner.integer();
  return message.checksum >= 0 && scanner.skip(CHECKSUM_END) && scanBookChannel(message);
}

function scanSnapshot(message: WireMessage): boolean {
  if (!scanLevels(ASK, message) || !scanner.skip(SNAPSHOT_BIDS) || !scanLevels(BID, message)) return false;
  return scanner.skip(SNAPSHOT_END) && scanBookChannel(message);
}

/** The last two elements of a book's frame. */
function scanBookChannel(message: WireMessage): boolean {
  const channel = scanner.text();
  if (channel === null || !scanner.skip(PAIR)) return false;
  message.depth = depthOfChannel(channel);
  return !Number.isNaN(message.depth) && scanPair(message);
}

function scanPair(message: WireMessage): boolean {
  const pair = scanner.text();
  if (pair === null || !scanner.skipByte(LIST_CLOSE)) return false;
  message.venueSymbol = pair;
  return scanner.isAtEnd;
}

/** Rows up to the end of their list. */
function scanLevels(side: number, message: WireMessage): boolean {
  if (scanner.skipByte(LIST_CLOSE)) return true;
  const { levels } = message;
  do {
    if (!scanner.skip(ROW) || !scanner.level(side, BETWEEN, levels) || !scanner.skip(BETWEEN)) return false;
    const at = scanner.epochSeconds();
    if (!(at >= 0)) return false;
    if (scanner.skip(ROW_END)) {
      if (!(message.exchangeUs >= at)) message.exchangeUs = at;
    } else if (!scanner.skip(REPUBLISHED)) {
      return false;
    }
  } while (scanner.skipByte(LIST_COMMA));
  return scanner.skipByte(LIST_CLOSE);
}

function scanTrades(message: WireMessage): boolean {
  do if (!scanTrade(message)) return false;
  while (scanner.skip(NEXT_TRADE));
  return scanner.skip(TRADES_END) && scanPair(message);
}

function scanTrade(message: WireMessage): boolean {
  if (!scanner.decimal()) return false;
  const { mantissa: price, decimals: priceDecimals } = scanner;
  if (price === 0 || !scanner.skip(BETWEEN) || !scanner.decimal()) return false;
  const { mantissa: size, decimals: sizeDecimals } = scanner;
  if (size === 0 || !scanner.skip(BETWEEN)) return false;
  const at = scanner.epochSeconds();
  if (!(at >= 0)) return false;
  const takerBuys = scanner.skip(BUYER);
  if (!takerBuys && !scanner.skip(SELLER)) return false;
  if (!scanner.skip(LIMIT_ORDER) && !scanner.skip(MARKET_ORDER)) return false;
  message.exchangeUs = at;
  message.trades.add('', price, priceDecimals, size, sizeDecimals, takerBuys, at);
  return true;
}
