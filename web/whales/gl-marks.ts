/** Depth and bubbles on the graphics card: two instanced draws for the bubbles, one for the depth, whatever their number. */

import type { Palette, Rgba } from '../base/palette.ts';
import type { ChartScale } from './chart-scale.ts';
import { RADIUS_MIN } from './chart-scale.ts';
import type { DepthLog } from './depth-log.ts';
import { GlProgram, InstanceRing } from './gl-program.ts';
import type { MarkLayer, Marks } from './mark-layer.ts';
import { RINGED_SCORE } from './mark-layer.ts';
import type { OrderLog } from './order-log.ts';

/** Moment (s) and price are counted from the log's origin; `place` turns them into clip space. */
const BUBBLE_VERTEX = `#version 300 es
layout(location = 0) in vec2 corner;
layout(location = 1) in vec4 mark; // moment, price, root of size, side * 8 + score + 1
uniform vec4 place;
uniform vec2 pixel; // of clip space
uniform float radiusPerRoot;
uniform float radiusMax;
uniform vec2 scores; // drawn from the first to below the second, by score + 1
uniform vec4 colours[16];
out vec2 at; // pixels from the middle
flat out float radius;
flat out float ringed;
flat out vec4 colour;
void main() {
  float score = mod(mark.w, 8.0);
  radius = clamp(mark.z * radiusPerRoot, ${RADIUS_MIN.toFixed(1)}, radiusMax);
  ringed = score > ${(RINGED_SCORE + 0.5).toFixed(1)} ? 1.0 : 0.0;
  if (ringed > 0.5) radius = max(radius, 4.0);
  colour = colours[int(mark.w)];
  at = corner * (radius + 3.0);
  vec2 middle = mark.xy * place.xy + place.zw;
  bool shown = score > scores.x - 0.5 && score < scores.y - 0.5;
  gl_Position = shown ? vec4(middle + at * pixel, 0.0, 1.0) : vec4(2.0, 2.0, 0.0, 1.0);
}`;

const BUBBLE_FRAGMENT = `#version 300 es
precision mediump float;
in vec2 at;
flat in float radius;
flat in float ringed;
flat in vec4 colour;
out vec4 shade;
void main() {
  float away = length(at);
  float inside = clamp(radius - away + 0.5, 0.0, 1.0);
  float rim = clamp(1.0 - abs(away - radius + 0.75) / 1.0, 0.0, 1.0);
  float alpha = inside * colour.a * 0.55 + rim * colour.a * 0.45;
  float halo = ringed * clamp(1.0 - abs(away - radius - 1.75) / 0.9, 0.0, 1.0) * 0.55;
  alpha = max(alpha, halo * colour.a);
  shade = vec4(colour.rgb * alpha, alpha);
}`;

const DEPTH_VERTEX = `#version 300 es
layout(location = 0) in vec2 corner;
layout(location = 1) in vec4 cell; // moment, price, how long it lasts (negative: ask), logarithm of size
layout(location = 2) in float height;
uniform vec4 place;
uniform vec2 logs;
uniform vec4 bid;
uniform vec4 ask;
flat out vec4 colour;
void main() {
  vec2 share = corner * 0.5 + 0.5;
  vec2 from = vec2(cell.x + share.x * abs(cell.z), cell.y + share.y * height);
  float loud = clamp((cell.w - logs.x) / (logs.y - logs.x), 0.0, 1.0);
  colour = cell.z < 0.0 ? ask : bid;
  colour.a *= 0.06 + 0.94 * loud * loud;
  gl_Position = vec4(from * place.xy + place.zw, 0.0, 1.0);
}`;

const DEPTH_FRAGMENT = `#version 300 es
precision mediump float;
flat in vec4 colour;
out vec4 shade;
void main() { shade = vec4(colour.rgb * colour.a, colour.a); }`;

export class GlMarks implements MarkLayer {
  readonly kind = 'webgl2';
  readonly framesPerSecondMax = 60;
  readonly canvas: HTMLCanvasElement;
  private readonly gl: WebGL2RenderingContext;
  private readonly bubbles: GlProgram;
  private readonly cells: GlProgram;
  private readonly orderRings = new Map<OrderLog, InstanceRing>();
  private readonly depthRings = new Map<DepthLog, InstanceRing>();
  private colours = new Float32Array(16 * 4);
  private depthBid: Rgba = [0, 0, 0, 0];
  private depthAsk: Rgba = [0, 0, 0, 0];

  /**
   * `undefined` where the browser has no WebGL 2, or no wish to give it.
   * @param slowToo also where the processor has to do the graphics card's work: the canvas is quicker there
   */
  static create(slowToo: boolean): GlMarks | undefined {
    const canvas = document.createElement('canvas');
    const gl = canvas.getContext('webgl2', {
      ...{ alpha: true, antialias: false, premultipliedAlpha: true },
      failIfMajorPerformanceCaveat: !slowToo,
    });
    if (gl === null || (!slowToo && isSoftware(gl))) return undefined;
    try {
      return new GlMarks(canvas, gl);
    } catch (error) {
      console.warn('WebGL does not do, bubbles are drawn without it', error);
      return undefined;
    }
  }

  private constructor(canvas: HTMLCanvasElement, gl: WebGL2RenderingContext) {
    this.canvas = canvas;
    this.gl = gl;
    this.bubbles = new GlProgram(gl, BUBBLE_VERTEX, BUBBLE_FRAGMENT);
    this.cells = new GlProgram(gl, DEPTH_VERTEX, DEPTH_FRAGMENT);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  resize(width: number, height: number, ratio: number): void {
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
  }

  recolour({ marks, depthBid, depthAsk }: Palette): void {
    this.colours = Float32Array.from(marks.flat());
    this.depthBid = depthBid;
    this.depthAsk = depthAsk;
  }

  draw(scale: ChartScale, { depth, orders, scoreMin }: Marks): void {
    const { gl } = this;
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    this.drawDepth(scale, depth);
    for (const [log, ring] of this.orderRings) if (!orders.includes(log)) this.forget(log, ring);
    gl.useProgram(this.bubbles.program);
    gl.uniform4fv(this.bubbles.uniform('colours'), this.colours);
    gl.uniform2f(this.bubbles.uniform('pixel'), 2 / scale.width, 2 / scale.height);
    gl.uniform1f(this.bubbles.uniform('radiusPerRoot'), scale.radiusPerRoot);
    gl.uniform1f(this.bubbles.uniform('radiusMax'), scale.radiusMax);
    const lowest = scoreMin === 0 ? 0 : scoreMin + 1;
    for (const log of orders) this.ringOf(log).update(log, (out, at, number) => writeOrder(log, out, at, number));
    // What is ordinary first, so that whales lie above it.
    for (const [from, until] of [
      [lowest, RINGED_SCORE + 1],
      [Math.max(lowest, RINGED_SCORE + 1), 8],
    ] as const) {
      if (from >= until) continue;
      gl.uniform2f(this.bubbles.uniform('scores'), from, until);
      for (const log of orders) {
        this.place(this.bubbles, scale, log.originMs, log.originPrice);
        this.ringOf(log).draw();
      }
    }
    gl.bindVertexArray(null);
  }

  dispose(): void {
    for (const [log, ring] of this.orderRings) this.forget(log, ring);
    for (const ring of this.depthRings.values()) ring.dispose();
    this.gl.getExtension('WEBGL_lose_context')?.loseContext();
  }

  private drawDepth(scale: ChartScale, depth: DepthLog): void {
    const { gl, cells } = this;
    let ring = this.depthRings.get(depth);
    if (ring === undefined) {
      ring = new InstanceRing(gl, depth.capacity, 5);
      this.depthRings.set(depth, ring);
    }
    ring.update(depth, (out, at, number) => writeCell(depth, out, at, number));
    if (depth.end === 0) return;
    gl.useProgram(cells.program);
    this.place(cells, scale, depth.originMs, depth.originPrice);
    gl.uniform2f(cells.uniform('logs'), depth.logLow, depth.logHigh);
    gl.uniform4f(cells.uniform('bid'), ...this.depthBid);
    gl.uniform4f(cells.uniform('ask'), ...this.depthAsk);
    ring.draw();
  }

  /** Seconds and prices from an origin to clip space. The origin is taken off in double precision. */
  private place(program: GlProgram, scale: ChartScale, originMs: number, originPrice: number): void {
    const perSecond = 2000 / (scale.untilMs - scale.fromMs);
    const perPrice = 2 / (scale.high - scale.low);
    this.gl.uniform4f(
      program.uniform('place'),
      perSecond,
      perPrice,
      ((originMs - scale.fromMs) / 1000) * perSecond - 1,
      (originPrice - scale.low) * perPrice - 1,
    );
  }

  private ringOf(log: OrderLog): InstanceRing {
    let ring = this.orderRings.get(log);
    if (ring === undefined) {
      ring = new InstanceRing(this.gl, log.capacity, 4);
      this.orderRings.set(log, ring);
    }
    return ring;
  }

  private forget(log: OrderLog, ring: InstanceRing): void {
    ring.dispose();
    this.orderRings.delete(log);
  }
}

/** Names of renderers that are no graphics card. Not every browser counts them as slow by itself. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

function isSoftware(gl: WebGL2RenderingContext): boolean {
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  return info !== null && SOFTWARE.test(String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)));
}

function writeOrder(log: OrderLog, out: Float32Array, at: number, number: number): void {
  const slot = log.slot(number);
  out[at] = ((log.timeMs[slot] ?? 0) - log.originMs) / 1000;
  out[at + 1] = (log.price[slot] ?? 0) - log.originPrice;
  out[at + 2] = Math.sqrt(log.size[slot] ?? 0);
  out[at + 3] = (log.side[slot] ?? 0) * 8 + (log.score[slot] ?? 0) + 1;
}

function writeCell(log: DepthLog, out: Float32Array, at: number, number: number): void {
  const slot = log.slot(number);
  const lasts = (log.lastsMs[slot] ?? 0) / 1000;
  out[at] = ((log.timeMs[slot] ?? 0) - log.originMs) / 1000;
  out[at + 1] = (log.price[slot] ?? 0) - log.originPrice;
  out[at + 2] = log.side[slot] === 1 ? -lasts : lasts;
  out[at + 3] = log.logSize[slot] ?? 0;
  out[at + 4] = log.height[slot] ?? 0;
}
