/** The columns of the table of markets. */

import type { MarketRow } from '../../src/monitor/api/market.ts';
import { h, setClass, setText } from '../base/dom.ts';
import { formatBps, formatNumber, formatPrice, formatSignedPercent } from '../base/format.ts';
import { spreadDeviation } from '../live/market-row.ts';
import { Sparkline } from '../widgets/sparkline.ts';
import type { Column } from '../widgets/virtual-table.ts';

export interface SparkColours {
  readonly up: string;
  readonly down: string;
  readonly flat: string;
}

/** Ratios beyond these are drawn as these: the bar is of log2, a quarter to fourfold. */
const RATIO_LOG2_MAX = 2;
const DEVIATION_MAX = 1;

/** @param colours of sparklines, as they are when a line is drawn */
export function marketColumns(colours: () => SparkColours): readonly Column<MarketRow>[] {
  return [
    {
      ...{ key: 'pair', label: 'Market', title: 'Exchange and pair', width: 'minmax(174px, 1.7fr)' },
      ...{ numeric: false, phone: 'minmax(140px, 1.6fr)', descending: false },
      value: ({ symbol, exchange }) => `${symbol} ${exchange}`,
      cell: (cell) => {
        const dot = h('span', { class: 'dot', 'aria-hidden': 'true' });
        const symbol = h('span', { class: 'market-symbol' });
        const exchange = h('span', { class: 'market-exchange' });
        cell.append(dot, h('span', { class: 'market-name' }, symbol, exchange));
        return (row) => {
          setClass(dot, `dot ${row.state}`);
          setText(symbol, row.symbol);
          setText(exchange, row.state === 'live' ? row.exchange : `${row.exchange} · ${row.state}`);
        };
      },
    },
    text('last', 'Last', 'Price of the last trade, in the colour of its taker', 'minmax(84px, 1fr)', {
      value: (row) => row.lastPrice,
      show: (row) => formatPrice(row.lastPrice, row.priceDigits),
      className: (row) => (row.lastTaker === 'sell' ? 'ask' : row.lastTaker === 'buy' ? 'bid' : ''),
    }),
    {
      ...{
        key: 'trend',
        label: 'Trend',
        title: 'Mid over the last five minutes; sorted by its change',
        width: '104px',
      },
      ...{ numeric: false, phone: null, descending: true },
      value: ({ spark }) => (spark.length < 2 ? null : (spark.at(-1) ?? 0) / (spark[0] ?? 1) - 1),
      cell: (cell) => {
        const line = new Sparkline();
        cell.append(line.element);
        return ({ spark }) => line.draw(spark, colours());
      },
    },
    text('spread', 'Spread', 'Best ask less best bid', null, {
      value: (row) => row.spread,
      show: (row) => formatPrice(row.spread, row.priceDigits),
    }),
    text('bps', 'bps', 'Spread in basis points of the mid', '56px', {
      value: (row) => row.spreadBps,
      show: (row) => formatBps(row.spreadBps),
      width: 'minmax(56px, .5fr)',
    }),
    text('avg', '15 s avg', 'Mean of the spread over the last 15 seconds', null, {
      value: (row) => row.spreadAvg15s,
      show: (row) => formatPrice(row.spreadAvg15s, row.priceDigits + 1),
      width: 'minmax(84px, 1fr)',
    }),
    {
      ...{
        key: 'away',
        label: 'vs avg',
        title: 'How far the spread is from its average',
        width: 'minmax(112px, .9fr)',
      },
      ...{ numeric: true, phone: null, descending: true },
      value: spreadDeviation,
      cell: (cell) => {
        const words = h('span', {});
        const bar = new CentredBar();
        cell.append(bar.element, words);
        return (row) => {
          const away = spreadDeviation(row);
          setText(words, formatSignedPercent(away));
          bar.set(away === null ? 0 : away / DEVIATION_MAX);
        };
      },
    },
    {
      ...{
        key: 'liquidity',
        label: 'Liquidity',
        title: 'Bid value over ask value of the last minute',
        width: 'minmax(112px, .9fr)',
      },
      ...{ numeric: true, phone: null, descending: true },
      value: (row) => row.liquidityRatio,
      cell: (cell) => {
        const words = h('span', {});
        const bar = new CentredBar('sides');
        cell.append(bar.element, words);
        return ({ liquidityRatio }) => {
          setText(words, formatNumber(liquidityRatio, 2));
          bar.set(liquidityRatio === null || liquidityRatio <= 0 ? 0 : Math.log2(liquidityRatio) / RATIO_LOG2_MAX);
        };
      },
    },
    text('whales', 'Whales', 'Orders of the last hour with a whale score of 4 or more', '72px', {
      value: (row) => row.whales,
      show: (row) => String(row.whales),
      className: (row) => (row.whales > 0 ? 'whale-count' : 'none'),
      width: 'minmax(70px, .6fr)',
      descending: true,
    }),
    text('buy', 'Buy at', 'Suggested limit price of a buyer', null, {
      value: (row) => row.suggestedBid,
      show: (row) => formatPrice(row.suggestedBid, row.priceDigits),
      className: () => 'bid',
    }),
    text('sell', 'Sell at', 'Suggested limit price of a seller', null, {
      value: (row) => row.suggestedAsk,
      show: (row) => formatPrice(row.suggestedAsk, row.priceDigits),
      className: () => 'ask',
    }),
  ];
}

interface TextColumn {
  readonly value: (row: MarketRow) => number | null;
  readonly show: (row: MarketRow) => string;
  readonly className?: (row: MarketRow) => string;
  readonly width?: string;
  readonly descending?: boolean;
}

function text(key: string, label: string, title: string, phone: string | null, column: TextColumn): Column<MarketRow> {
  const { value, show, className, width = 'minmax(84px, 1fr)', descending = false } = column;
  return {
    ...{ key, label, title, width, numeric: true, phone, value, descending },
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

/** A bar from the middle to the right for more, to the left for less. */
class CentredBar {
  readonly element: HTMLElement;
  private readonly fill = h('i', {});

  constructor(kind = 'plain') {
    this.element = h('span', { class: `bar ${kind}`, 'aria-hidden': 'true' }, this.fill);
  }

  /** @param share -1 to 1; beyond is drawn as the end */
  set(share: number): void {
    const part = Math.min(1, Math.abs(share)) * 50;
    setClass(this.fill, share < 0 ? 'less' : 'more');
    const width = `${part.toFixed(0)}%`;
    if (this.fill.style.width !== width) this.fill.style.width = width;
  }
}
