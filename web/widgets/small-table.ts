/** A table of a few rows whose cells change in place. */

import { h, setClass, setText } from '../base/dom.ts';

export interface SmallColumn<Row> {
  readonly label: string;
  readonly numeric: boolean;
  readonly text: (row: Row) => string;
  readonly className?: (row: Row) => string;
  /** A share of 1 that is drawn as a bar behind the text; null draws none. */
  readonly share?: (row: Row) => number | null;
}

interface Cell {
  readonly words: HTMLElement;
  readonly fill: HTMLElement | null;
}

export class SmallTable<Row> {
  readonly element: HTMLElement;
  private readonly columns: readonly SmallColumn<Row>[];
  private readonly body = h('tbody');
  private readonly rows: { readonly element: HTMLElement; readonly cells: readonly Cell[] }[] = [];

  constructor(caption: string, columns: readonly SmallColumn<Row>[]) {
    this.columns = columns;
    const heads = columns.map(({ label, numeric }) =>
      h('th', { scope: 'col', class: numeric ? 'numeric' : '' }, label),
    );
    this.element = h(
      'div',
      { class: 'small-table', tabindex: 0, role: 'region', 'aria-label': caption },
      h(
        'table',
        {},
        h('caption', { class: 'visually-hidden' }, caption),
        h('thead', {}, h('tr', {}, ...heads)),
        this.body,
      ),
    );
  }

  show(rows: readonly Row[]): void {
    while (this.rows.length < rows.length) this.add();
    for (const [index, { element, cells }] of this.rows.entries()) {
      const row = rows[index];
      element.hidden = row === undefined;
      if (row === undefined) continue;
      for (const [place, column] of this.columns.entries()) {
        const cell = cells[place];
        if (cell === undefined) continue;
        setText(cell.words, column.text(row));
        if (column.className !== undefined) setClass(cell.words, column.className(row));
        if (cell.fill === null) continue;
        const share = column.share?.(row) ?? null;
        cell.fill.style.width = `${Math.min(1, Math.max(0, share ?? 0)) * 100}%`;
        setClass(cell.fill, share !== null && share > 0.8 ? 'full' : '');
      }
    }
  }

  private add(): void {
    const cells = this.columns.map((column): Cell => ({
      words: h('span', {}),
      fill: column.share === undefined ? null : h('i', {}),
    }));
    const parts = cells.map(({ words, fill }, index) => {
      const meter = fill === null ? null : h('span', { class: 'meter', 'aria-hidden': 'true' }, fill);
      return h(
        index === 0 ? 'th' : 'td',
        { class: this.columns[index]?.numeric === true ? 'numeric' : '', ...(index === 0 ? { scope: 'row' } : {}) },
        words,
        meter,
      );
    });
    const element = h('tr', {}, ...parts);
    this.body.append(element);
    this.rows.push({ element, cells });
  }
}
