/**
 * Depth and bubbles without a graphics card: bubbles are stamped from discs that were drawn once. While the chart follows the
 * stream, all of it is a picture that is painted anew twice a second; in between it is shifted, stretched a little where prices
 * glide, and only orders that have come since are stamped on top.
 */

import type { Palette, Rgba } from '../base/palette.ts';
import { cssOf } from '../base/palette.ts';
import type { ChartScale } from './chart-scale.ts';
import { radiusOf, xOf, yOf } from './chart-scale.ts';
import type { DepthLog } from './depth-log.ts';
import type { MarkLayer, Marks } from './mark-layer.ts';
import { RINGED_SCORE } from './mark-layer.ts';
import type { OrderLog } from './order-log.ts';

const PICTURE_EVERY_MS = 500;
/** How far a picture may be off in height before it is painted anew, as a share of it. */
const STRETCH_MAX = 0.05;
/** Shades of the depth. */
const SHADES = 24;
/** Cells narrower than this are not worth a rectangle each. */
const CELL_WIDTH_MIN = 1;
/** Stamps are made in steps of the radius, CSS pixels. */
const RADIUS_STEP = 0.75;
const MARGIN = 4;

interface Pictured {
  readonly atMs: number;
  readonly scale: ChartScale;
  readonly scoreMin: number;
  readonly depthGeneration: number;
  /** Of each log of orders. */
  readonly orders: readonly { readonly generation: number; readonly end: number }[];
}

export class CanvasMarks implements MarkLayer {
  readonly kind = 'canvas';
  readonly framesPerSecondMax = 15;
  readonly canvas = document.createElement('canvas');
  private readonly context: CanvasRenderingContext2D;
  private readonly picture = document.createElement('canvas');
  private readonly pictureContext: CanvasRenderingContext2D;
  private readonly stamps = new Map<number, HTMLCanvasElement>();
  private palette: Palette | undefined;
  private shades: { readonly bid: readonly string[]; readonly ask: readonly string[] } = { bid: [], ask: [] };
  private ratio = 1;
  private pictured: Pictured | undefined;

  constructor() {
    this.context = contextOf(this.canvas);
    this.pictureContext = contextOf(this.picture);
  }

  resize(width: number, height: number, ratio: number): void {
    this.ratio = ratio;
    for (const canvas of [this.canvas, this.picture]) {
      canvas.width = Math.max(1, Math.round(width * ratio));
      canvas.height = Math.max(1, Math.round(height * ratio));
    }
    this.forget();
  }

  recolour(palette: Palette): void {
    this.palette = palette;
    this.shades = { bid: shadesOf(palette.depthBid), ask: shadesOf(palette.depthAsk) };
    this.forget();
  }

  draw(scale: ChartScale, marks: Marks): void {
    const { context, canvas, ratio } = this;
    const last = this.pictured;
    const isReused = marks.following && last !== undefined && suits(last, scale, marks);
    const pictured = isReused ? last : this.paint(scale, marks);
    const stretch = (pictured.scale.high - pictured.scale.low) / (scale.high - scale.low);
    const left = xOf(scale, pictured.scale.fromMs) * ratio;
    const top = yOf(scale, pictured.scale.high) * ratio;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.picture, Math.round(left), Math.round(top), canvas.width, canvas.height * stretch);
    const ends = pictured.orders.map(({ end }) => end);
    this.drawOrders(context, scale, marks, ends);
  }

  dispose(): void {
    this.forget();
  }

  private forget(): void {
    this.stamps.clear();
    this.pictured = undefined;
  }

  /** Paints all of it anew. */
  private paint(scale: ChartScale, marks: Marks): Pictured {
    const { pictureContext, shades, ratio } = this;
    const { depth, orders, scoreMin } = marks;
    paintDepth(pictureContext, scale, depth, shades, ratio);
    pictureContext.setTransform(1, 0, 0, 1, 0, 0);
    this.drawOrders(pictureContext, scale, marks, []);
    this.pictured = {
      ...{ atMs: performance.now(), scale, scoreMin, depthGeneration: depth.generation },
      orders: orders.map(({ generation, end }) => ({ generation, end })),
    };
    return this.pictured;
  }

  /** @param from number of the first order of each log; 0 where it is not given */
  private drawOrders(
    context: CanvasRenderingContext2D,
    scale: ChartScale,
    marks: Marks,
    from: readonly number[],
  ): void {
    for (const ringed of [false, true]) {
      for (const [index, log] of marks.orders.entries()) {
        this.drawLog(context, scale, log, marks.scoreMin, ringed, from[index] ?? 0);
      }
    }
  }

  private drawLog(
    context: CanvasRenderingContext2D,
    scale: ChartScale,
    log: OrderLog,
    scoreMin: number,
    ringed: boolean,
    from: number,
  ): void {
    const { ratio } = this;
    for (let number = Math.max(log.begin, from); number < log.end; number++) {
      const slot = log.slot(number);
      const score = log.score[slot] ?? 0;
      if (score >= RINGED_SCORE !== ringed || (scoreMin > 0 && score < scoreMin)) continue;
      const ms = log.timeMs[slot] ?? 0;
      if (ms < scale.fromMs || ms > scale.untilMs) continue;
      const plain = radiusOf(scale, log.size[slot] ?? 0);
      const stamp = this.stampOf((log.side[slot] ?? 0) * 8 + score + 1, ringed ? Math.max(4, plain) : plain, ringed);
      const x = xOf(scale, ms) * ratio - stamp.width / 2;
      const y = yOf(scale, log.price[slot] ?? 0) * ratio - stamp.height / 2;
      context.drawImage(stamp, Math.round(x), Math.round(y));
    }
  }

  private stampOf(colourIndex: number, radius: number, ringed: boolean): HTMLCanvasElement {
    const step = Math.round(radius / RADIUS_STEP);
    const key = step * 16 + colourIndex;
    let stamp = this.stamps.get(key);
    if (stamp === undefined) {
      const colour = this.palette?.marks[colourIndex] ?? [0.5, 0.5, 0.5, 0.5];
      stamp = makeStamp(step * RADIUS_STEP, colour, ringed, this.ratio);
      this.stamps.set(key, stamp);
    }
    return stamp;
  }
}

/** Whether a picture can stand for what is there now, but for orders that have come since. */
function suits({ atMs, scale, scoreMin, depthGeneration, orders }: Pictured, now: ChartScale, marks: Marks): boolean {
  const height = scale.high - scale.low;
  return (
    performance.now() - atMs < PICTURE_EVERY_MS &&
    scoreMin === marks.scoreMin &&
    depthGeneration === marks.depth.generation &&
    orders.every(({ generation }, index) => generation === marks.orders[index]?.generation) &&
    scale.radiusPerRoot === now.radiusPerRoot &&
    Math.abs(scale.untilMs - scale.fromMs - (now.untilMs - now.fromMs)) < 1 &&
    Math.abs(scale.low - now.low) + Math.abs(scale.high - now.high) <= height * STRETCH_MAX
  );
}

function makeStamp(radius: number, colour: Rgba, ringed: boolean, ratio: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil((radius + MARGIN) * 2 * ratio);
  canvas.height = canvas.width;
  const context = contextOf(canvas);
  context.scale(ratio, ratio);
  const middle = canvas.width / 2 / ratio;
  const disc = (of: number): void => {
    context.beginPath();
    context.arc(middle, middle, Math.max(0.5, of), 0, Math.PI * 2);
  };
  disc(radius);
  context.fillStyle = cssOf(colour, colour[3] * 0.55);
  context.fill();
  disc(radius - 0.75);
  context.lineWidth = 1.5;
  context.strokeStyle = cssOf(colour, colour[3] * 0.6);
  context.stroke();
  if (ringed) {
    disc(radius + 1.75);
    context.lineWidth = 1.2;
    context.strokeStyle = cssOf(colour, colour[3] * 0.5);
    context.stroke();
  }
  return canvas;
}

function paintDepth(
  context: CanvasRenderingContext2D,
  scale: ChartScale,
  depth: DepthLog,
  shades: { readonly bid: readonly string[]; readonly ask: readonly string[] },
  ratio: number,
): void {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const perPrice = scale.height / (scale.high - scale.low);
  const perMs = scale.width / (scale.untilMs - scale.fromMs);
  let skippedUntil = -Infinity;
  let columnMs = NaN;
  let skip = false;
  for (let number = depth.begin; number < depth.end; number++) {
    const slot = depth.slot(number);
    const ms = depth.timeMs[slot] ?? 0;
    const lasts = depth.lastsMs[slot] ?? 0;
    if (ms + lasts < scale.fromMs || ms > scale.untilMs) continue;
    if (ms !== columnMs) {
      // Of columns narrower than a pixel, one in so many stands for all of them.
      columnMs = ms;
      const x = (ms - scale.fromMs) * perMs;
      skip = x < skippedUntil;
      if (!skip) skippedUntil = x + CELL_WIDTH_MIN;
    }
    if (skip) continue;
    const loud = clamp(((depth.logSize[slot] ?? 0) - depth.logLow) / (depth.logHigh - depth.logLow));
    const shade = shades[depth.side[slot] === 1 ? 'ask' : 'bid'][Math.round(loud * (SHADES - 1))];
    if (shade === undefined) continue;
    context.fillStyle = shade;
    const width = Math.max(CELL_WIDTH_MIN, lasts * perMs);
    const height = Math.max(1, (depth.height[slot] ?? 0) * perPrice);
    context.fillRect((ms - scale.fromMs) * perMs, yOf(scale, depth.price[slot] ?? 0) - height, width + 0.3, height);
  }
}

function shadesOf(colour: Rgba): readonly string[] {
  return Array.from({ length: SHADES }, (_, index) => {
    const loud = index / (SHADES - 1);
    return cssOf(colour, colour[3] * (0.06 + 0.94 * loud * loud));
  });
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}

/** @throws Error where the browser has no canvas at all */
export function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this browser draws no canvas');
  return context;
}
