import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { binanceDepth } from './binance-reference-book.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';
import { SocketProbe } from './socket-probe.ts';

const SEED = 'simulator-test';
let simulator: Simulator | undefined;

async function start(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  simulator = await startSimulator({
    seed: SEED,
    venues: ['binance', 'kraken'],
    pairs: 4,
    driveManually: true,
    ...options,
  });
  return simulator;
}

afterEach(async () => {
  await simulator?.stop();
  simulator = undefined;
});

describe(`simulator (seed ${SEED})`, () => {
  it('serves each venue on a loopback port of its own, with a market of its own', async () => {
    const running = await start();
    const { urls } = running;
    expect(urls.binance?.ws).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
    expect(urls.kraken?.ws).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/v2$/);
    expect(urls.binance?.rest).not.toBe(urls.kraken?.rest);
    expect(running.book('binance', 'BTC-USDT')).not.toEqual(running.book('kraken', 'BTC-USDT'));
  });

  it('tells the whales of all venues as planted, in decimals', async () => {
    const running = await start({ whalesPerMinute: 30 });
    running.advance(60_000_000);
    const truth = running.truth();
    expect(new Set(truth.map(({ exchange }) => exchange))).toEqual(new Set(['binance', 'kraken']));
    expect(truth.length).toBeGreaterThan(40);
    for (const whale of truth) {
      expect(whale.price).toMatch(/^\d+(\.\d+)?$/);
      expect(whale.size).toMatch(/^\d+(\.\d+)?$/);
      expect(whale.sigma).toBeGreaterThan(4);
      expect(whale.exchangeUs).toBeLessThanOrEqual(running.nowUs);
    }
  });

  it('starts two venues with thousands of pairs within seconds', async () => {
    const startedMs = performance.now();
    const running = await start({ pairs: 3_000, ratePerPair: 1 });
    running.advance(1_000_000);
    const elapsedMs = performance.now() - startedMs;
    const response = await fetch(`${running.urls.binance?.rest}/api/v3/exchangeInfo`);
    const info = z.object({ symbols: z.array(z.unknown()) }).parse(await response.json());
    expect(info.symbols).toHaveLength(3_000);
    expect(elapsedMs).toBeLessThan(5_000);
  });

  it('follows the clock by itself where it is not driven by hand', async () => {
    const running = await start({ driveManually: false, ratePerPair: 200 });
    const probe = await SocketProbe.open(`${running.urls.binance?.ws}/ws/btcusdt@depth@100ms`);
    await vi.waitFor(() => expect(probe.frames.length).toBeGreaterThan(3), 10_000);
    const event = probe.takeAs(binanceDepth).at(-1);
    expect(Math.abs(Date.now() - (event?.E ?? 0))).toBeLessThan(5_000);
    expect(() => running.advance(1)).toThrow(expect.objectContaining({ code: 'simulator.option-invalid' }));
  });

  it('refuses what it does not simulate', async () => {
    const running = await start({ venues: ['binance'] });
    expect(() => running.book('binance', 'NO-PAIR')).toThrow(
      expect.objectContaining({ code: 'simulator.pair-unknown' }),
    );
    expect(() => running.dropNext('binance', 'NO-PAIR')).toThrow(
      expect.objectContaining({ code: 'simulator.pair-unknown' }),
    );
    expect(() => running.disconnect('kraken')).toThrow(expect.objectContaining({ code: 'simulator.option-invalid' }));
    await expect(startSimulator({ seed: 1, venues: ['kraken'], pairs: ['BTCUSD'] })).rejects.toMatchObject({
      code: 'simulator.pair-invalid',
    });
    await expect(startSimulator({ seed: 1, venues: ['kraken'], pairs: 1, levelsPerSide: 3 })).rejects.toMatchObject({
      code: 'simulator.option-invalid',
    });
  });

  it('frees what it had opened where a port is taken', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const address = blocker.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(start({ ports: { kraken: port } })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    blocker.close();
    await once(blocker, 'close');
  });
});
