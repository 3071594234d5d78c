import { expect, it } from 'vitest';
import { Watchdog, type WatchedThread } from './watchdog.ts';

const EVERY_MS = 1000;

/** A thread that answers when the test says so. */
class FakeThread implements WatchedThread {
  readonly name = 'scoring-0';
  incarnation = 1;
  isTied = false;
  readonly ended: string[] = [];
  private readonly owed: (() => void)[] = [];

  ping(): Promise<void> {
    return new Promise((resolve) => this.owed.push(resolve));
  }

  end(reason: string): void {
    this.ended.push(reason);
  }

  /** @returns how many pings it had not answered */
  async answer(): Promise<number> {
    const owed = this.owed.splice(0);
    for (const resolve of owed) resolve();
    await Promise.resolve();
    return owed.length;
  }
}

function watch(endAfterMs: number | null) {
  const hung: { name: string; silentMs: number }[] = [];
  const watchdog = new Watchdog({ everyMs: EVERY_MS, endAfterMs, onHung: (facts) => hung.push(facts) });
  const thread = new FakeThread();
  const look = (times: number): void => {
    for (let i = 0; i < times; i++) watchdog.look(thread);
  };
  return { watchdog, thread, hung, look };
}

it('lets a thread be that answers, however late within the limit', async () => {
  const { watchdog, thread, hung, look } = watch(5000);
  for (let round = 0; round < 20; round++) {
    look(5);
    expect(watchdog.isSilent(thread)).toBe(true);
    expect(await thread.answer()).toBe(1);
    expect(watchdog.isSilent(thread)).toBe(false);
  }
  expect([hung, thread.ended]).toEqual([[], []]);
});

it('calls a thread silent after three looks, and ends it after the limit, once', () => {
  const { watchdog, thread, hung, look } = watch(5000);
  look(3);
  expect(watchdog.isSilent(thread)).toBe(false);
  look(1);
  expect(watchdog.isSilent(thread)).toBe(true);
  look(2);
  expect(thread.ended).toEqual(['it did not answer for 5 s']);
  expect(hung).toEqual([{ name: 'scoring-0', silentMs: 5000 }]);
});

it('gives the next incarnation all the time, and takes no answer of an earlier one for its own', async () => {
  const { watchdog, thread, hung, look } = watch(5000);
  look(5);
  thread.incarnation = 2;
  look(1);
  expect(watchdog.isSilent(thread)).toBe(false);
  // The answer to the first ping, of a thread that was just about to end.
  expect(await thread.answer()).toBe(2);
  look(5);
  expect(hung).toEqual([]);
  look(1);
  expect(hung).toHaveLength(1);
});

it('ends nobody where it is told not to, and still says who is silent', () => {
  const { watchdog, thread, look } = watch(null);
  look(1000);
  expect(thread.ended).toEqual([]);
  expect(watchdog.isSilent(thread)).toBe(true);
});

it('only tells of a thread that must not be ended alone, once, and until it answers', async () => {
  const { watchdog, thread, hung, look } = watch(5000);
  thread.isTied = true;
  look(5);
  expect(watchdog.isHung(thread)).toBe(false);
  look(100);
  expect(watchdog.isHung(thread)).toBe(true);
  expect(hung).toHaveLength(1);
  await thread.answer();
  expect(watchdog.isHung(thread)).toBe(false);
  look(6);
  expect(hung).toHaveLength(2);
  expect(thread.ended).toEqual([]);
});
