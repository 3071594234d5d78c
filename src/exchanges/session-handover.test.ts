/** When a new connection may take over, by the frames of venues whose frames mean something only together with those before. */

import { describe, expect, it } from 'vitest';

import { utf8Of } from '../lib/utf8.ts';
import { bitfinex } from './bitfinex.ts';
import { Handover } from './session-handover.ts';
import { FakeClock } from './session-test-world.ts';

const BOOK = '"channel":"book","prec":"P0","freq":"F0","len":"250"';
const CONF = '{"event":"conf","status":"OK","flags":196608}';
const BTC = [
  `{"event":"subscribed",${BOOK},"symbol":"tBTCUSD","chanId":11}`,
  '[11,[[100,1,1],[101,1,-1]],1,1700000000000]',
];
const ETH = [
  `{"event":"subscribed",${BOOK},"symbol":"tETHUSD","chanId":12}`,
  '[12,[[10,1,1],[11,1,-1]],2,1700000000001]',
];
const TRADES = '{"event":"subscribed","channel":"trades","chanId":13,"symbol":"tBTCUSD"}';
const GRACE_MS = 5000;
const LIMIT_MS = 60_000;

function world() {
  const clock = new FakeClock();
  const told: string[] = [];
  const handover = new Handover({
    wire: bitfinex,
    venueSymbols: ['tBTCUSD', 'tETHUSD'],
    clock,
    onReady: () => told.push('ready'),
    onFailed: () => told.push('failed'),
  });
  const hear = (frames: readonly string[], isSubscribed: boolean): void => {
    for (const frame of frames) handover.onFrame(utf8Of(frame), isSubscribed);
  };
  return { clock, told, hear };
}

describe('a connection whose books come while it still subscribes', () => {
  it('takes over with the first frame after that', async () => {
    const { clock, told, hear } = world();
    hear([CONF, ...BTC, ...ETH], false);
    expect(told).toEqual([]);
    hear([TRADES], true);
    expect(told).toEqual(['ready']);
    await clock.advance(LIMIT_MS);
    expect(told).toEqual(['ready']);
  });

  it('takes over a little later where one of them was not heard of', async () => {
    const { clock, told, hear } = world();
    hear([CONF, ...BTC], false);
    hear([TRADES], true);
    await clock.advance(GRACE_MS - 1);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect(told).toEqual(['ready']);
  });

  it('takes over with the book that comes last', () => {
    const { told, hear } = world();
    hear([CONF, ...BTC], false);
    hear([TRADES, ...ETH], true);
    expect(told).toEqual(['ready']);
  });
});

it('a connection without any book does not', async () => {
  const { clock, told, hear } = world();
  hear([CONF, TRADES], false);
  hear([TRADES], true);
  await clock.advance(LIMIT_MS);
  expect(told).toEqual(['failed']);
});
