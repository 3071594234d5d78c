import type { BookKeeper } from '../../actors/book-keeper.ts';
import { exact } from '../emit-lines.ts';
import type { BookReport } from './ingest.protocol.ts';

/** What a book says of itself, with the venue's exact decimals. */
export function reportOf(actor: BookKeeper): BookReport {
  const { book } = actor;
  const { top, priceScale, sizeScale } = book;
  return {
    state: actor.trust,
    reason: actor.reason,
    detail: actor.detail,
    lastReceiveUs: Number.isNaN(actor.lastReceiveUs) ? null : actor.lastReceiveUs,
    counters: { ...actor.counters },
    links: actor.links,
    levels: { bid: book.bidLevels, ask: book.askLevels },
    bestBid: exact(top.bid, top.wide?.bid, priceScale),
    bestBidSize: exact(top.bidSize, top.wide?.bidSize, sizeScale),
    bestAsk: exact(top.ask, top.wide?.ask, priceScale),
    bestAskSize: exact(top.askSize, top.wide?.askSize, sizeScale),
  };
}
