import { describe, expect, it } from 'vitest';

import { describeWithQuestDb } from '../test/services.ts';
import { ENCODERS } from './store/encoding.ts';
import { WRITERS } from './store/writing.ts';
import { storeBenchmark, type StoreWorkload, storeWorkloads } from './store.ts';

const ONCE = { warmUp: 0, rounds: 1 };

const small = (name: StoreWorkload['name']): StoreWorkload[] => storeWorkloads(true).filter((one) => one.name === name);

describe('the benchmark of the store, in its small mode', () => {
  it('comes to the same bytes as the client', async () => {
    const report = await storeBenchmark({ ...ONCE, workloads: small('encode') });
    const [encode] = report.workloads;
    expect(encode?.cases.map(({ name }) => name)).toEqual(ENCODERS);
    expect(encode?.facts['rows']).toBeGreaterThan(2_000);
  });

  it('gives no figures where the bytes are not as expected', async () => {
    const workloads = small('encode').map((one) => ({ ...one, expected: { bytes: 1 } }));
    await expect(storeBenchmark({ ...ONCE, workloads })).rejects.toMatchObject({ code: 'benchmark.unexpected' });
  });
});

describeWithQuestDb('the benchmark of the store, in its small mode', () => {
  it('comes to the same tables, whoever writes them, pass after pass', async () => {
    const workloads = small('write').map((one) => ({ ...one, passes: 2 }));
    const report = await storeBenchmark({ ...ONCE, workloads });
    const [write] = report.workloads;
    expect(write?.cases.map(({ name }) => name)).toEqual(WRITERS);
    expect(write?.facts['rows']).toBeGreaterThan(2_000);
  });
});
