/** What lies above the bubbles: axes, the lines of the best prices, the depth of this moment, and what is pointed at. */

import { formatPrice, formatTime } from '../base/format.ts';
import type { Palette } from '../base/palette.ts';
import { niceStep, timeStep } from './chart-fit.ts';
import type { ChartScale } from './chart-scale.ts';
import { msAt, priceAt, radiusOf, xOf, yOf } from './chart-scale.ts';
import type { DepthLog } from './depth-log.ts';
import type { QuoteLog } from './quote-log.ts';

/** Room for the labels of prices and times, CSS pixels. */
export const AXIS_WIDTH = 76;
export const AXIS_HEIGHT = 26;
const LABEL_GAP_Y = 44;
const LABEL_GAP_X = 96;
const TICK = 11;
/** Least distance of the labels of bid and ask. */
const TAG_GAP = 19;
/** Where a moment has lasted longer, nobody knows the price in between. */
const HOLE_MS = 4000;
const PROFILE_WIDTH = 64;
const FONT = '11px ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif';

/** A bubble that is pointed at or chosen. */
export interface Mark {
  readonly timeMs: number;
  readonly price: number;
  readonly size: number;
  readonly side: 'bid' | 'ask';
}

export interface OverlayInput {
  readonly quotes: readonly QuoteLog[];
  readonly depth: DepthLog;
  /** The newest best prices, where the chart follows them. */
  readonly bid: number | null;
  readonly ask: number | null;
  readonly priceDigits: number | null;
  readonly hovered: Mark | null;
  readonly chosen: Mark | null;
  /** Of the pointer, in the plot. */
  readonly pointer: { readonly x: number; readonly y: number } | null;
  readonly following: boolean;
}

export class ChartOverlay {
  private readonly context: CanvasRenderingContext2D;
  private palette: Palette;

  constructor(context: CanvasRenderingContext2D, palette: Palette) {
    this.context = context;
    this.palette = palette;
  }

  recolour(palette: Palette): void {
    this.palette = palette;
  }

  draw(scale: ChartScale, input: OverlayInput, ratio: number): void {
    const { context } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, scale.width + AXIS_WIDTH, scale.height + AXIS_HEIGHT);
    context.font = FONT;
    context.textBaseline = 'middle';
    this.drawPrices(scale, input.priceDigits);
    this.drawTimes(scale);
    context.save();
    context.beginPath();
    context.rect(0, 0, scale.width, scale.height);
    context.clip();
    if (input.following) this.drawProfile(scale, input.depth);
    for (const quotes of input.quotes) this.drawQuotes(scale, quotes);
    for (const mark of [input.hovered, input.chosen])
      if (mark !== null) this.drawMark(scale, mark, mark === input.chosen);
    if (input.pointer !== null) this.drawCross(scale, input.pointer);
    context.restore();
    if (input.following) {
      const [ask, bid] = [input.ask, input.bid].map((price) => (price === null ? NaN : tagY(scale, price)));
      // Where the prices are closer than their labels are high, these move apart.
      const apart = Math.max(0, TAG_GAP - ((bid ?? NaN) - (ask ?? NaN))) / 2 || 0;
      this.drawTag(scale, { price: input.ask, y: (ask ?? NaN) - apart, digits: input.priceDigits }, this.palette.ask);
      this.drawTag(scale, { price: input.bid, y: (bid ?? NaN) + apart, digits: input.priceDigits }, this.palette.bid);
    }
    if (input.pointer !== null) this.drawPointed(scale, input.pointer, input.priceDigits);
  }

  private drawPrices(scale: ChartScale, digits: number | null): void {
    const { context, palette } = this;
    const step = niceStep(((scale.high - scale.low) / scale.height) * LABEL_GAP_Y);
    const shown = Math.max(0, Math.min(digits ?? 8, Math.ceil(-Math.log10(step) - 1e-9)));
    context.textAlign = 'left';
    context.lineWidth = 1;
    context.strokeStyle = palette.grid;
    context.fillStyle = palette.muted;
    context.beginPath();
    for (let at = Math.ceil(scale.low / step); at * step <= scale.high; at++) {
      const y = Math.round(yOf(scale, at * step)) + 0.5;
      if (y > scale.height - 4) continue;
      context.moveTo(0, y);
      context.lineTo(scale.width, y);
      if (y > 8) context.fillText(formatPrice(at * step, shown), scale.width + 8, y);
    }
    context.stroke();
  }

  private drawTimes(scale: ChartScale): void {
    const { context, palette } = this;
    const step = timeStep(((scale.untilMs - scale.fromMs) / scale.width) * LABEL_GAP_X);
    context.textAlign = 'center';
    context.strokeStyle = palette.grid;
    context.fillStyle = palette.muted;
    context.beginPath();
    for (let ms = Math.ceil(scale.fromMs / step) * step; ms < scale.untilMs; ms += step) {
      const x = Math.round(xOf(scale, ms)) + 0.5;
      context.moveTo(x, 0);
      context.lineTo(x, scale.height);
      if (x < 28 || x > scale.width - 4) continue;
      const text = formatTime(ms);
      context.fillText(step < 60_000 ? text : text.slice(0, 5), x, scale.height + AXIS_HEIGHT / 2 + 1);
    }
    context.moveTo(0, scale.height + 0.5);
    context.lineTo(scale.width, scale.height + 0.5);
    context.stroke();
  }

  /** Bids and asks as steps, the mid between them as a thin line. At most two points a pixel are drawn. */
  private drawQuotes(scale: ChartScale, log: QuoteLog): void {
    if (log.end === 0) return;
    const { context, palette } = this;
    const first = Math.max(log.begin, log.lastBefore(scale.fromMs));
    const last = log.lastBefore(scale.untilMs);
    const step = Math.max(1, Math.floor((last - first) / (scale.width * 2)));
    const line = (colour: string, width: number, stepped: boolean, priceOf: (slot: number) => number): void => {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.lineJoin = 'round';
      context.beginPath();
      let beforeMs = -Infinity;
      let beforeY = NaN;
      for (let number = first; number <= last; number += step) {
        const slot = log.slot(number);
        const ms = log.timeMs[slot] ?? 0;
        const y = yOf(scale, priceOf(slot));
        if (Number.isNaN(y)) {
          beforeMs = -Infinity;
          continue;
        }
        const x = xOf(scale, ms);
        if (ms - beforeMs > HOLE_MS * step) context.moveTo(x, y);
        else {
          if (stepped) context.lineTo(x, beforeY);
          context.lineTo(x, y);
        }
        beforeMs = ms;
        beforeY = y;
      }
      context.stroke();
    };
    line(palette.mid, 1, false, (slot) => ((log.bid[slot] ?? NaN) + (log.ask[slot] ?? NaN)) / 2);
    line(palette.ask, 1.4, true, (slot) => log.ask[slot] ?? NaN);
    line(palette.bid, 1.4, true, (slot) => log.bid[slot] ?? NaN);
  }

  private drawProfile(scale: ChartScale, depth: DepthLog): void {
    const { newest, bucket } = depth;
    if (newest === null || bucket === 0) return;
    const { context, palette } = this;
    const height = Math.max(1, (bucket / (scale.high - scale.low)) * scale.height - 1);
    const most = newest.cells.reduce((size, [, bids, asks]) => Math.max(size, bids, asks), 0);
    context.globalAlpha = 0.45;
    for (const [colour, at] of [
      [palette.bid, 1],
      [palette.ask, 2],
    ] as const) {
      context.fillStyle = colour;
      for (const cell of newest.cells) {
        const width = Math.sqrt(cell[at] / most) * PROFILE_WIDTH;
        if (width >= 0.5) context.fillRect(scale.width - width, yOf(scale, cell[0] * bucket) - height, width, height);
      }
    }
    context.globalAlpha = 1;
  }

  private drawMark(scale: ChartScale, mark: Mark, chosen: boolean): void {
    const { context, palette } = this;
    const x = xOf(scale, mark.timeMs);
    const y = yOf(scale, mark.price);
    context.strokeStyle = palette.text;
    context.lineWidth = chosen ? 2 : 1.25;
    context.beginPath();
    context.arc(x, y, radiusOf(scale, mark.size) + (chosen ? 4 : 3), 0, Math.PI * 2);
    context.stroke();
  }

  private drawCross(scale: ChartScale, { x, y }: { readonly x: number; readonly y: number }): void {
    const { context, palette } = this;
    context.strokeStyle = palette.muted;
    context.lineWidth = 1;
    context.setLineDash([2, 4]);
    context.beginPath();
    context.moveTo(Math.round(x) + 0.5, 0);
    context.lineTo(Math.round(x) + 0.5, scale.height);
    context.moveTo(0, Math.round(y) + 0.5);
    context.lineTo(scale.width, Math.round(y) + 0.5);
    context.stroke();
    context.setLineDash([]);
  }

  /** The price of a line, beside it on the axis. */
  private drawTag(
    scale: ChartScale,
    { price, y, digits }: { readonly price: number | null; readonly y: number; readonly digits: number | null },
    colour: string,
  ): void {
    if (price === null) return;
    this.drawLabel(formatPrice(price, digits), scale.width + 2, y, colour, this.palette.ground);
  }

  private drawPointed(
    scale: ChartScale,
    { x, y }: { readonly x: number; readonly y: number },
    digits: number | null,
  ): void {
    this.drawLabel(formatPrice(priceAt(scale, y), digits), scale.width + 2, y, this.palette.raised, this.palette.text);
    const { context, palette } = this;
    const text = formatTime(msAt(scale, x), true);
    const width = context.measureText(text).width + 12;
    const left = Math.max(0, Math.min(scale.width - width, x - width / 2));
    context.fillStyle = palette.raised;
    context.fillRect(left, scale.height + 3, width, AXIS_HEIGHT - 6);
    context.fillStyle = palette.text;
    context.textAlign = 'left';
    context.fillText(text, left + 6, scale.height + AXIS_HEIGHT / 2 + 1);
  }

  private drawLabel(text: string, x: number, y: number, ground: string, colour: string): void {
    const { context } = this;
    context.textAlign = 'left';
    context.fillStyle = ground;
    context.beginPath();
    context.roundRect(x, y - TICK + 2, AXIS_WIDTH - 4, (TICK - 2) * 2, 3);
    context.fill();
    context.fillStyle = colour;
    context.fillText(text, x + 6, y + 0.5);
  }
}

/** Where the label of a price stands: at the edge while the price is out of sight, since the chart is still on its way to it. */
function tagY(scale: ChartScale, price: number): number {
  return Math.min(Math.max(yOf(scale, price), TICK), scale.height - TICK);
}
