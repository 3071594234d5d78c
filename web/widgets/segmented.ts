/** A choice of one of a few, as radio buttons that look like one bar: the browser's own keys and roles. */

import { h, uniqueId } from '../base/dom.ts';

export interface SegmentedOptions<Value extends string | number> {
  readonly label: string;
  readonly options: readonly { readonly value: Value; readonly label: string; readonly title?: string }[];
  readonly chosen: (value: Value) => void;
}

export class Segmented<Value extends string | number> {
  readonly element: HTMLElement;
  private readonly inputs: ReadonlyMap<Value, HTMLInputElement>;

  constructor({ label, options, chosen }: SegmentedOptions<Value>) {
    const name = uniqueId('choice');
    const inputs = new Map<Value, HTMLInputElement>();
    const parts = options.map(({ value, label: text, title }) => {
      const input = h('input', { type: 'radio', name, value, class: 'visually-hidden' });
      input.addEventListener('change', () => chosen(value));
      inputs.set(value, input);
      return h('label', { title }, input, h('span', {}, text));
    });
    this.inputs = inputs;
    this.element = h('fieldset', { class: 'segmented' }, h('legend', { class: 'visually-hidden' }, label), ...parts);
  }

  set(value: Value): void {
    const input = this.inputs.get(value);
    if (input !== undefined) input.checked = true;
  }
}
