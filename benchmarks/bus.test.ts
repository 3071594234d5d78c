import { expect, it } from 'vitest';

import { describeWithNats } from '../test/services.ts';
import { CASE_NAMES } from './bus/cases.ts';
import { busWorkloads } from './bus/workloads.ts';
import { busBenchmark } from './bus.ts';

const ONCE = { warmUp: 0, rounds: 1 };

describeWithNats('the benchmark of the bus, in its small mode', () => {
  it('carries every event in order, whichever way', async () => {
    const report = await busBenchmark({ ...ONCE, workloads: busWorkloads(true) });
    const [small] = report.workloads;
    expect(small?.facts).toMatchObject({ events: 2_000, books: 20 });
    expect(small?.cases.map(({ name }) => name)).toEqual(CASE_NAMES);
  });

  it('gives no figures where events are missing', async () => {
    const [small] = busWorkloads(true).map((one) => ({ ...one, expected: { events: 2_001 } }));
    const workloads = small === undefined ? [] : [small];
    await expect(busBenchmark({ ...ONCE, workloads })).rejects.toMatchObject({ code: 'benchmark.unexpected' });
  });
});
