import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { answersOf } from '../../test/fixtures/wire-messages.ts';
import { krakenV2 } from '../exchanges/kraken-v2.ts';
import { startSimulator, type Simulator } from './simulator.ts';

const answerSchema = z.object({
  error: z.array(z.string()).length(0),
  result: z.record(
    z.string(),
    z.looseObject({
      wsname: z.string(),
      tick_size: z.string(),
      pair_decimals: z.int(),
      lot_decimals: z.int(),
      status: z.string(),
    }),
  ),
});

let simulator: Simulator;

beforeEach(async () => {
  const pairs = ['BTC-USD', 'DOGE-BTC', 'ETH-USD'];
  simulator = await startSimulator({ seed: 'asset-pairs', venues: ['kraken'], pairs, driveManually: true });
});

afterEach(() => simulator.stop());

async function get(path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`${simulator.urls.kraken?.rest}${path}`);
  return { status: response.status, body: await response.text() };
}

it('lists its pairs by REST as the venue does, under the old names of assets', async () => {
  const { status, body } = await get('/0/public/AssetPairs');
  const { result } = answerSchema.parse(JSON.parse(body));
  expect(status).toBe(200);
  expect(Object.keys(result)).toEqual(['XBTUSD', 'XDGXBT', 'ETHUSD']);
  expect(Object.values(result).map(({ wsname }) => wsname)).toEqual(['XBT/USD', 'XDG/XBT', 'ETH/USD']);
  expect(result['XBTUSD']).toMatchObject({ status: 'online', tick_size: '0.1', pair_decimals: 1, lot_decimals: 8 });
});

it('names the pairs, steps and states that a feed asks for', async () => {
  const { body } = await get('/0/public/AssetPairs');
  const listed: unknown[] = [];
  for (const { kind, instruments } of answersOf(krakenV2, '/0/public/AssetPairs', body))
    listed.push(kind, ...instruments);
  expect(listed.slice(0, 3)).toEqual([
    'instruments',
    { venueSymbol: 'XBT/USD', base: 'BTC', quote: 'USD', tickSize: '0.1', lotSize: '0.00000001', tradable: true },
    expect.objectContaining({ venueSymbol: 'XDG/XBT', base: 'DOGE', quote: 'BTC' }),
  ]);
});

it('knows no other method of the REST interface', async () => {
  expect(await get('/0/public/Ticker')).toEqual({ status: 404, body: '{"error":["EGeneral:Unknown method"]}' });
});
