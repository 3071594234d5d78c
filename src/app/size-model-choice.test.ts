import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runReplay } from '../../test/replay/run-replay.ts';
import { describeWithData } from '../../test/data.ts';
import { captureParts } from '../../test/fixtures/captures.ts';
import { chooseSizeModels } from './size-model-choice.ts';

const OPTIONS = { halfLifeS: 3600, minOrders: 100 };
const fixture = (name: string): string => join(import.meta.dirname, '../../test/fixtures/size-models', name);

describe('the choice of size models', () => {
  it('gives a pair its own, else its exchange’s, else the general one', async () => {
    const overrides = ['kraken=quantile', 'kraken:BTC-USD=pareto', 'binance:ETH-USDT=largest'];
    const modelOf = await chooseSizeModels({
      name: 'lognormal',
      overrides,
      files: [fixture('largest.ts')],
      ...OPTIONS,
    });
    const names = (['kraken ETH-USD', 'kraken BTC-USD', 'binance ETH-USDT', 'binance BTC-USDT'] as const).map(
      (pair) => {
        const [exchange = '', symbol = ''] = pair.split(' ');
        return modelOf(exchange, symbol).name;
      },
    );
    expect(names).toEqual(['quantile', 'pareto', 'largest', 'lognormal']);
  });

  it('says which models there are where one is unknown', async () => {
    await expect(chooseSizeModels({ name: 'normal', ...OPTIONS })).rejects.toMatchObject({
      code: 'scoring.unknown-model',
      message: 'no size model is called normal',
      remedy: 'Name one of lognormal, quantile, pareto, or a module that has it in scoring.modelFiles.',
    });
  });

  it.each([
    ['missing.ts', /cannot be loaded: .*missing/],
    ['other.ts', /exports no function sizeModel/],
    ['nameless.ts', /has no name of lower-case letters/],
    ['half.ts', /has no function observe/],
    ['wordy.ts', /z gives string instead of a number/],
    ['closed.ts', /has a state that is no plain value/],
    ['usurper.ts', /calls its model pareto, which another one is called/],
  ])('refuses %s and says why', async (file, problem) => {
    const refused = chooseSizeModels({ name: 'lognormal', files: [fixture(file)], ...OPTIONS });
    await expect(refused).rejects.toMatchObject({ code: 'scoring.bad-model', message: expect.stringMatching(problem) });
  });
});

describeWithData('a replay with the model of a module', captureParts('binance-4pairs'), (path) => {
  it('scores by it, and names it in every score', async () => {
    const model = {
      name: 'lognormal',
      overrides: ['binance=largest'],
      files: [fixture('largest.ts')],
      halfLifeS: 3600,
      minOrders: 2,
    };
    const { lines } = await runReplay([path], { model, emit: 'scores' });
    expect(lines.length).toBeGreaterThan(100);
    const scores = lines.map((line) => JSON.parse(line) as { model: string; z: number | null });
    expect(new Set(scores.map((score) => score.model))).toEqual(new Set(['largest']));
    expect(scores.some(({ z }) => z !== null)).toBe(true);
  });
});
