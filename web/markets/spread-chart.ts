/** The spread of one pair and its 15-second average over the last minutes. */

import uPlot from 'uplot';
import { h } from '../base/dom.ts';
import { formatPrice, formatTime } from '../base/format.ts';
import { readPalette } from '../base/palette.ts';

const POINTS_MAX = 900;
const HEIGHT = 150;
const MINUTE_S = 60;

export class SpreadChart {
  readonly element = h('div', { class: 'spread-chart' });
  private plot: uPlot | null = null;
  private readonly seconds: number[] = [];
  private readonly spreads: (number | null)[] = [];
  private readonly averages: (number | null)[] = [];
  private digits = 2;
  private width = 0;

  constructor() {
    new ResizeObserver(() => this.resize()).observe(this.element);
  }

  /** Forgets what it shows. @param digits of prices of the pair */
  clear(digits: number): void {
    this.digits = digits;
    for (const list of [this.seconds, this.spreads, this.averages]) list.length = 0;
    this.plot?.destroy();
    this.plot = null;
  }

  /** Appends a moment; one that is not later than the newest is left out. */
  push(timeMs: number, spread: number | null, average: number | null): void {
    const second = Math.floor(timeMs / 1000);
    if (second <= (this.seconds.at(-1) ?? -Infinity)) return;
    this.seconds.push(second);
    this.spreads.push(spread);
    this.averages.push(average);
    if (this.seconds.length <= POINTS_MAX) return;
    for (const list of [this.seconds, this.spreads, this.averages]) list.shift();
  }

  draw(): void {
    if (this.width === 0 || this.seconds.length < 2) return;
    const data: uPlot.AlignedData = [this.seconds, this.spreads, this.averages];
    if (this.plot === null) this.plot = new uPlot(this.options(), data, this.element);
    else this.plot.setData(data);
  }

  recolour(): void {
    this.plot?.destroy();
    this.plot = null;
    this.draw();
  }

  private resize(): void {
    this.width = this.element.clientWidth;
    if (this.width > 0 && this.plot !== null) this.plot.setSize({ width: this.width, height: HEIGHT });
    else this.draw();
  }

  private options(): uPlot.Options {
    const { muted, grid, accent, mid } = readPalette();
    const axis = {
      stroke: muted,
      grid: { stroke: grid, width: 1 },
      ticks: { show: false },
      font: '11px system-ui, sans-serif',
    };
    return {
      width: this.width,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      // Half a label of the time has room on the right.
      padding: [8, 26, 0, 0],
      scales: { y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.15 : 1] } },
      axes: [
        {
          ...axis,
          size: 24,
          space: 70,
          // Two labels must not read the same.
          values: (_plot, splits, _axis, _space, step) =>
            splits.map((second) => formatTime(second * 1000).slice(0, step < MINUTE_S ? 8 : 5)),
        },
        {
          ...axis,
          size: 62,
          space: 34,
          values: (_plot, splits) => splits.map((value) => formatPrice(value, this.digits + 1)),
        },
      ],
      series: [
        {},
        { stroke: mid, width: 1, points: { show: false } },
        { stroke: accent, width: 1.75, points: { show: false } },
      ],
    };
  }
}
