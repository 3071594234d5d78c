/**
 * A table of thousands of rows of which only those in sight are elements: they are used again while one scrolls, and a cell is
 * written only where its text differs. It is a grid for the keyboard: arrows move the active row, Enter opens it.
 */

import { h, icon, setAttribute, uniqueId } from '../base/dom.ts';
import { UP } from './icons.ts';

export interface Column<Row> {
  /** Names it in the address. */
  readonly key: string;
  readonly label: string;
  /** What it means, for who rests on the label. */
  readonly title: string;
  /** Track of a CSS grid. */
  readonly width: string;
  readonly numeric: boolean;
  /** Its track on a phone; null where it is not there. */
  readonly phone: string | null;
  /** What it is sorted by; null goes last, whatever the direction. */
  readonly value: (row: Row) => number | string | null;
  /** True where the first click sorts from high to low. */
  readonly descending: boolean;
  /** Makes the content of a cell, and returns what brings it up to date. */
  readonly cell: (cell: HTMLElement) => (row: Row) => void;
}

export interface VirtualTableOptions<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  readonly rowHeight: number;
  readonly sorted: (sort: string) => void;
  readonly opened: (row: Row) => void;
  readonly empty: string;
}

interface Slot<Row> {
  readonly element: HTMLElement;
  readonly update: readonly ((row: Row) => void)[];
  row: Row | null;
  index: number;
}

const OVERSCAN = 6;
/** Of a row, left and right together. */
const PADDING = 12;
/** While the pointer is over the rows they keep their order for so long, so that nobody clicks on what has just moved. */
const HOLD_MS = 4000;
const SORT_EVERY_MS = 1000;
const PHONE = '(max-width: 720px)';

export class VirtualTable<Row> {
  readonly element: HTMLElement;
  private readonly options: VirtualTableOptions<Row>;
  private readonly grid: HTMLElement;
  private readonly head = h('div', { role: 'row', class: 'vt-row vt-head', 'aria-rowindex': 1 });
  private readonly body: HTMLElement;
  private readonly rowsPlace = h('div', { role: 'rowgroup', class: 'vt-rows' });
  private readonly none: HTMLElement;
  private readonly id = uniqueId('table');
  private readonly phone = matchMedia(PHONE);
  private columns: readonly Column<Row>[] = [];
  private slots: Slot<Row>[] = [];
  private rows: readonly Row[] = [];
  private sorted: Row[] = [];
  private sort = '';
  private dirty = true;
  private unsorted = true;
  private sortedMs = -Infinity;
  private movedMs = -Infinity;
  private active = '';
  private chosen = '';

  constructor(options: VirtualTableOptions<Row>) {
    this.options = options;
    this.none = h('p', { class: 'vt-none' }, options.empty);
    this.body = h('div', { class: 'vt-body', role: 'presentation' }, this.rowsPlace);
    this.grid = h(
      'div',
      { class: 'vt', role: 'grid', 'aria-label': options.label, tabindex: 0, id: this.id },
      h('div', { role: 'rowgroup', class: 'vt-headgroup' }, this.head),
      this.body,
    );
    this.element = h('div', { class: 'vt-place' }, this.grid, this.none);
    this.element.style.setProperty('--row', `${options.rowHeight}px`);
    this.grid.addEventListener('scroll', () => this.touch(), { passive: true });
    this.grid.addEventListener('keydown', (event) => this.key(event));
    this.body.addEventListener('pointermove', () => {
      this.movedMs = performance.now();
    });
    this.body.addEventListener('pointerleave', () => {
      this.movedMs = -Infinity;
    });
    this.rowsPlace.addEventListener('click', ({ target }) => {
      const element = target instanceof Element ? target.closest('.vt-row') : null;
      const slot = this.slots.find((one) => one.element === element);
      if (slot?.row != null) this.open(slot.row);
    });
    new ResizeObserver(() => this.touch()).observe(this.grid);
    this.phone.addEventListener('change', () => this.layOut());
    this.layOut();
  }

  focus(): void {
    this.grid.focus();
  }

  /** @param rows all of them, in any order; they are kept, not copied */
  show(rows: readonly Row[], sort: string): void {
    if (sort !== this.sort) {
      this.sort = sort;
      this.sortedMs = -Infinity;
      this.movedMs = -Infinity;
      this.showSort();
    }
    // Other rows are sorted in at once, those that are there may wait.
    if (rows.length !== this.rows.length) this.sortedMs = -Infinity;
    this.rows = rows;
    this.unsorted = true;
    this.dirty = true;
  }

  /** Marks the row that is shown elsewhere in full. */
  choose(key: string): void {
    this.chosen = key;
    this.dirty = true;
  }

  /** Draws everything anew, e.g. in other colours. */
  redraw(): void {
    this.layOut();
  }

  frame(frameMs: number): void {
    if (!this.dirty) return;
    this.dirty = false;
    this.sortRows(frameMs);
    this.render();
  }

  private touch(): void {
    this.dirty = true;
  }

  private sortRows(frameMs: number): void {
    if (!this.unsorted) return;
    const held = frameMs - this.movedMs < HOLD_MS && this.sorted.length === this.rows.length;
    if (held || frameMs - this.sortedMs < SORT_EVERY_MS) {
      // Values change, places do not; the sort is made up for.
      const { keyOf } = this.options;
      const now = new Map(this.rows.map((row) => [keyOf(row), row]));
      this.sorted = this.sorted.flatMap((row) => now.get(keyOf(row)) ?? []);
      setTimeout(() => this.touch(), SORT_EVERY_MS);
      return;
    }
    this.unsorted = false;
    this.sortedMs = frameMs;
    const column = this.columns.find(({ key }) => key === this.sort.replace(/^-/, '')) ?? this.columns[0];
    if (column === undefined) return;
    const sign = this.sort.startsWith('-') ? -1 : 1;
    const { keyOf } = this.options;
    this.sorted = this.rows
      .map((row) => ({ row, value: column.value(row), key: keyOf(row) }))
      .sort((one, other) => compare(one.value, other.value, sign) || (one.key < other.key ? -1 : 1))
      .map(({ row }) => row);
  }

  private render(): void {
    const { rowHeight, keyOf } = this.options;
    const count = this.sorted.length;
    this.none.hidden = count > 0;
    this.rowsPlace.style.height = `${count * rowHeight}px`;
    this.grid.setAttribute('aria-rowcount', String(count + 1));
    const height = this.grid.clientHeight;
    const top = this.grid.scrollTop;
    const needed = Math.min(count, Math.ceil(height / rowHeight) + 2 * OVERSCAN);
    while (this.slots.length < needed) this.slots.push(this.makeSlot());
    const first = Math.max(0, Math.min(count - needed, Math.floor(top / rowHeight) - OVERSCAN));
    for (const [place, slot] of this.slots.entries()) {
      // A slot keeps its row while one scrolls: the rows that come are written into those that go.
      const index = place < needed ? first + ((((place - first) % needed) + needed) % needed) : -1;
      const row = this.sorted[index];
      slot.element.hidden = row === undefined;
      if (row === undefined) {
        slot.row = null;
        slot.index = -1;
        continue;
      }
      if (slot.index !== index) {
        slot.index = index;
        slot.element.style.transform = `translateY(${index * rowHeight}px)`;
        slot.element.setAttribute('aria-rowindex', String(index + 2));
        slot.element.classList.toggle('odd', index % 2 === 1);
      }
      if (slot.row !== row) {
        slot.row = row;
        for (const update of slot.update) update(row);
      }
      const key = keyOf(row);
      setAttribute(slot.element, 'aria-selected', key === this.chosen ? 'true' : 'false');
      slot.element.classList.toggle('active', key === this.active);
    }
    const active = this.slots.find(({ row }) => row !== null && keyOf(row) === this.active);
    setAttribute(this.grid, 'aria-activedescendant', active?.element.id ?? null);
  }

  private makeSlot(): Slot<Row> {
    const element = h('div', { role: 'row', class: 'vt-row', id: uniqueId(this.id) });
    const update = this.columns.map(({ numeric, cell, key }) => {
      const place = h('div', { role: 'gridcell', class: `vt-cell ${numeric ? 'numeric' : ''} c-${key}` });
      element.append(place);
      return cell(place);
    });
    this.rowsPlace.append(element);
    return { element, update, row: null, index: -1 };
  }

  private layOut(): void {
    const narrow = this.phone.matches;
    this.columns = this.options.columns.filter(({ phone }) => phone !== null || !narrow);
    const tracks = this.columns.map(({ width, phone }) => (narrow ? (phone ?? width) : width));
    this.element.style.setProperty('--columns', tracks.join(' '));
    // Head and rows are as wide as the tracks need, whatever is in them.
    this.element.style.setProperty('--width-min', `${tracks.reduce((sum, track) => sum + leastOf(track), PADDING)}px`);
    this.grid.setAttribute('aria-colcount', String(this.columns.length));
    this.slots = [];
    this.rowsPlace.replaceChildren();
    this.head.replaceChildren(...this.columns.map((column) => this.headCell(column)));
    this.showSort();
    this.dirty = true;
  }

  private headCell({ key, label, title, numeric, descending }: Column<Row>): HTMLElement {
    const button = h('button', { type: 'button', title, tabindex: 0 }, h('span', {}, label), icon(UP));
    button.addEventListener('click', () => {
      const [up, down] = [key, `-${key}`];
      const next = this.sort === up ? down : this.sort === down ? up : descending ? down : up;
      this.options.sorted(next);
    });
    return h('div', { role: 'columnheader', class: `vt-cell ${numeric ? 'numeric' : ''}`, 'data-key': key }, button);
  }

  private showSort(): void {
    for (const cell of this.head.children) {
      const key = cell.getAttribute('data-key') ?? '';
      const direction = this.sort === key ? 'ascending' : this.sort === `-${key}` ? 'descending' : null;
      setAttribute(cell, 'aria-sort', direction);
    }
  }

  private open(row: Row): void {
    this.active = this.options.keyOf(row);
    this.dirty = true;
    this.options.opened(row);
  }

  private key(event: KeyboardEvent): void {
    if (event.target !== this.grid) return;
    const { keyOf, rowHeight } = this.options;
    const at = this.sorted.findIndex((row) => keyOf(row) === this.active);
    const page = Math.max(1, Math.floor(this.grid.clientHeight / rowHeight) - 2);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[event.key];
    if (event.key === 'Enter' && at !== -1) {
      event.preventDefault();
      const row = this.sorted[at];
      if (row !== undefined) this.open(row);
      return;
    }
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(this.sorted.length - 1, at === -1 ? 0 : at + step));
    const row = this.sorted[next];
    if (row === undefined) return;
    this.active = keyOf(row);
    const headHeight = this.head.offsetHeight;
    const top = next * rowHeight;
    const room = this.grid.clientHeight - headHeight - rowHeight;
    if (top < this.grid.scrollTop) this.grid.scrollTop = top;
    else if (top > this.grid.scrollTop + room) this.grid.scrollTop = top - room;
    this.dirty = true;
  }
}

/** Pixels that a track needs at least. */
function leastOf(track: string): number {
  return Number(/(\d+)px/.exec(track)?.[1] ?? 0);
}

/** What is not known goes last in either direction. */
function compare(one: number | string | null, other: number | string | null, sign: number): number {
  if (one === null || other === null) return (one === null ? 1 : 0) - (other === null ? 1 : 0);
  if (typeof one === 'number' && typeof other === 'number') return (one - other) * sign;
  return String(one) < String(other) ? -sign : String(one) > String(other) ? sign : 0;
}
