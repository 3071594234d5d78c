import { describe, expect, it } from 'vitest';
import type { Clock } from '../../ports/clock.ts';
import type { ChildSpec, RestartKind } from './child-spec.ts';
import { Supervisor } from './supervisor.ts';

class FakeClock implements Clock {
  private us = 1_000_000;
  private timers: { readonly dueUs: number; readonly fn: () => void }[] = [];

  nowUs(): number {
    return this.us;
  }

  setTimer(ms: number, fn: () => void): () => void {
    const timer = { dueUs: this.us + ms * 1000, fn };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  }

  get pending(): number {
    return this.timers.length;
  }

  /** Lets time pass, and everything that follows from the timers that are due. */
  async advance(ms: number): Promise<void> {
    const untilUs = this.us + ms * 1000;
    for (;;) {
      const [next] = this.timers.filter(({ dueUs }) => dueUs <= untilUs).sort((a, b) => a.dueUs - b.dueUs);
      if (next === undefined) break;
      this.us = next.dueUs;
      this.timers = this.timers.filter((one) => one !== next);
      next.fn();
      await settled();
    }
    this.us = untilUs;
  }
}

/** All promises that wait for nothing but each other are through. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

interface World {
  readonly clock: FakeClock;
  readonly supervisor: Supervisor;
  /** What happened, in order. */
  readonly said: string[];
  /** What the next starts of a child do instead of succeeding, by id. */
  readonly starts: Map<string, (() => Promise<void>)[]>;
}

function world(
  options: {
    ids?: readonly string[];
    restart?: RestartKind;
    maxRestarts?: number;
    periodMs?: number;
    uniform?: () => number;
    isTransient?: (error: unknown) => boolean;
    stop?: (id: string) => Promise<void>;
  } = {},
): World {
  const { ids = ['a', 'b', 'c'], restart = 'permanent', maxRestarts = 3, periodMs = 10_000 } = options;
  const clock = new FakeClock();
  const said: string[] = [];
  const starts = new Map<string, (() => Promise<void>)[]>();
  const children: ChildSpec[] = ids.map((id) => ({
    id,
    restart,
    shutdownMs: 500,
    start: async () => {
      said.push(`start ${id}`);
      await starts.get(id)?.shift()?.();
    },
    stop: async (deadlineMs) => {
      said.push(`stop ${id} within ${deadlineMs}`);
      await options.stop?.(id);
    },
  }));
  const supervisor = new Supervisor({
    children,
    maxRestarts,
    periodMs,
    backoffMinMs: 100,
    backoffMaxMs: 1000,
    clock,
    uniform: options.uniform ?? (() => 0.5),
    ...(options.isTransient === undefined ? {} : { isTransient: options.isTransient }),
    onFailed: ({ id, error, backoffMs }) => said.push(`failed ${id}: ${String(error)}, again in ${backoffMs}`),
    onRestarted: ({ id, downMs, restarts }) => said.push(`restarted ${id} after ${downMs}, ${restarts}`),
    onGivenUp: ({ id, error, restarts }) => said.push(`given up ${id}: ${String(error)} after ${restarts}`),
  });
  return { clock, supervisor, said, starts };
}

describe('a supervisor', () => {
  it('starts its children in order and stops them in reverse', async () => {
    const { supervisor, said } = world();
    expect(supervisor.down).toEqual(['a', 'b', 'c']);
    await supervisor.start();
    expect(supervisor.down).toEqual([]);
    await supervisor.stop();
    expect(said).toEqual([
      ...['start a', 'start b', 'start c'],
      ...['stop c within 500', 'stop b within 500', 'stop a within 500'],
    ]);
    expect(supervisor.down).toEqual(['a', 'b', 'c']);
  });

  it('stops one child only after the one that was started after it has stopped', async () => {
    const release = Promise.withResolvers<void>();
    const { supervisor, said } = world({ stop: (id) => (id === 'b' ? release.promise : Promise.resolve()) });
    await supervisor.start();
    said.length = 0;
    const stopped = supervisor.stop();
    await settled();
    expect(said).toEqual(['stop c within 500', 'stop b within 500']);
    release.resolve();
    await stopped;
    expect(said.at(-1)).toBe('stop a within 500');
  });

  it('stops the earlier children where one does not start, and throws its reason', async () => {
    const { supervisor, said, starts } = world();
    starts.set('c', [() => Promise.reject(new Error('no server'))]);
    await expect(supervisor.start()).rejects.toThrow('no server');
    expect(said).toEqual(['start a', 'start b', 'start c', 'stop b within 500', 'stop a within 500']);
  });

  it('leaves a child alone that is not to run, starts it when it is, and stops it when it is not any more', async () => {
    const { supervisor, said, clock, starts } = world();
    await supervisor.start((id) => id !== 'b');
    expect([said, supervisor.down]).toEqual([['start a', 'start c'], []]);
    starts.set('b', [() => Promise.reject(new Error('no server'))]);
    await supervisor.want('b');
    expect(said.slice(2)).toEqual(['start b', 'failed b: Error: no server, again in 50']);
    expect(supervisor.down).toEqual(['b']);
    await clock.advance(50);
    expect(supervisor.down).toEqual([]);
    said.length = 0;
    await supervisor.unwant('b', 7);
    supervisor.failed('b', new Error('boom'));
    expect([said, supervisor.down, clock.pending]).toEqual([['stop b within 7'], [], 0]);
    await supervisor.stop();
    expect(said.slice(1)).toEqual(['stop c within 500', 'stop a within 500']);
  });

  it('does not start a child that waits for its restart and is not to run any more', async () => {
    const { supervisor, said, clock } = world();
    await supervisor.start();
    supervisor.failed('b', new Error('boom'));
    said.length = 0;
    await supervisor.unwant('b', 7);
    await clock.advance(1000);
    expect([said, supervisor.down]).toEqual([[], []]);
  });

  it('takes a child that dies before its start is over for one that did not start', async () => {
    const { supervisor, said, starts } = world();
    starts.set('b', [async () => supervisor.failed('b', new Error('died at once'))]);
    await expect(supervisor.start()).rejects.toThrow('died at once');
    expect(said).toEqual(['start a', 'start b', 'stop a within 500']);
  });

  it('starts a failed child again alone, after its back-off', async () => {
    const { supervisor, said, clock } = world();
    await supervisor.start();
    said.length = 0;
    supervisor.failed('b', new Error('boom'));
    expect(said).toEqual(['failed b: Error: boom, again in 50']);
    expect(supervisor.down).toEqual(['b']);
    await clock.advance(49);
    expect(said).toHaveLength(1);
    await clock.advance(1);
    expect(said.slice(1)).toEqual(['start b', 'restarted b after 50, 1']);
    expect(supervisor.down).toEqual([]);
  });

  it('hears of one death once, however often it is told', async () => {
    const { supervisor, said, clock } = world();
    await supervisor.start();
    supervisor.failed('b', new Error('boom'));
    supervisor.failed('b', new Error('echo'));
    supervisor.failed('nobody', new Error('boom'));
    await clock.advance(1000);
    expect(said.filter((line) => line.startsWith('failed'))).toHaveLength(1);
  });

  it('doubles the longest back-off with each failure in a row, up to the limit, and draws below it', async () => {
    const { supervisor, said, clock } = world({ ids: ['a'], maxRestarts: 10, uniform: () => 0.99 });
    await supervisor.start();
    for (let i = 0; i < 6; i++) {
      supervisor.failed('a', new Error('boom'));
      await clock.advance(1000);
    }
    const waits = said.flatMap((line) => /again in (\d+)/.exec(line)?.[1] ?? []);
    expect(waits).toEqual(['99', '198', '396', '792', '990', '990']);
  });

  it('begins with the short back-off again where a child had run for a whole period', async () => {
    const { supervisor, said, clock } = world({ ids: ['a'] });
    await supervisor.start();
    for (const pauseMs of [500, 500, 20_000, 500]) {
      supervisor.failed('a', new Error('boom'));
      await clock.advance(pauseMs);
    }
    const waits = said.flatMap((line) => /again in (\d+)/.exec(line)?.[1] ?? []);
    expect(waits).toEqual(['50', '100', '200', '50']);
  });

  it('tries again where a restart does not come up, and counts the whole time that the child was down', async () => {
    const { supervisor, said, clock, starts } = world({ ids: ['a'] });
    await supervisor.start();
    said.length = 0;
    const never = (): Promise<void> => Promise.reject(new Error('still away'));
    starts.set('a', [never, async () => supervisor.failed('a', new Error('died at once'))]);
    supervisor.failed('a', new Error('boom'));
    await clock.advance(1000);
    expect(said).toEqual([
      'failed a: Error: boom, again in 50',
      'start a',
      'failed a: Error: still away, again in 100',
      'start a',
      'failed a: Error: died at once, again in 200',
      'start a',
      'restarted a after 350, 3',
    ]);
  });

  it('gives up a child that fails more often than the intensity allows; the others go on', async () => {
    const { supervisor, said, clock } = world({ maxRestarts: 2 });
    await supervisor.start();
    for (let i = 0; i < 3; i++) {
      supervisor.failed('a', new Error(`boom ${i}`));
      await clock.advance(1000);
    }
    expect(said.at(-1)).toBe('given up a: Error: boom 2 after 2');
    expect([supervisor.givenUp, supervisor.down, clock.pending]).toEqual([['a'], ['a'], 0]);
    supervisor.failed('b', new Error('boom'));
    await clock.advance(1000);
    expect(supervisor.down).toEqual(['a']);
    said.length = 0;
    await supervisor.stop();
    expect(said).toEqual(['stop c within 500', 'stop b within 500']);
  });

  it('waits as long as it takes where a child cannot start for no fault of its own; only its deaths count', async () => {
    const isTransient = (error: unknown): boolean => String(error).includes('server is away');
    const { supervisor, said, clock, starts } = world({ ids: ['a'], maxRestarts: 2, isTransient });
    await supervisor.start();
    const away = (): Promise<void> => Promise.reject(new Error('the server is away'));
    starts.set(
      'a',
      Array.from({ length: 6 }, () => away),
    );
    supervisor.failed('a', new Error('boom'));
    await clock.advance(5000);
    const waits = said.flatMap((line) => /again in (\d+)/.exec(line)?.[1] ?? []);
    expect(waits).toEqual(['50', '100', '200', '400', '500', '500', '500']);
    expect(said.at(-1)).toBe('restarted a after 2250, 1');
    supervisor.failed('a', new Error('the server is away'));
    await clock.advance(1000);
    expect(supervisor.down).toEqual([]);
    supervisor.failed('a', new Error('boom'));
    expect(said.at(-1)).toBe('given up a: Error: boom after 2');
  });

  it('allows as many restarts again once the period has passed', async () => {
    const { supervisor, clock } = world({ ids: ['a'], maxRestarts: 2, periodMs: 10_000 });
    await supervisor.start();
    for (let i = 0; i < 6; i++) {
      supervisor.failed('a', new Error('boom'));
      await clock.advance(5001);
    }
    expect(supervisor.givenUp).toEqual([]);
  });

  it('never starts a temporary child again', async () => {
    const { supervisor, said, clock } = world({ ids: ['a'], restart: 'temporary' });
    await supervisor.start();
    supervisor.failed('a', new Error('boom'));
    await clock.advance(60_000);
    expect(said).toEqual(['start a', 'given up a: Error: boom after 0']);
  });

  it('starts nothing any more once it stops, neither what waits nor what fails meanwhile', async () => {
    const { supervisor, said, clock } = world({
      stop: async (id) => supervisor.failed(id, new Error('died while it stopped')),
    });
    await supervisor.start();
    supervisor.failed('b', new Error('boom'));
    said.length = 0;
    await supervisor.stop();
    await clock.advance(60_000);
    expect(said).toEqual(['stop c within 500', 'stop a within 500']);
    expect(clock.pending).toBe(0);
  });

  it('waits for a child that is just starting again, and stops that too', async () => {
    const { supervisor, said, clock, starts } = world({ ids: ['a', 'b'] });
    await supervisor.start();
    const booted = Promise.withResolvers<void>();
    starts.set('b', [() => booted.promise]);
    supervisor.failed('b', new Error('boom'));
    await clock.advance(100);
    said.length = 0;
    const stopped = supervisor.stop();
    await settled();
    expect(said).toEqual(['stop b within 500']);
    booted.resolve();
    await stopped;
    expect(said).toEqual(['stop b within 500', 'stop b within 500', 'stop a within 500']);
  });
});
