/** The largest orders of what the chart shows, as buttons: each chooses its order in the chart. */

import type { ScoredOrder } from '../../src/monitor/api/order.ts';
import { h, setText } from '../base/dom.ts';
import { formatAmount, formatPrice, formatTime } from '../base/format.ts';
import { scorePips, setPips } from '../widgets/score-pips.ts';
import type { OrderLog } from './order-log.ts';

export const LARGEST_SHOWN = 14;

interface Row {
  readonly item: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly pips: HTMLElement;
  readonly price: HTMLElement;
  readonly size: HTMLElement;
  readonly value: HTMLElement;
  readonly time: HTMLElement;
  order: ScoredOrder | null;
}

export class LargestList {
  readonly element: HTMLElement;
  private readonly list = h('ol', { class: 'largest' });
  private readonly none = h('p', { class: 'hint' }, 'No order in this span yet.');
  private readonly rows: readonly Row[];
  private digits: number | null = null;

  constructor(chosen: (order: ScoredOrder) => void) {
    this.rows = Array.from({ length: LARGEST_SHOWN }, () => makeRow(chosen));
    this.list.append(...this.rows.map(({ item }) => item));
    this.element = h(
      'section',
      { class: 'panel largest-panel', 'aria-label': 'Largest orders' },
      h('h2', {}, 'Largest orders', h('span', { class: 'aside' }, 'in sight, by value')),
      this.none,
      this.list,
    );
    this.show([], null, null);
  }

  show(orders: readonly ScoredOrder[], chosenId: string | null, digits: number | null): void {
    this.none.hidden = orders.length > 0;
    const isSame = digits === this.digits;
    this.digits = digits;
    for (const [index, row] of this.rows.entries()) {
      const order = orders[index] ?? null;
      row.item.hidden = order === null;
      row.button.setAttribute('aria-pressed', String(order !== null && order.id === chosenId));
      if (order === null || (isSame && order.id === row.order?.id)) continue;
      row.order = order;
      row.button.className = `largest-row ${order.side}`;
      setPips(row.pips, order.score, order.side);
      setText(row.price, formatPrice(order.price, digits));
      setText(row.size, formatAmount(order.size));
      setText(row.value, formatAmount(order.notional));
      setText(row.time, formatTime(order.timeMs));
    }
  }
}

function makeRow(chosen: (order: ScoredOrder) => void): Row {
  const [price, size, value, time] = ['price', 'size', 'value', 'time'].map((name) => h('span', { class: name }));
  const pips = scorePips(null, 'bid');
  const button = h('button', { type: 'button', class: 'largest-row' });
  for (const part of [time, pips, price, size, value]) if (part !== undefined) button.append(part);
  const blank = h('span', {});
  const row: Row = {
    item: h('li', { hidden: true }, button),
    button,
    pips,
    price: price ?? blank,
    size: size ?? blank,
    value: value ?? blank,
    time: time ?? blank,
    order: null,
  };
  button.addEventListener('click', () => {
    if (row.order !== null) chosen(row.order);
  });
  return row;
}

/** The largest of what is shown by value, largest first. */
export function largestOf(
  each: (look: (log: OrderLog, number: number) => void) => void,
  count = LARGEST_SHOWN,
): readonly ScoredOrder[] {
  const best: { readonly log: OrderLog; readonly number: number; readonly value: number }[] = [];
  let least = -Infinity;
  each((log, number) => {
    const slot = log.slot(number);
    const value = (log.price[slot] ?? 0) * (log.size[slot] ?? 0);
    if (best.length === count && value <= least) return;
    const place = best.findIndex((one) => one.value < value);
    best.splice(place === -1 ? best.length : place, 0, { log, number, value });
    if (best.length > count) best.pop();
    least = best.at(-1)?.value ?? -Infinity;
  });
  return best.map(({ log, number }) => log.at(number));
}
