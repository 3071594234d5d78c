/**
 * The chart of one pair: orders as bubbles over the depth, with the lines of the best prices. It owns what it shows (the
 * logs), draws when something has changed, and tells its owner what the user points at and how far they scroll.
 */

import { h } from '../base/dom.ts';
import { readPalette } from '../base/palette.ts';
import type { ScoredOrder } from '../../src/monitor/api/order.ts';
import { CanvasMarks, contextOf } from './canvas-marks.ts';
import { fitOf } from './chart-fit.ts';
import { listenToChart } from './chart-input.ts';
import { AXIS_HEIGHT, AXIS_WIDTH, ChartOverlay } from './chart-overlay.ts';
import type { ChartScale } from './chart-scale.ts';
import { radiusOf, xOf, yOf } from './chart-scale.ts';
import { DepthLog } from './depth-log.ts';
import { GlMarks } from './gl-marks.ts';
import type { MarkLayer } from './mark-layer.ts';
import { OrderLog } from './order-log.ts';
import { QuoteLog } from './quote-log.ts';

export interface ChartEvents {
  /** The server's time, ms. */
  nowMs(): number;
  /** The pointer is over an order, or over none. */
  hovered(order: ScoredOrder | null): void;
  chosen(order: ScoredOrder | null): void;
  /** The right edge is at this moment now; null: it follows the stream. */
  scrolled(untilMs: number | null): void;
  /** The user wants to see a longer (+1) or a shorter (-1) range. */
  ranged(direction: 1 | -1): void;
}

const ORDERS = 16_384;
const QUOTES = 8192;
const CELLS = 65_536;
/** Room between now and the right edge, as a share of the range. */
const AHEAD = 0.02;
const FIT_EVERY_MS = 250;
/** Share of the way to the prices that should be shown which each frame goes. */
const GLIDE = 0.18;
/** The largest bubbles: in any case, and what they may be where the plot is narrow. */
const RADIUS_MAX = 28;
const RADIUS_MAX_NARROW = 9;
const RADIUS_MAX_SHARE = 0.02;
const MEDIAN_RADIUS = 2.5;
/** What a few orders have more, and how many are a few. */
const FEW_RADIUS = 7;
const FEW = 60;
/** How far beside a bubble one may point. */
const REACH = 5;
/** Scrolling by less than this is not worth a frame, CSS pixels. */
const STEP_PX = 0.5;
const STILL_STEP_MS = 1000;

export class OrderChart {
  readonly element: HTMLElement;
  readonly live = new OrderLog(ORDERS);
  readonly past = new OrderLog(ORDERS);
  readonly quotes = new QuoteLog(QUOTES);
  readonly pastQuotes = new QuoteLog(QUOTES);
  readonly depth = new DepthLog(CELLS);
  /** Newest best prices and the digits of the pair. */
  bid: number | null = null;
  ask: number | null = null;
  priceDigits: number | null = null;
  private readonly events: ChartEvents;
  private layer: MarkLayer;
  private readonly overlay: ChartOverlay;
  private readonly overlayCanvas = h('canvas', { class: 'chart-layer', 'aria-hidden': 'true' });
  private readonly calm = matchMedia('(prefers-reduced-motion: reduce)');
  private rangeMs = 300_000;
  private untilMs: number | null = null;
  private frozenMs: number | null = null;
  private scoreMin = 0;
  private width = 0;
  private height = 0;
  private ratio = 1;
  private low = NaN;
  private high = NaN;
  private lowWanted = NaN;
  private highWanted = NaN;
  private priceZoom = 1;
  private radiusPerRoot = 1;
  private fittedMs = -Infinity;
  private drawnMs = -Infinity;
  private drawnScale: ChartScale | null = null;
  private dirty = true;
  private hoveredOrder: ScoredOrder | null = null;
  private chosenOrder: ScoredOrder | null = null;
  private pointer: { readonly x: number; readonly y: number } | null = null;

  /** @param renderer the best there is, or one of them in any case */
  constructor(events: ChartEvents, renderer: 'best' | 'webgl2' | 'canvas' = 'best') {
    this.events = events;
    this.layer = (renderer === 'canvas' ? undefined : GlMarks.create(renderer === 'webgl2')) ?? new CanvasMarks();
    this.layer.canvas.className = 'chart-layer';
    // The graphics card was taken away (a driver that starts anew, too many pages): go on without it.
    this.layer.canvas.addEventListener('webglcontextlost', () => this.replaceLayer(new CanvasMarks()), { once: true });
    const palette = readPalette();
    this.layer.recolour(palette);
    this.overlay = new ChartOverlay(contextOf(this.overlayCanvas), palette);
    this.element = h(
      'div',
      {
        class: 'chart',
        tabindex: 0,
        role: 'application',
        'aria-roledescription': 'chart of orders',
        'aria-label': 'Orders over time and price',
        'aria-describedby': 'chart-keys',
        'data-renderer': this.layer.kind,
      },
      this.layer.canvas,
      this.overlayCanvas,
    );
    new ResizeObserver(() => this.resize()).observe(this.element);
    listenToChart(this.element, {
      pointed: (at) => this.point(at),
      clicked: (at) => this.choose(this.orderAt(at.x, at.y)),
      dragged: (pixels) => this.scroll((-pixels / Math.max(1, this.width)) * this.rangeMs),
      zoomed: (direction) => this.events.ranged(direction),
      priceZoomed: (factor) => this.zoomPrices(factor),
      stepped: (direction) => this.step(direction),
      paged: (direction) => this.scroll(direction * this.rangeMs * 0.5),
      released: () => this.choose(null),
      followed: () => this.events.scrolled(null),
    });
  }

  private replaceLayer(layer: MarkLayer): void {
    layer.canvas.className = 'chart-layer';
    this.layer.canvas.replaceWith(layer.canvas);
    this.layer.dispose();
    this.layer = layer;
    this.element.dataset['renderer'] = layer.kind;
    layer.recolour(readPalette());
    this.resize();
    this.changed();
  }

  /** `webgl2` or `canvas`. */
  get renderer(): string {
    return this.layer.kind;
  }

  /** The span that is shown. */
  get span(): { readonly fromMs: number; readonly untilMs: number } {
    const untilMs = this.untilMs ?? (this.frozenMs ?? this.events.nowMs()) + this.rangeMs * AHEAD;
    return { fromMs: untilMs - this.rangeMs, untilMs };
  }

  /** What is shown from now on. @param untilMs right edge, null: follows the stream */
  show({ rangeMs, untilMs, scoreMin }: { rangeMs: number; untilMs: number | null; scoreMin: number }): void {
    if (rangeMs === this.rangeMs && untilMs === this.untilMs && scoreMin === this.scoreMin) return;
    this.rangeMs = rangeMs;
    this.untilMs = untilMs;
    this.scoreMin = scoreMin;
    this.fittedMs = -Infinity;
    this.dirty = true;
  }

  /** Stands still at this moment, or goes on. */
  freeze(atMs: number | null): void {
    this.frozenMs = atMs;
    this.dirty = true;
  }

  /** Forgets everything that it shows: another pair comes. */
  clear(): void {
    for (const log of [this.live, this.past, this.quotes, this.pastQuotes, this.depth]) log.clear();
    this.bid = null;
    this.ask = null;
    this.low = NaN;
    this.high = NaN;
    this.priceZoom = 1;
    this.choose(null);
    this.changed();
    this.fittedMs = -Infinity;
  }

  /** Something in the logs has changed. */
  changed(): void {
    this.dirty = true;
  }

  recolour(): void {
    const palette = readPalette();
    this.layer.recolour(palette);
    this.overlay.recolour(palette);
    this.dirty = true;
  }

  /** Chooses an order, as a click on it does. */
  choose(order: ScoredOrder | null): void {
    if (order === null && this.chosenOrder === null) return;
    this.chosenOrder = order;
    this.dirty = true;
    this.events.chosen(order);
  }

  /** Draws where there is something to draw. Called with each frame of the browser. @param frameMs of `performance.now` */
  frame(frameMs: number): void {
    if (this.width === 0) return;
    if (frameMs - this.drawnMs < 1000 / this.layer.framesPerSecondMax - 2) return;
    const gliding = this.fit(frameMs);
    if (!this.dirty && !gliding && !this.hasMoved()) return;
    const scale = this.scale();
    if (scale === null) return;
    this.dirty = false;
    this.drawnMs = frameMs;
    this.drawnScale = scale;
    const orders = [this.past, this.live];
    const isFollowing = this.untilMs === null && this.frozenMs === null;
    this.layer.draw(scale, { depth: this.depth, orders, scoreMin: this.scoreMin, following: isFollowing });
    const { hoveredOrder: hovered, chosenOrder: chosen, pointer, depth, bid, ask, priceDigits } = this;
    const quotes = [this.pastQuotes, this.quotes];
    const following = this.untilMs === null;
    this.overlay.draw(scale, { quotes, depth, bid, ask, priceDigits, hovered, chosen, pointer, following }, this.ratio);
  }

  /** The orders that are in the span and shown, oldest first, as the chart has them. */
  forEachShown(look: (log: OrderLog, number: number) => void): void {
    const { fromMs, untilMs } = this.span;
    for (const log of [this.past, this.live]) {
      for (let number = log.begin; number < log.end; number++) {
        const slot = log.slot(number);
        const ms = log.timeMs[slot] ?? 0;
        if (ms >= fromMs && ms <= untilMs && this.shows(log.score[slot] ?? 0)) look(log, number);
      }
    }
  }

  private shows(score: number): boolean {
    return this.scoreMin === 0 || score >= this.scoreMin;
  }

  private scale(): ChartScale | null {
    if (!(this.high > this.low)) return null;
    const { fromMs, untilMs } = this.span;
    const { width, height, low, high, radiusPerRoot } = this;
    const radiusMax = Math.min(RADIUS_MAX, RADIUS_MAX_NARROW + width * RADIUS_MAX_SHARE);
    return { fromMs, untilMs, low, high, width, height, radiusPerRoot, radiusMax };
  }

  /** True where the stream has gone on so far that it can be seen. */
  private hasMoved(): boolean {
    if (this.drawnScale === null) return true;
    const movedMs = this.span.untilMs - this.drawnScale.untilMs;
    if (this.calm.matches) return movedMs >= STILL_STEP_MS;
    return (Math.abs(movedMs) / this.rangeMs) * this.width >= STEP_PX;
  }

  /** Prices follow what is in sight, smoothly. @returns whether they still move */
  private fit(frameMs: number): boolean {
    if (frameMs - this.fittedMs > FIT_EVERY_MS) {
      this.fittedMs = frameMs;
      const logs = [this.past, this.live];
      const fit = fitOf(logs, [this.pastQuotes, this.quotes], { ...this.span, scoreMin: this.scoreMin });
      if (fit !== null) {
        const middle = (fit.low + fit.high) / 2;
        const half = ((fit.high - fit.low) / 2) * this.priceZoom;
        this.lowWanted = middle - half;
        this.highWanted = middle + half;
        this.fitRadius(fit.medianSize, fit.looked);
      }
    }
    if (Number.isNaN(this.lowWanted) || (this.low === this.lowWanted && this.high === this.highWanted)) return false;
    const share = Number.isNaN(this.low) || this.calm.matches ? 1 : GLIDE;
    this.low += (this.lowWanted - this.low) * share;
    this.high += (this.highWanted - this.high) * share;
    if (Number.isNaN(this.low)) this.low = this.lowWanted;
    if (Number.isNaN(this.high)) this.high = this.highWanted;
    const perPixel = (this.highWanted - this.lowWanted) / this.height;
    const there = Math.abs(this.low - this.lowWanted) + Math.abs(this.high - this.highWanted) < perPixel * 0.2;
    if (there) [this.low, this.high] = [this.lowWanted, this.highWanted];
    return true;
  }

  /** The size of bubbles stays while the market's orders are of about the same size. */
  private fitRadius(medianSize: number, count: number): void {
    if (!(medianSize > 0)) return;
    // Where there are few, they have room.
    const median = MEDIAN_RADIUS + FEW_RADIUS * Math.exp(-count / FEW);
    const wanted = median / Math.sqrt(medianSize);
    if (wanted / this.radiusPerRoot > 1.4 || wanted / this.radiusPerRoot < 0.7) this.radiusPerRoot = wanted;
  }

  private resize(): void {
    const { clientWidth, clientHeight } = this.element;
    this.width = Math.max(0, clientWidth - AXIS_WIDTH);
    this.height = Math.max(1, clientHeight - AXIS_HEIGHT);
    this.ratio = Math.min(2, devicePixelRatio);
    this.layer.resize(this.width, this.height, this.ratio);
    this.layer.canvas.style.width = `${this.width}px`;
    this.layer.canvas.style.height = `${this.height}px`;
    this.overlayCanvas.width = Math.round(clientWidth * this.ratio);
    this.overlayCanvas.height = Math.round(clientHeight * this.ratio);
    this.overlayCanvas.style.width = `${clientWidth}px`;
    this.overlayCanvas.style.height = `${clientHeight}px`;
    this.dirty = true;
  }

  private point(at: { readonly x: number; readonly y: number } | null): void {
    const inside = at !== null && at.x <= this.width && at.y <= this.height;
    this.pointer = inside ? at : null;
    const order = inside ? this.orderAt(at.x, at.y) : null;
    this.element.classList.toggle('pointing', order !== null);
    if (order?.id !== this.hoveredOrder?.id) {
      this.hoveredOrder = order;
      this.events.hovered(order);
    }
    this.dirty = true;
  }

  /** The order whose bubble is there: of several the one whose middle is nearest, in its own radii. */
  private orderAt(x: number, y: number): ScoredOrder | null {
    const scale = this.drawnScale;
    if (scale === null) return null;
    let found: { readonly log: OrderLog; readonly number: number } | null = null;
    let nearest = 1;
    for (const log of [this.past, this.live]) {
      for (let number = log.begin; number < log.end; number++) {
        const slot = log.slot(number);
        if (!this.shows(log.score[slot] ?? 0)) continue;
        const across = Math.abs(xOf(scale, log.timeMs[slot] ?? 0) - x);
        if (across > 40) continue;
        const reach = radiusOf(scale, log.size[slot] ?? 0) + REACH;
        const away = Math.hypot(across, yOf(scale, log.price[slot] ?? 0) - y) / reach;
        if (away >= nearest) continue;
        nearest = away;
        found = { log, number };
      }
    }
    return found === null ? null : found.log.at(found.number);
  }

  /** To the next or the previous order in time, from the one that is chosen or from the newest. */
  private step(direction: 1 | -1): void {
    const shown: { readonly log: OrderLog; readonly number: number }[] = [];
    this.forEachShown((log, number) => shown.push({ log, number }));
    const at = shown.findIndex(({ log, number }) => log.idAt(number) === this.chosenOrder?.id);
    const next = shown[at === -1 ? shown.length - 1 : at + direction];
    if (next !== undefined) this.choose(next.log.at(next.number));
  }

  private scroll(byMs: number): void {
    const untilMs = this.span.untilMs + byMs;
    const edgeMs = this.events.nowMs() + this.rangeMs * AHEAD;
    this.events.scrolled(untilMs >= edgeMs - this.rangeMs * 0.005 ? null : Math.round(untilMs));
  }

  private zoomPrices(factor: number): void {
    this.priceZoom = Math.min(8, Math.max(0.05, this.priceZoom * factor));
    this.fittedMs = -Infinity;
    this.dirty = true;
  }
}
