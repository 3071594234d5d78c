/** A line of a row: the newest values, drawn over the whole height of the canvas. */

import { h } from '../base/dom.ts';
import { contextOf } from '../whales/canvas-marks.ts';

const WIDTH = 92;
const HEIGHT = 22;

export class Sparkline {
  readonly element = h('canvas', { class: 'spark', 'aria-hidden': 'true' });
  private readonly context = contextOf(this.element);
  private drawn: readonly number[] | null = null;

  constructor() {
    const ratio = Math.min(2, devicePixelRatio);
    this.element.width = WIDTH * ratio;
    this.element.height = HEIGHT * ratio;
    this.context.scale(ratio, ratio);
  }

  /** @param values oldest first; the same array again draws nothing */
  draw(
    values: readonly number[],
    colours: { readonly up: string; readonly down: string; readonly flat: string },
  ): void {
    if (values === this.drawn) return;
    this.drawn = values;
    const { context } = this;
    context.clearRect(0, 0, WIDTH, HEIGHT);
    if (values.length < 2) return;
    const low = Math.min(...values);
    const span = Math.max(...values) - low;
    const first = values[0] ?? 0;
    const last = values.at(-1) ?? 0;
    const x = (index: number): number => 1 + (index / (values.length - 1)) * (WIDTH - 5);
    const y = (value: number): number => (span === 0 ? HEIGHT / 2 : HEIGHT - 3 - ((value - low) / span) * (HEIGHT - 6));
    context.beginPath();
    for (const [index, value] of values.entries()) context.lineTo(x(index), y(value));
    context.lineWidth = 1.25;
    context.lineJoin = 'round';
    context.strokeStyle = last > first ? colours.up : last < first ? colours.down : colours.flat;
    context.stroke();
    context.beginPath();
    context.arc(x(values.length - 1), y(last), 1.8, 0, Math.PI * 2);
    context.fillStyle = context.strokeStyle;
    context.fill();
  }
}
