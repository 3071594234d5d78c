/** What JavaScript may call. */

export { allocate, initialize, release } from './memory';
export {
  append,
  clear,
  create,
  destroy,
  dropWorst,
  fill,
  first,
  isWorn,
  last,
  list,
  listRows,
  measureSpan,
  remember,
  rememberEmpty,
  rescale,
  sum,
} from './ladder';
export { apply, scale, tellScales, tellTop } from './apply';
export { applyRows } from './updates';
export { checksumDestroy } from './checksum';
export { bitfinexCreate, bitfinexValue } from './bitfinex';
export { sample } from './sample';
export { krakenCreate, krakenValue } from './kraken';
export { addSymbol } from './symbols';
export { readFrame } from './shape';
