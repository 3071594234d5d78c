import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSimulator, type Simulator } from '../simulator/simulator.ts';
import type { Config } from './config.ts';
import { loadConfig } from './config.ts';
import { resolvePairs } from './pairs.ts';

let simulator: Simulator;
beforeAll(async () => {
  const pairs = ['BTC-USD', 'DOGE-BTC'];
  simulator = await startSimulator({ seed: 'pairs', venues: ['binance', 'kraken'], pairs, driveManually: true });
});
afterAll(() => simulator.stop());

type Pairs = readonly string[] | 'all';

function configOf(pairs: { binance: Pairs; kraken: Pairs }, rest = simulator.urls): Config {
  return loadConfig({
    env: {},
    overrides: {
      exchanges: [
        { exchange: 'binance', pairs: pairs.binance, restUrl: rest.binance?.rest },
        { exchange: 'kraken', pairs: pairs.kraken, restUrl: rest.kraken?.rest },
      ],
    },
  });
}

it('finds the venues’ own names and steps of the pairs', async () => {
  const venues = await resolvePairs(configOf({ binance: ['BTC-USD'], kraken: ['BTC-USD', 'DOGE-BTC'] }));
  expect(venues.map(({ listed, resting }) => [listed.length, resting])).toEqual([
    [2, []],
    [2, []],
  ]);
  const [binance, kraken] = venues.map(({ pairs }) => pairs);
  expect(binance?.map(({ venueSymbol }) => venueSymbol)).toEqual(['BTCUSD']);
  expect(kraken).toEqual([
    { symbol: 'BTC-USD', venueSymbol: 'BTC/USD', base: 'BTC', quote: 'USD', tickSize: '0.1', lotSize: '0.00000001' },
    expect.objectContaining({ symbol: 'DOGE-BTC', venueSymbol: 'DOGE/BTC', base: 'DOGE', quote: 'BTC' }),
  ]);
});

it('takes every pair that a venue lists and trades where all are asked for', async () => {
  const venues = await resolvePairs(configOf({ binance: 'all', kraken: ['BTC-USD'] }));
  expect(venues.map(({ pairs }) => pairs.map(({ symbol, venueSymbol }) => [symbol, venueSymbol]))).toEqual([
    [
      ['BTC-USD', 'BTCUSD'],
      ['DOGE-BTC', 'DOGEBTC'],
    ],
    [['BTC-USD', 'BTC/USD']],
  ]);
  const away = { ...simulator.urls, binance: { ws: '', rest: 'http://127.0.0.1:1' } };
  await expect(resolvePairs(configOf({ binance: 'all', kraken: ['BTC-USD'] }, away))).rejects.toMatchObject({
    code: 'config.unknown-pair',
    message: expect.stringMatching(/^exchanges\[binance\]\.pairs: all pairs are asked for, .* cannot be reached/),
  });
});

it('names every pair that a venue does not list, of all venues at once', async () => {
  const config = configOf({ binance: ['BTC-USD', 'BTC-EUR'], kraken: ['BTC-USDT'] });
  await expect(resolvePairs(config)).rejects.toMatchObject({
    code: 'config.unknown-pair',
    message: expect.stringMatching(
      /^exchanges\[binance\]\.pairs: .* BTC-EUR.*\nexchanges\[kraken\]\.pairs: .*mean BTC-USD\?/,
    ),
  });
});

it('says why a venue could not be asked, and goes on without its steps', async () => {
  const { rest = '' } = simulator.urls.kraken ?? {};
  const away = { binance: { ws: '', rest: `${rest}/nowhere` }, kraken: { ws: '', rest: 'http://127.0.0.1:1' } };
  const venues = await resolvePairs(configOf({ binance: ['BTC-USD'], kraken: ['BTC-USD'] }, away));
  expect(venues.map(({ listed }) => listed)).toEqual([
    expect.stringContaining('answered 404'),
    expect.stringContaining('http://127.0.0.1:1/0/public/AssetPairs cannot be reached'),
  ]);
  expect(venues[1]?.pairs[0]).toMatchObject({ venueSymbol: 'BTC/USD', tickSize: null, lotSize: null });
});
