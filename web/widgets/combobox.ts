/**
 * A text field that offers what fits what was typed, after the combobox pattern with a list box
 * (https://www.w3.org/WAI/ARIA/apg/patterns/combobox/): the focus stays in the field, arrows move through the list, Enter
 * takes, Escape closes and takes back what was typed.
 */

import { h, icon, setAttribute, uniqueId } from '../base/dom.ts';
import { CHEVRON, SEARCH } from './icons.ts';

export interface ComboOption {
  readonly value: string;
  readonly label: string;
  /** What it is found by besides its label. */
  readonly words: string;
  readonly note: string;
  /** A class of its dot; none where empty. */
  readonly state: string;
}

export interface ComboboxOptions {
  readonly label: string;
  readonly placeholder: string;
  readonly options: () => readonly ComboOption[];
  readonly chosen: (value: string) => void;
  /** The list is about to be shown. */
  readonly opened: () => void;
}

const SHOWN_MAX = 60;

export class Combobox {
  readonly element: HTMLElement;
  private readonly settings: ComboboxOptions;
  private readonly input: HTMLInputElement;
  private readonly list: HTMLElement;
  private readonly listId = uniqueId('list');
  private value = '';
  private shown: readonly ComboOption[] = [];
  private active = -1;
  private open = false;

  constructor(settings: ComboboxOptions) {
    this.settings = settings;
    this.input = h('input', {
      type: 'text',
      role: 'combobox',
      autocomplete: 'off',
      spellcheck: 'false',
      placeholder: settings.placeholder,
      'aria-label': settings.label,
      'aria-autocomplete': 'list',
      'aria-expanded': 'false',
      'aria-controls': this.listId,
    });
    this.list = h('ul', {
      id: this.listId,
      role: 'listbox',
      class: 'combo-list',
      'aria-label': settings.label,
      hidden: true,
    });
    this.element = h('div', { class: 'combo' }, icon(SEARCH), this.input, icon(CHEVRON), this.list);
    this.input.addEventListener('focus', () => this.input.select());
    this.input.addEventListener('click', () => this.show(''));
    this.input.addEventListener('input', () => this.show(this.input.value));
    this.input.addEventListener('blur', () => this.close());
    this.input.addEventListener('keydown', (event) => this.key(event));
    // The field keeps the focus when an option is pressed.
    this.list.addEventListener('pointerdown', (event) => event.preventDefault());
    this.list.addEventListener('click', ({ target }) => {
      const item = target instanceof Element ? target.closest('li') : null;
      const option = this.shown[Number(item?.dataset['index'] ?? -1)];
      if (option !== undefined) this.take(option);
    });
  }

  /** Shows a value as the chosen one. */
  set(value: string): void {
    this.value = value;
    if (!this.open) this.input.value = this.labelOf(value);
  }

  /** The options have changed. */
  refresh(): void {
    if (this.open) this.show(this.input.value === this.labelOf(this.value) ? '' : this.input.value);
    else this.input.value = this.labelOf(this.value);
  }

  focus(): void {
    this.input.focus();
  }

  private labelOf(value: string): string {
    const option = this.settings.options().find((one) => one.value === value);
    return option === undefined ? value : `${option.label}  ${option.note}`;
  }

  private show(typed: string): void {
    if (!this.open) this.settings.opened();
    this.open = true;
    const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
    this.shown = this.settings
      .options()
      .filter(({ words: found }) => words.every((word) => found.includes(word)))
      .slice(0, SHOWN_MAX);
    this.active =
      words.length > 0 && this.shown.length > 0 ? 0 : this.shown.findIndex(({ value }) => value === this.value);
    this.list.replaceChildren(
      ...this.shown.map((option, index) => this.item(option, index)),
      ...(this.shown.length === 0 ? [h('li', { class: 'combo-none', role: 'presentation' }, 'No pair fits.')] : []),
    );
    this.list.hidden = false;
    this.input.setAttribute('aria-expanded', 'true');
    this.mark();
  }

  private item({ value, label, note, state }: ComboOption, index: number): HTMLElement {
    return h(
      'li',
      {
        id: `${this.listId}-${index}`,
        role: 'option',
        'data-index': index,
        'aria-selected': String(value === this.value),
      },
      h('span', { class: `dot ${state}`, 'aria-hidden': 'true' }),
      h('span', { class: 'combo-label' }, label),
      h('span', { class: 'combo-note' }, note),
    );
  }

  private mark(): void {
    for (const [index, item] of [...this.list.children].entries()) {
      item.classList.toggle('active', index === this.active);
      if (index === this.active) item.scrollIntoView({ block: 'nearest' });
    }
    setAttribute(this.input, 'aria-activedescendant', this.active === -1 ? null : `${this.listId}-${this.active}`);
  }

  private key(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      if (!this.open) this.show('');
      else if (this.shown.length > 0) {
        this.active = (this.active + step + this.shown.length) % this.shown.length;
        this.mark();
      }
    } else if (event.key === 'Enter' && this.open) {
      event.preventDefault();
      const option = this.shown[this.active];
      if (option !== undefined) this.take(option);
    } else if (event.key === 'Escape' && this.open) {
      event.preventDefault();
      this.close();
    }
  }

  private take({ value }: ComboOption): void {
    this.value = value;
    this.close();
    this.settings.chosen(value);
  }

  private close(): void {
    this.open = false;
    this.list.hidden = true;
    this.input.setAttribute('aria-expanded', 'false');
    this.input.removeAttribute('aria-activedescendant');
    this.input.value = this.labelOf(this.value);
  }
}
