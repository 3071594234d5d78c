/** What draws the depth and the bubbles: on the graphics card where there is one (`GlMarks`), else `CanvasMarks`. */

import type { Palette } from '../base/palette.ts';
import type { ChartScale } from './chart-scale.ts';
import type { DepthLog } from './depth-log.ts';
import type { OrderLog } from './order-log.ts';

export interface Marks {
  readonly depth: DepthLog;
  /** Drawn in this order. */
  readonly orders: readonly OrderLog[];
  /** Orders below are left out; 0 shows those without a score too. */
  readonly scoreMin: number;
  /** The chart follows the stream: it will be drawn again soon, whatever happens. */
  readonly following: boolean;
}

export interface MarkLayer {
  /** `webgl2` or `canvas`. */
  readonly kind: string;
  readonly canvas: HTMLCanvasElement;
  /** Frames per second beyond which drawing is a waste. */
  readonly framesPerSecondMax: number;
  /** @param ratio device pixels per CSS pixel */
  resize(width: number, height: number, ratio: number): void;
  recolour(palette: Palette): void;
  draw(scale: ChartScale, marks: Marks): void;
  dispose(): void;
}

/** Bubbles from this score on have a ring and lie above the others. */
export const RINGED_SCORE = 4;
