/**
 * The shapes in which Coinbase Advanced Trade writes its frequent frames. What the fields mean stands in
 * `coinbase-advanced.ts`.
 */

import type { TradeBuffer, WireMessage } from '../book/wire-message.ts';
import * as s from './scan/slots.ts';
import type { Piece } from './scan/shape.ts';
import {
  decimal,
  end,
  FrameShape,
  integer,
  level,
  levelsRead,
  oneOf,
  rfc3339,
  rows,
  same,
  skipText,
  slot,
  symbol,
  symbolText,
  takeTrades,
  trade,
  within,
} from './scan/shape.ts';

/**
 * Trades are written with the side of the maker. Some clients take it for the taker's; on a recording of 2026, held against
 * the book by exchange time, 77 of 78 trades were made on the side of the book that they name, and prices rose on SELL.
 */
const SIDE_IS_MAKERS: boolean = true;

/** The taker's side of a trade that is written as BUY, or as SELL. */
export const takerBuys = (writtenBuy: boolean): boolean => writtenBuy !== SIDE_IS_MAKERS;

const isTakers = (writtenBuy: boolean): Piece => (takerBuys(writtenBuy) ? s.takerBuys : s.takerSells);

/** What `scanFrame` returns where the frame is of another shape. */
export const NO_FRAME = -1;

const UPDATE = 0;
const SNAPSHOT = 1;
const TRADES = 2;

const WAS_SET = [1, Number.POSITIVE_INFINITY] as const;

/** A level from behind the quotation mark of its time on. */
const levelRest = [',"price_level":"', decimal(s.PRICE), '","new_quantity":"', decimal(s.SIZE), '"}', level];
const side = oneOf(['{"side":"bid","event_time":"', s.isBid], ['{"side":"offer","event_time":"', s.isAsk]);

/** The first level has the time of all. */
const book = (outcome: number): readonly Piece[] => [
  symbol(s.SYMBOL),
  s.noOrders,
  ',"updates":[',
  side,
  rfc3339(s.AT),
  within(s.AT, ...WAS_SET),
  '"',
  ...levelRest,
  oneOf([',', rows([side, skipText, ...levelRest])], [']']),
  '}]}',
  end(outcome),
];

/** From behind the product to the end. */
const tradeRest = [
  ',"trade_id":"',
  integer(s.TRADE_ID),
  '","price":"',
  decimal(s.PRICE),
  '","size":"',
  decimal(s.SIZE),
  '","time":"',
  rfc3339(s.TRADE_AT),
  within(s.TRADE_AT, ...WAS_SET),
  '","side":"',
  oneOf(['BUY"}', isTakers(true)], ['SELL"}', isTakers(false)]),
  trade,
];

const trades = [
  '{"product_id":"',
  symbol(s.SYMBOL),
  ...tradeRest,
  // Trades of several products are several messages.
  oneOf([',', rows(['{"product_id":"', symbol(s.OTHER_SYMBOL), same(s.SYMBOL, s.OTHER_SYMBOL), ...tradeRest])], [']']),
  '}]}',
  end(TRADES),
];

/** The time is that of the sending; that of the market follows. */
const head = [skipText, ',"sequence_num":', integer(s.SEQUENCE), ',"events":[{"type":"'];

const frameShape = new FrameShape([
  '{"channel":"',
  oneOf(
    [
      'l2_data","timestamp":"',
      ...head,
      oneOf(['update","product_id":"', ...book(UPDATE)], ['snapshot","product_id":"', ...book(SNAPSHOT)]),
    ],
    ['market_trades","timestamp":"', ...head, 'update","trades":[', ...trades],
  ),
]);

/**
 * Fills the message from a frame of `l2_data` with one event, or from an update of `market_trades` about one product.
 * @returns the frame's `sequence_num`; `NO_FRAME` where the frame is anything else, and the message then undefined
 */
export function scanFrame(frame: Uint8Array, message: WireMessage): number {
  const outcome = frameShape.read(frame, message.levels);
  switch (outcome) {
    case UPDATE:
    case SNAPSHOT:
      message.start(outcome === UPDATE ? 'delta' : 'snapshot', symbolText(s.SYMBOL));
      message.exchangeUs = slot(s.AT);
      message.levels.count = levelsRead();
      return slot(s.SEQUENCE);
    case TRADES:
      message.start('trades', symbolText(s.SYMBOL));
      takeTrades(message.trades);
      reverse(message.trades);
      message.exchangeUs = message.trades.exchangeUs[message.trades.count - 1] as number;
      return slot(s.SEQUENCE);
    default:
      return NO_FRAME;
  }
}

/** The newest comes first; the buffer keeps them as they happened. None of them is wide. */
function reverse({
  count,
  id,
  price,
  priceDecimals,
  size,
  sizeDecimals,
  takerBuys: buys,
  exchangeUs,
}: TradeBuffer): void {
  for (let row = 0, other = count - 1; row < other; row++, other--) {
    swap(id, row, other);
    swap(price, row, other);
    swap(priceDecimals, row, other);
    swap(size, row, other);
    swap(sizeDecimals, row, other);
    swap(buys, row, other);
    swap(exchangeUs, row, other);
  }
}

function swap<T>(column: T[], row: number, other: number): void {
  const kept = column[row] as T;
  column[row] = column[other] as T;
  column[other] = kept;
}
