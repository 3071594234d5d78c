/** Where a moment and a price are in the plot. All lengths are CSS pixels. */

export interface ChartScale {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly low: number;
  readonly high: number;
  /** Of the plot, without its axes. */
  readonly width: number;
  readonly height: number;
  /** Pixels of a bubble's radius per root of its size. */
  readonly radiusPerRoot: number;
  /** Of the largest bubbles: less where there is little room. */
  readonly radiusMax: number;
}

export const RADIUS_MIN = 1.6;

export function xOf(scale: ChartScale, ms: number): number {
  return ((ms - scale.fromMs) / (scale.untilMs - scale.fromMs)) * scale.width;
}

export function yOf(scale: ChartScale, price: number): number {
  return ((scale.high - price) / (scale.high - scale.low)) * scale.height;
}

export function msAt(scale: ChartScale, x: number): number {
  return scale.fromMs + (x / scale.width) * (scale.untilMs - scale.fromMs);
}

export function priceAt(scale: ChartScale, y: number): number {
  return scale.high - (y / scale.height) * (scale.high - scale.low);
}

/** The area is the quantity, between a dot that can still be seen and a disc that leaves room for others. */
export function radiusOf(scale: ChartScale, size: number): number {
  return Math.min(scale.radiusMax, Math.max(RADIUS_MIN, Math.sqrt(size) * scale.radiusPerRoot));
}
