/** Events as lines of JSON for people and small tools (`replay --emit`). Numbers are the venue's exact decimals. */

import { formatDecimal, POWERS_OF_TEN } from '../lib/decimal.ts';
import type { BookView, EventHeader, EventView, OrderView, ScoreView } from '../model/event.ts';
import { ASK, BID, CHANGE_KINDS, isOrderView } from '../model/event.ts';

export const EMIT_KINDS = ['bbo', 'trades', 'orders', 'scores', 'status'] as const;
export type EmitKind = (typeof EMIT_KINDS)[number];

/** Hands over the lines that an event makes under this kind: none where it is of another. */
export function emitLines(kind: EmitKind, view: EventView, onLine: (line: string) => void): void {
  switch (kind) {
    case 'bbo':
      if (view.kind === 'book.delta' || view.kind === 'book.snapshot') onLine(JSON.stringify(bboOf(view)));
      return;
    case 'orders':
      if (view.kind === 'book.delta') ordersOf(view, onLine);
      else if (isOrderView(view)) onLine(JSON.stringify(singleOrderOf(view)));
      return;
    case 'trades':
      if (view.kind !== 'trade') return;
      onLine(
        JSON.stringify({
          type: 'trade',
          ...headOf(view.header),
          trade_id: view.tradeId,
          price: formatDecimal(view.header.wide ? view.widePrice : view.price, view.header.priceScale),
          size: formatDecimal(view.header.wide ? view.wideSize : view.size, view.header.sizeScale),
          taker_side: view.takerSide,
          buyer_is_maker: view.takerSide === 'sell',
        }),
      );
      return;
    case 'scores':
      if (view.kind === 'order.score') onLine(JSON.stringify(scoreOf(view)));
      return;
    case 'status':
      if (view.kind !== 'book.status') return;
      onLine(
        JSON.stringify({
          type: 'status',
          ...headOf(view.header),
          reason: view.header.reason,
          detail: view.detail,
          gaps: view.gaps,
          resyncs: view.resyncs,
          checksum_ok: view.checksumOk,
          checksum_failed: view.checksumFailed,
        }),
      );
  }
}

function headOf(header: EventHeader): Record<string, unknown> {
  return {
    exchange: header.exchange,
    symbol: header.symbol,
    epoch: header.epoch,
    seq: header.seq,
    exchange_us: header.exchangeUs,
    receive_us: header.receiveUs,
    state: header.state,
  };
}

function bboOf(view: BookView): Record<string, unknown> {
  const { header, top } = view;
  const { priceScale, sizeScale } = header;
  return {
    type: 'bbo',
    exchange: header.exchange,
    symbol: header.symbol,
    seq: numberOrNull(view.venueSeq),
    exchange_us: header.exchangeUs,
    receive_us: header.receiveUs,
    bid: exact(top.bid, top.wide?.bid, priceScale),
    bid_size: exact(top.bidSize, top.wide?.bidSize, sizeScale),
    ask: exact(top.ask, top.wide?.ask, priceScale),
    ask_size: exact(top.askSize, top.wide?.askSize, sizeScale),
    state: header.state,
  };
}

function ordersOf(view: BookView, onLine: (line: string) => void): void {
  const { header, changes } = view;
  const { price, size, change } = changes.wide ?? changes;
  for (let row = 0; row < changes.count; row++) {
    onLine(
      JSON.stringify({
        type: 'order',
        ...headOf(header),
        seq: header.seq + row,
        side: changes.side[row] === BID ? 'bid' : 'ask',
        kind: CHANGE_KINDS[changes.kind[row] ?? 0],
        price: formatDecimal(price[row] ?? 0, header.priceScale),
        size: formatDecimal(size[row] ?? 0, header.sizeScale),
        change: formatDecimal(change[row] ?? 0, header.sizeScale),
      }),
    );
  }
}

/** One order of a venue whose channel is of single orders: `type` is the event's kind. */
function singleOrderOf(view: OrderView): Record<string, unknown> {
  const { header } = view;
  return {
    type: view.kind,
    ...headOf(header),
    order_id: view.orderId,
    side: view.side === BID ? 'bid' : 'ask',
    price: formatDecimal(header.wide ? view.widePrice : view.price, header.priceScale),
    size: formatDecimal(header.wide ? view.wideSize : view.size, header.sizeScale),
    change: formatDecimal(header.wide ? view.wideChange : view.change, header.sizeScale),
    keeps_place: view.keepsPlace,
    told: view.told,
  };
}

function scoreOf(view: ScoreView): Record<string, unknown> {
  return {
    type: 'score',
    ...headOf(view.header),
    side: view.side === ASK ? 'ask' : 'bid',
    price: view.price,
    size: view.size,
    notional: view.price * view.size,
    whale_score: numberOrNull(view.score),
    z: numberOrNull(view.z),
    score_size: numberOrNull(view.scoreSize),
    score_spread: numberOrNull(view.scoreSpread),
    score_mid: numberOrNull(view.scoreMid),
    score_imbalance: numberOrNull(view.scoreImbalance),
    spread_bps: numberOrNull(view.spreadBps),
    mid_distance_bps: numberOrNull(view.midDistanceBps),
    imbalance: numberOrNull(view.imbalance),
    model: view.model,
  };
}

function numberOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** The exact decimal; null for the best price of an empty side. */
export function exact(narrow: number, wide: bigint | null | undefined, scale: number): string | null {
  if (wide !== undefined) return wide === null ? null : formatDecimal(wide, scale);
  return Number.isNaN(narrow) || POWERS_OF_TEN[scale] === undefined ? null : formatDecimal(narrow, scale);
}
