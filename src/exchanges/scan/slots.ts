/** The slots into which all wires read a frame's fields, so that one of a name is the same everywhere. */

import { ASK, BID } from '../../model/event.ts';
import { set } from './shape.ts';

/** A symbol takes three slots. */
export const SYMBOL = 0;
export const OTHER_SYMBOL = 3;
/** µs since the epoch. */
export const AT = 6;
export const FIRST = 7;
export const LAST = 8;
/** The frame's number on its connection. */
export const SEQUENCE = 9;
export const CHECKSUM = 10;
export const DEPTH = 11;
export const CHANNEL = 12;
/** A row's own time. */
export const ROW_AT = 13;
/** What must be a number and is not used. */
export const UNUSED = 14;

/** From here on a trade: see `trade`. */
export const TRADE_ID = 15;
/** Digits, and their decimals in the next slot. */
export const PRICE = 16;
export const SIZE = 18;
/** 1 or 0. */
export const TAKER_BUYS = 20;
/** µs since the epoch. */
export const TRADE_AT = 21;

/** A level has its price and size at the same places: see `level`. */
export const SIDE = 20;
/** -1 where the venue tells none. */
export const ORDERS = 21;

export const isBid = set(SIDE, BID);
export const isAsk = set(SIDE, ASK);
export const noOrders = set(ORDERS, -1);
export const takerBuys = set(TAKER_BUYS, 1);
export const takerSells = set(TAKER_BUYS, 0);
