/** The numbers of a book's sample: depth near the mid, and the best levels, in the order of `src/model/book-sample.ts`. */

import { blockAt } from './directory';
import { first, sumDown, TO_NEXT_KEY } from './ladder';
import { LEAVES } from './ladder-fields';
import { ORDER, POWERS } from './layout';
import { sortLeaf, TO_SIZE } from './leaf';

@inline
const BPS: f64 = 10000;

/**
 * @param levels listed per side, at most
 * @param bands distances from the mid in basis points, so many doubles, nearest first
 * @param out has room for all numbers: 2 per band, 2, and 2 per level
 * @returns how many they are
 */
export function sample(
  bids: u32,
  asks: u32,
  levels: u32,
  priceScale: i32,
  sizeScale: i32,
  bands: u32,
  bandCount: u32,
  out: u32,
): u32 {
  const priceUnit = load<f64>(POWERS + (priceScale << 3));
  const sizeUnit = load<f64>(POWERS + (sizeScale << 3));
  const counts = out + bandCount * TO_NEXT_KEY;
  const bid = first(bids);
  const ask = first(asks);
  if (bid == 0 || ask == 0) {
    for (let at = out; at < counts; at += 8) store<f64>(at, NaN);
  } else {
    // Whole numbers up to the division: so a border that is a tick is exactly that.
    const total = load<f64>(bid) - load<f64>(ask);
    for (let band: u32 = 0; band < bandCount; band++) {
      const bps = load<f64>(bands + (band << 3));
      const at = out + band * TO_NEXT_KEY;
      store<f64>(at, Math.ceil((total * (BPS - bps)) / (2 * BPS)));
      store<f64>(at, -Math.floor((total * (BPS + bps)) / (2 * BPS)), 8);
    }
    sumDown(bids, out, bandCount);
    sumDown(asks, out + 8, bandCount);
    for (let at = out; at < counts; at += 8) store<f64>(at, load<f64>(at) / sizeUnit);
  }
  const bidsAt = counts + 16;
  const asksAt = listBest(bids, levels, priceUnit, sizeUnit, bidsAt);
  const end = listBest(asks, levels, priceUnit, sizeUnit, asksAt);
  store<f64>(counts, <f64>((asksAt - bidsAt) >> 4));
  store<f64>(counts, <f64>((end - asksAt) >> 4), 8);
  return (end - out) >> 3;
}

/** Price and size of one level after the other, best first. @returns the address behind the last */
function listBest(ladder: u32, levels: u32, priceUnit: f64, sizeUnit: f64, out: u32): u32 {
  const leaves = load<u32>(ladder, LEAVES);
  const end = out + (levels << 4);
  let at = out;
  for (let leaf: u32 = 0; leaf < leaves && at < end; leaf++) {
    const count = sortLeaf(blockAt(ladder, leaf), ORDER);
    for (let index: u32 = 0; index < count && at < end; index++, at += 16) {
      const slot = load<u32>(ORDER + (index << 2));
      store<f64>(at, Math.abs(load<f64>(slot)) / priceUnit);
      store<f64>(at, load<f64>(slot, TO_SIZE) / sizeUnit, 8);
    }
  }
  return at;
}
