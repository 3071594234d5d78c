/**
 * What the checksums of books have in common: the codes of both sides' best levels, for which scales they are, and the value that
 * they came to last.
 *
 *     0 codes of the bids   4 codes of the asks   8 price scale   12 size scale   16 value
 */

import { prepareTables } from './digit-crc';
import { allocate, release } from './memory';
import { codesCreate, codesDestroy, follow, forget } from './side-codes';

const BYTES: u32 = 24;
const PRICE_SCALE: u32 = 8;
const SIZE_SCALE: u32 = 12;
const VALUE: u32 = 16;

/** The sides, a bit for each. */
export const BIDS: u32 = 1;
export const ASKS: u32 = 2;

/** @param depth levels of a side that count */
export function checksumCreate(depth: u32): u32 {
  prepareTables();
  const checksum = allocate(BYTES);
  store<u32>(checksum, codesCreate(depth));
  store<u32>(checksum, codesCreate(depth), 4);
  store<i32>(checksum, -1, PRICE_SCALE);
  store<i32>(checksum, -1, SIZE_SCALE);
  return checksum;
}

export function checksumDestroy(checksum: u32): void {
  codesDestroy(codesOf(checksum, BIDS));
  codesDestroy(codesOf(checksum, ASKS));
  release(checksum, BYTES);
}

@inline
export function codesOf(checksum: u32, side: u32): u32 {
  return load<u32>(checksum + (side == ASKS ? 4 : 0));
}

/** Takes the ladders' best levels over. @returns the sides on which those that count differ: both where the scales do */
export function newSides(checksum: u32, bids: u32, asks: u32, priceScale: i32, sizeScale: i32): u32 {
  const bidCodes = codesOf(checksum, BIDS);
  const askCodes = codesOf(checksum, ASKS);
  if (load<i32>(checksum, PRICE_SCALE) != priceScale || load<i32>(checksum, SIZE_SCALE) != sizeScale) {
    store<i32>(checksum, priceScale, PRICE_SCALE);
    store<i32>(checksum, sizeScale, SIZE_SCALE);
    forget(bidCodes);
    forget(askCodes);
  }
  return (follow(bidCodes, bids) ? BIDS : 0) | (follow(askCodes, asks) ? ASKS : 0);
}

/** What it came to last: of a book of which nothing that counts has changed since, it comes to that again. */
@inline
export function valueBefore(checksum: u32): f64 {
  return load<f64>(checksum, VALUE);
}

@inline
export function keepValue(checksum: u32, value: f64): void {
  store<f64>(checksum, value, VALUE);
}
