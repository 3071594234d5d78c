/** Why an order has its score: each part with what was measured, where its limits are, and the points that it gave. */

import type { ScoredOrder } from '../../src/monitor/api/order.ts';
import { h } from '../base/dom.ts';
import { formatAmount, formatBps, formatNumber, formatPrice, formatTime } from '../base/format.ts';
import { scorePips } from '../widgets/score-pips.ts';

/** The rule's limits, as docs/SCORING.md has them. */
const SIZE_Z = [2, 3, 4];
const LIMIT_BPS = 100;
const IMBALANCE_FACTOR = 10;
/** Why this order is shown. */
const KINDS = { chosen: 'Chosen order', pointed: 'Order under the pointer', newest: 'Newest whale' } as const;

interface Part {
  readonly name: string;
  readonly points: number | null;
  readonly pointsMax: number;
  readonly measured: string;
  readonly rule: string;
  /** Where the measured value is between nothing and the end of the bar, and where the limits are; 0 to 1. */
  readonly at: number | null;
  readonly limits: readonly number[];
}

export interface PanelContext {
  readonly base: string;
  readonly quote: string;
  readonly priceDigits: number | null;
}

export class ScorePanel {
  readonly element = h('section', { class: 'panel score-panel', 'aria-label': 'Order and its score' });
  private shownId: string | null = null;

  constructor() {
    this.show(null, { base: '', quote: '', priceDigits: null }, 'newest');
  }

  /** @param why `chosen`, `pointed` at, or shown since it is the `newest` whale and nothing else is wanted */
  show(order: ScoredOrder | null, context: PanelContext, why: 'chosen' | 'pointed' | 'newest'): void {
    const id = order === null ? '' : `${order.id} ${why} ${context.priceDigits}`;
    if (id === this.shownId) return;
    this.shownId = id;
    this.element.classList.toggle('pinned', why === 'chosen');
    this.element.dataset['why'] = order === null ? 'none' : why;
    const parts =
      order === null ? emptyContent() : [h('p', { class: 'score-kind' }, KINDS[why]), ...content(order, context)];
    this.element.replaceChildren(...parts);
    if (order !== null && why === 'newest') this.element.append(hint());
  }
}

function emptyContent(): Node[] {
  return [h('h2', {}, 'Order'), hint()];
}

function hint(): HTMLElement {
  return h(
    'p',
    { class: 'hint keys' },
    'Point at a bubble to see what its score is made of; click it to keep it here. With the chart in focus, ',
    h('kbd', {}, '←'),
    ' ',
    h('kbd', {}, '→'),
    ' step from order to order.',
  );
}

function content(order: ScoredOrder, context: PanelContext): Node[] {
  const { side, score } = order;
  const price = formatPrice(order.price, context.priceDigits);
  return [
    h(
      'header',
      { class: 'score-head' },
      h('span', { class: `score-number ${side}`, 'data-score': score ?? 'none' }, score === null ? '–' : String(score)),
      h(
        'div',
        {},
        h(
          'h2',
          {},
          h('span', { class: side }, side === 'bid' ? 'Bid' : 'Ask'),
          ` ${formatAmount(order.size)} ${context.base}`,
        ),
        h('p', { class: 'at' }, `at ${price} ${context.quote}`),
      ),
      scorePips(score, side),
    ),
    h(
      'dl',
      { class: 'facts' },
      fact('Value', `${formatAmount(order.notional)} ${context.quote}`),
      fact('Time', `${formatTime(order.timeMs, true)} UTC`),
      fact('Orders at level', formatNumber(order.orders)),
      fact('Size model', order.model),
    ),
    score === null
      ? h(
          'p',
          { class: 'hint' },
          'No score: the size model has not seen enough orders of this side, or a side was empty.',
        )
      : h('ul', { class: 'parts', 'aria-label': 'Parts of the score' }, ...partsOf(order, context).map(partItem)),
  ];
}

function partsOf(order: ScoredOrder, { base }: PanelContext): readonly Part[] {
  const { size, imbalance } = order;
  const ratio = imbalance === null || imbalance === 0 ? null : size / imbalance;
  return [
    {
      name: 'Size',
      points: order.scoreSize,
      pointsMax: 3,
      measured: `${formatNumber(order.z, 2)} σ above the usual`,
      rule: 'from 2, 3, 4 σ',
      at: order.z === null ? null : order.z / 6,
      limits: SIZE_Z.map((limit) => limit / 6),
    },
    {
      name: 'Spread',
      points: order.scoreSpread,
      pointsMax: 1,
      measured: `${formatBps(order.spreadBps)} bps of the mid`,
      rule: `above ${LIMIT_BPS} bps`,
      at: order.spreadBps === null ? null : order.spreadBps / (2 * LIMIT_BPS),
      limits: [0.5],
    },
    {
      name: 'Near the mid',
      points: order.scoreMid,
      pointsMax: 1,
      measured: `${formatBps(order.midDistanceBps)} bps away`,
      rule: `within ${LIMIT_BPS} bps`,
      at: order.midDistanceBps === null ? null : 1 - order.midDistanceBps / (2 * LIMIT_BPS),
      limits: [0.5],
    },
    {
      name: 'Imbalance',
      points: order.scoreImbalance,
      pointsMax: 1,
      measured: `${ratio === null ? '–' : formatAmount(ratio)} × ${formatAmount(imbalance)} ${base}`,
      rule: `above ${IMBALANCE_FACTOR} ×`,
      at: ratio === null ? null : ratio / (2 * IMBALANCE_FACTOR),
      limits: [0.5],
    },
  ];
}

function partItem({ name, points, pointsMax, measured, rule, at, limits }: Part): HTMLElement {
  const bar = h('span', { class: 'part-bar', 'aria-hidden': 'true' });
  const fill = h('i', {});
  fill.style.width = `${Math.min(1, Math.max(0, at ?? 0)) * 100}%`;
  bar.append(fill);
  for (const limit of limits) {
    const mark = h('b', {});
    mark.style.left = `${limit * 100}%`;
    bar.append(mark);
  }
  return h(
    'li',
    { class: (points ?? 0) > 0 ? 'given' : '' },
    h('span', { class: 'part-name' }, name),
    h('span', { class: 'part-points' }, `${points ?? 0} of ${pointsMax}`),
    bar,
    h('span', { class: 'part-measured' }, measured),
    h('span', { class: 'part-rule' }, rule),
  );
}

function fact(label: string, value: string): HTMLElement {
  return h('div', { class: 'fact' }, h('dt', {}, label), h('dd', {}, value));
}
