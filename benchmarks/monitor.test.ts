import { expect, it } from 'vitest';

import { monitorBenchmark, SMALL } from './monitor.ts';

it('the benchmark of the live monitor, in its small mode, serves its clients one text without holes', async () => {
  const { seen, perS, p99Ms } = await monitorBenchmark(SMALL);
  expect(seen).toMatchObject([{ views: 5, differing: 0, holes: 0, closed: 0 }]);
  expect(seen[0]?.messages).toBeGreaterThan(SMALL.clients * 2);
  expect(perS.messages.median).toBeGreaterThan(perS.encoded.median);
  for (const { median } of [p99Ms.without, p99Ms.with]) expect(median).toBeGreaterThan(0);
});
