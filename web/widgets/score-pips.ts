/** A whale score as six marks and a number. */

import { h, setText } from '../base/dom.ts';
import { SCORE_MAX } from '../../src/monitor/api/keys.ts';

export function scorePips(score: number | null, side: 'bid' | 'ask'): HTMLElement {
  const pips = Array.from({ length: SCORE_MAX }, (_, index) => h('i', { class: index < (score ?? 0) ? 'on' : '' }));
  const label = score === null ? 'no score' : `score ${score} of ${SCORE_MAX}`;
  return h('span', { class: `pips ${side}`, role: 'img', 'aria-label': label }, ...pips);
}

/** Pips of a row that is used again: changed in place. */
export function setPips(element: HTMLElement, score: number | null, side: 'bid' | 'ask'): void {
  element.className = `pips ${side}`;
  for (const [index, pip] of [...element.children].entries()) pip.className = index < (score ?? 0) ? 'on' : '';
  element.setAttribute('aria-label', score === null ? 'no score' : `score ${score} of ${SCORE_MAX}`);
}

/** A text beside a label, both found by the label. */
export class Fact {
  readonly element: HTMLElement;
  private readonly value: HTMLElement;

  constructor(label: string, className = '') {
    this.value = h('dd', {}, '–');
    this.element = h('div', { class: `fact ${className}` }, h('dt', {}, label), this.value);
  }

  set(text: string, className = ''): void {
    setText(this.value, text);
    if (this.value.className !== className) this.value.className = className;
  }
}
