/** The columns of the table of books. */

import type { MarketRow } from '../../src/monitor/api/market.ts';
import { h, setClass, setText } from '../base/dom.ts';
import { formatDuration, formatNumber } from '../base/format.ts';
import type { Column } from '../widgets/virtual-table.ts';

/** What needs a look first. */
const ORDER: Readonly<Record<MarketRow['state'], number>> = { suspect: 0, stale: 1, syncing: 2, live: 3 };

/** @param nowMs the server's time */
export function bookColumns(nowMs: () => number): readonly Column<MarketRow>[] {
  return [
    {
      ...{ key: 'book', label: 'Book', title: 'Exchange and pair', width: 'minmax(170px, 1.6fr)' },
      ...{ numeric: false, phone: 'minmax(130px, 1.4fr)', descending: false },
      value: ({ symbol, exchange }) => `${exchange} ${symbol}`,
      cell: (cell) => {
        const exchange = h('span', { class: 'market-exchange' });
        const symbol = h('span', { class: 'market-symbol' });
        cell.append(h('span', { class: 'market-name' }, symbol, exchange));
        return (row) => {
          setText(symbol, row.symbol);
          setText(exchange, row.exchange);
        };
      },
    },
    {
      ...{ key: 'state', label: 'State', title: 'How far the book is to be believed', width: 'minmax(92px, .8fr)' },
      ...{ numeric: false, phone: '80px', descending: false },
      value: ({ state }) => ORDER[state],
      cell: (cell) => {
        const chip = h('span', {});
        cell.append(chip);
        return ({ state }) => {
          setText(chip, state);
          setClass(chip, `chip ${state}`);
        };
      },
    },
    text('reason', 'Reason', 'Why it is in that state', 'minmax(96px, 1fr)', {
      value: ({ reason }) => reason,
      show: ({ reason }) => (reason === 'none' ? '–' : reason),
      numeric: false,
      width: 'minmax(128px, 1fr)',
    }),
    text('since', 'For', 'How long it has been in that state', null, {
      value: ({ stateSinceMs }) => -stateSinceMs,
      show: ({ stateSinceMs }) => formatDuration(Math.max(0, nowMs() - stateSinceMs)),
    }),
    text('gaps', 'Gaps', 'Holes in the sequence of the venue', null, count('gaps')),
    text('resyncs', 'Resyncs', 'Books opened anew', null, count('resyncs')),
    text('ok', 'Checksums', 'Checksums of the venue that fitted', null, count('checksumOk')),
    text('failed', 'Failed', 'Checksums of the venue that did not fit', null, {
      ...count('checksumFailed'),
      className: ({ checksumFailed }) => (checksumFailed > 0 ? 'bad' : 'none'),
    }),
    text('heard', 'Last frame', 'How long ago the last frame of the pair was received', null, {
      value: ({ lastReceiveMs }) => (lastReceiveMs === null ? null : -lastReceiveMs),
      show: ({ lastReceiveMs }) =>
        lastReceiveMs === null ? '–' : formatDuration(Math.max(0, nowMs() - lastReceiveMs)),
    }),
  ];
}

interface TextColumn {
  readonly value: (row: MarketRow) => number | string | null;
  readonly show: (row: MarketRow) => string;
  readonly className?: (row: MarketRow) => string;
  readonly numeric?: boolean;
  readonly width?: string;
}

function count(name: 'gaps' | 'resyncs' | 'checksumOk' | 'checksumFailed'): TextColumn {
  return {
    value: (row) => row[name],
    show: (row) => formatNumber(row[name]),
    className: (row) => (row[name] === 0 ? 'none' : ''),
  };
}

function text(key: string, label: string, title: string, phone: string | null, column: TextColumn): Column<MarketRow> {
  const { value, show, className, numeric = true, width = 'minmax(76px, .8fr)' } = column;
  return {
    ...{ key, label, title, width, numeric, phone, value, descending: numeric },
    cell: (cell) => {
      const words = h('span', {});
      cell.append(words);
      return (row) => {
        setText(words, show(row));
        if (className !== undefined) setClass(words, className(row));
      };
    },
  };
}
