/**
 * The chart of the monitor alone, under a stream of orders that come as messages do: texts that are parsed, ten a second. Each
 * frame's work of the main thread is a `performance.measure`.
 */

import type { ScoredOrder } from '../../src/monitor/api/order.ts';
import { createPrng, uniform } from '../../src/lib/prng.ts';
import type { HeatColumn } from '../../src/monitor/api/whales.ts';
import { OrderChart } from '../../web/whales/order-chart.ts';
import type { BubblesOptions, BubblesResult } from './protocol.ts';

declare global {
  /** Runs one round, for who drives the page. */
  var runBubbles: (options: BubblesOptions) => Promise<BubblesResult>;
}

const MESSAGES_PER_SECOND = 10;
const MID = 64_250;
const BUCKET = 2;
const BUCKETS = 60;
/** Measures of one frame: what came since the frame before, and drawing it. */
const FRAME = 'frame';

globalThis.runBubbles = async ({ seed, bubbles, perSecond, frames, renderer }) => {
  const random = createPrng(seed);
  const startMs = Date.now();
  let serial = 0;
  const makeOrder = (timeMs: number): ScoredOrder => orderOf(() => uniform(random), serial++, timeMs);
  const chart = new OrderChart(
    { nowMs: () => Date.now(), hovered() {}, chosen() {}, scrolled() {}, ranged() {} },
    renderer === 'canvas' ? 'canvas' : 'best',
  );
  document.body.replaceChildren(chart.element);
  const rangeMs = (bubbles / perSecond) * 1000;
  chart.show({ rangeMs, untilMs: null, scoreMin: 0 });
  for (let index = 0; index < bubbles; index++) chart.live.push(makeOrder(startMs - rangeMs + (index / bubbles) * rangeMs));
  const column = (timeMs: number): HeatColumn => heatOf(() => uniform(random), timeMs);
  const columns = Array.from({ length: Math.floor(rangeMs / 1000) }, (_, index) => column(startMs - rangeMs + index * 1000));
  chart.depth.push({ bucket: BUCKET, columns });
  for (const { timeMs } of columns) chart.quotes.push(timeMs, MID - 1, MID + 1);
  await new Promise(requestAnimationFrame);

  performance.clearMeasures();
  let sent = 0;
  let second = 0;
  const shown: number[] = [];
  const beganMs = performance.now();
  for (let frame = 0; frame < frames; frame++) {
    const frameMs = await new Promise<number>(requestAnimationFrame);
    const elapsedS = (performance.now() - beganMs) / 1000;
    const due = Math.floor(elapsedS * MESSAGES_PER_SECOND) * (perSecond / MESSAGES_PER_SECOND);
    // What a server would have to do is not counted.
    const made = Array.from({ length: due - sent }, () => makeOrder(Date.now()));
    const text = JSON.stringify({ orders: made, heat: Math.floor(elapsedS) > second ? [column(Date.now())] : [] });
    sent = due;
    second = Math.floor(elapsedS);
    const start = performance.now();
    const message = JSON.parse(text) as { readonly orders: readonly ScoredOrder[]; readonly heat: readonly HeatColumn[] };
    for (const order of message.orders) chart.live.push(order);
    chart.depth.push({ bucket: BUCKET, columns: [...message.heat] });
    chart.changed();
    chart.frame(frameMs);
    performance.measure(FRAME, { start, end: performance.now() });
    let count = 0;
    if (frame % 30 === 0) {
      chart.forEachShown(() => count++);
      shown.push(count);
    }
  }
  return {
    renderer: chart.renderer,
    frameMs: performance.getEntriesByName(FRAME).map(({ duration }) => duration),
    elapsedMs: performance.now() - beganMs,
    orders: chart.live.end,
    shown,
    checksum: checksumOf(chart),
  };
};

/** Log-normal sizes, prices around a mid: as simulated markets have them. */
function orderOf(draw: () => number, serial: number, timeMs: number): ScoredOrder {
  const normal = Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  const size = 0.02 * Math.exp(1.1 * normal);
  const side = draw() < 0.5 ? 'bid' : 'ask';
  const price = Math.round((MID + (side === 'bid' ? -1 : 1) * draw() ** 2 * 120) * 100) / 100;
  const scoreSize = normal >= 4 ? 3 : normal >= 3 ? 2 : normal >= 2 ? 1 : 0;
  return {
    ...{ id: `1700000000000000.${serial}`, timeMs, side, price, size, notional: price * size, score: scoreSize + 1, z: normal },
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

/** Over what the first orders are, whatever the pace: two runs of one seed agree. */
function checksumOf({ live }: OrderChart): number {
  let sum = 0;
  for (let number = live.begin; number < Math.min(live.end, 5000); number++) {
    const slot = live.slot(number);
    sum = (sum * 31 + Math.round((live.price[slot] ?? 0) * 100) + (live.score[slot] ?? 0)) % 2_147_483_647;
  }
  return sum;
}
