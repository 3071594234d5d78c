import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { EndOfTurn } from './end-of-turn.ts';

function counting(): { readonly done: () => number; readonly end: EndOfTurn } {
  let count = 0;
  return { done: () => count, end: new EndOfTurn(() => count++) };
}

test('does once what was asked for many times in a turn, and again in the next', async () => {
  const { done, end } = counting();
  end.request();
  end.request();
  expect(done()).toBe(0);
  await turn();
  expect(done()).toBe(1);
  end.request();
  await turn();
  expect(done()).toBe(2);
});

test('hurries only where something was asked for', async () => {
  const { done, end } = counting();
  end.hurry();
  expect(done()).toBe(0);
  end.request();
  end.hurry();
  expect(done()).toBe(1);
  await turn();
  expect(done()).toBe(1);
});

test('forgets what was cancelled', async () => {
  const { done, end } = counting();
  end.request();
  end.cancel();
  await turn();
  expect(done()).toBe(0);
});
