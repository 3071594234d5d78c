import { expect, it } from 'vitest';
import { describeWithBrowser } from '../test/browser/browser.ts';
import { bubblesBenchmark, SMALL } from './bubbles.ts';

describeWithBrowser('the benchmark of bubbles, in its small mode', () => {
  it('draws the same orders with and without WebGL, and goes on where the graphics card is taken away', async () => {
    const { renderers } = await bubblesBenchmark(SMALL);
    expect(renderers.map(({ renderer }) => renderer)).toEqual(['webgl2', 'canvas']);
    expect(renderers[0]?.checksum).toBe(renderers[1]?.checksum);
  });
});
