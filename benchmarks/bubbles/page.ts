/**
 * The chart of the monitor alone, under a stream of orders that come as messages do: texts that are parsed, ten a second of the market's time. Each
 * frame's work of the main thread is a `performance.measure`, and stands between two marks, which the browser's trace has with the
 * processor time of the thread.
 */

import type { ScoredOrder } from '../../src/monitor/api/order.ts';
import { createPrng, uniform } from '../../src/lib/prng.ts';
import type { HeatColumn } from '../../src/monitor/api/whales.ts';
import { OrderChart } from '../../web/whales/order-chart.ts';
import type { BubblesOptions, BubblesResult } from './protocol.ts';
import { FRAME_BEGINS, FRAME_ENDS } from './protocol.ts';

declare global {
  /** Runs one round, for who drives the page. */
  var runBubbles: (options: BubblesOptions) => Promise<BubblesResult>;
}

const FRAMES_PER_SECOND = 60;
const MESSAGES_PER_SECOND = 10;
const FRAMES_PER_MESSAGE = FRAMES_PER_SECOND / MESSAGES_PER_SECOND;
const START_MS = 1_700_000_000_000;
const MID = 64_250;
const BUCKET = 2;
const BUCKETS = 60;
/** Measures of one frame: what came since the frame before, and drawing it. */
const FRAME = 'frame';

globalThis.runBubbles = async ({ seed, bubbles, perSecond, frames, renderer }) => {
  const random = createPrng(seed);
  const draw = (): number => uniform(random);
  let serial = 0;
  let nowMs = START_MS;
  const chart = new OrderChart({ nowMs: () => nowMs, hovered() {}, chosen() {}, scrolled() {}, ranged() {} }, renderer);
  document.body.replaceChildren(chart.element);
  const rangeMs = (bubbles / perSecond) * 1000;
  chart.show({ rangeMs, untilMs: null, scoreMin: 0 });
  for (let left = bubbles; left > 0; left--)
    chart.live.push(orderOf(draw, serial++, START_MS - (left / bubbles) * rangeMs));
  const columns = Array.from({ length: Math.floor(rangeMs / 1000) }, (_, index) =>
    heatOf(draw, START_MS - rangeMs + index * 1000),
  );
  chart.depth.push({ bucket: BUCKET, columns });
  for (const { timeMs } of columns) chart.quotes.push(timeMs, MID - 1, MID + 1);
  // The second frame is behind the layout of the first, from which the chart has its size.
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);

  const messages = Array.from({ length: Math.floor(frames / FRAMES_PER_MESSAGE) }, (_, index) => {
    const sentMs = START_MS + ((index + 1) * 1000) / MESSAGES_PER_SECOND;
    return messageOf(draw, serial + (index * perSecond) / MESSAGES_PER_SECOND, sentMs, perSecond);
  });
  // Draws all that there is: what is timed is what comes then.
  const firstBeganMs = performance.now();
  chart.frame(0);
  const firstMs = performance.now() - firstBeganMs;
  performance.clearMeasures();
  let shownMin = Infinity;
  const beganMs = performance.now();
  for (let frame = 1; frame <= frames; frame++) {
    await new Promise(requestAnimationFrame);
    // The market's time goes by frames, so that a slow screen does not make the work of a frame larger.
    nowMs = START_MS + (frame * 1000) / FRAMES_PER_SECOND;
    const text = frame % FRAMES_PER_MESSAGE === 0 ? messages[frame / FRAMES_PER_MESSAGE - 1] : undefined;
    const start = performance.now();
    performance.mark(FRAME_BEGINS);
    if (text !== undefined) {
      const { orders, heat } = JSON.parse(text) as Message;
      for (const order of orders) chart.live.push(order);
      chart.depth.push({ bucket: BUCKET, columns: heat });
      chart.changed();
    }
    chart.frame(nowMs - START_MS);
    performance.mark(FRAME_ENDS);
    performance.measure(FRAME, { start, end: performance.now() });
    if (frame % FRAMES_PER_SECOND !== 0) continue;
    let shown = 0;
    chart.forEachShown(() => shown++);
    shownMin = Math.min(shownMin, shown);
  }
  const { renderer: drawnBy } = chart;
  const frameMs = performance.getEntriesByName(FRAME).map(({ duration }) => duration);
  const elapsedMs = performance.now() - beganMs;
  await loseCard(chart.element);
  chart.frame(nowMs - START_MS + 1000);
  return {
    renderer: drawnBy,
    withoutCard: chart.renderer,
    firstMs,
    frameMs,
    elapsedMs,
    orders: chart.live.end,
    shownMin,
    checksum: checksumOf(chart),
  };
};

/** Takes the graphics card away from what draws on it. */
async function loseCard(element: HTMLElement): Promise<void> {
  const canvas = element.querySelector('canvas');
  const card = canvas?.getContext('webgl2')?.getExtension('WEBGL_lose_context');
  if (canvas === null || card === null || card === undefined) return;
  const lost = new Promise((resolve) => {
    canvas.addEventListener('webglcontextlost', resolve, { once: true });
  });
  card.loseContext();
  await lost;
}

interface Message {
  readonly orders: readonly ScoredOrder[];
  readonly heat: HeatColumn[];
}

/** What a tenth of a second brings, as the text of a message; a column of the heat map comes each second. */
function messageOf(draw: () => number, serial: number, nowMs: number, perSecond: number): string {
  const count = perSecond / MESSAGES_PER_SECOND;
  const orders = Array.from({ length: count }, (_, index) =>
    orderOf(draw, serial + index, nowMs - 100 + (index * 100) / count),
  );
  const message: Message = { orders, heat: Math.round(nowMs - START_MS) % 1000 < 100 ? [heatOf(draw, nowMs)] : [] };
  return JSON.stringify(message);
}

/** Log-normal sizes, prices around a mid: as simulated markets have them. */
function orderOf(draw: () => number, serial: number, timeMs: number): ScoredOrder {
  const normal = Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  const size = 0.02 * Math.exp(1.1 * normal);
  const side = draw() < 0.5 ? 'bid' : 'ask';
  const price = Math.round((MID + (side === 'bid' ? -1 : 1) * draw() ** 2 * 120) * 100) / 100;
  const scoreSize = normal >= 4 ? 3 : normal >= 3 ? 2 : normal >= 2 ? 1 : 0;
  return {
    ...{
      id: `1700000000000000.${serial}`,
      timeMs,
      side,
      price,
      size,
      notional: price * size,
      score: scoreSize + 1,
      z: normal,
    },
    ...{ scoreSize, scoreSpread: 0, scoreMid: 1, scoreImbalance: 0, spreadBps: 0.3, midDistanceBps: 2, imbalance: 40 },
    ...{ orders: 1, model: 'lognormal' },
  };
}

function heatOf(draw: () => number, timeMs: number): HeatColumn {
  const middle = Math.floor(MID / BUCKET);
  const cells = Array.from({ length: 2 * BUCKETS }, (_, index): [number, number, number] => {
    const size = Math.exp(draw() * 3);
    const bucket = middle - BUCKETS + index;
    return bucket < middle ? [bucket, size, 0] : [bucket, 0, size];
  });
  return { timeMs, cells };
}

/** Over all orders that are held: two runs of one seed agree. */
function checksumOf({ live }: OrderChart): number {
  let sum = 0;
  for (let number = live.begin; number < live.end; number++) {
    const slot = live.slot(number);
    sum = (sum * 31 + Math.round((live.price[slot] ?? 0) * 100) + (live.score[slot] ?? 0)) % 2_147_483_647;
  }
  return sum;
}
