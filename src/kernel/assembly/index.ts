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
  measureSpan,
  remember,
  rememberEmpty,
  rescale,
  sum,
} from './ladder';
export { apply, tellTop } from './apply';
export { applyRows } from './updates';
export { readPairs } from './pairs';
export { krakenCreate, krakenDestroy, krakenValue } from './kraken';
