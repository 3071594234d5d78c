import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ExampleInit } from '../../../test/fixtures/example-thread.ts';
import { WorkerWatch } from '../../../test/fixtures/worker-watch.ts';
import { AppError } from '../../lib/app-error.ts';
import { ThreadDied, ThreadHost } from './thread-host.ts';

const FILE = new URL('../../../test/fixtures/example-thread.ts', import.meta.url);
const EXITING = new URL('../../../test/fixtures/exiting-thread.ts', import.meta.url);
const MISSING = new URL('../../../test/fixtures/no-such-thread.ts', import.meta.url);
/** Far beyond what a test takes: a stop that waits for it fails by the test's own timeout. */
const LONG_MS = 600_000;

let workers: WorkerWatch;
let deaths: string[];
let hosts: ThreadHost[];

beforeEach(() => {
  workers = new WorkerWatch();
  deaths = [];
  hosts = [];
});
afterEach(async () => {
  for (const host of hosts) await host.stop(0);
  await vi.waitFor(() => expect(workers.count).toBe(0));
  workers.close();
});

function newHost(file = FILE): ThreadHost {
  const host = new ThreadHost({
    name: 'example-0',
    file,
    maxHeapMb: null,
    onDeath: (error) => deaths.push(error.message),
  });
  hosts.push(host);
  return host;
}

async function booted(init: ExampleInit = {}): Promise<ThreadHost> {
  const host = newHost();
  await host.boot(init);
  return host;
}

describe('commands', () => {
  it('are answered one after the other, in the order of the calls', async () => {
    const host = await booted();
    const answers: unknown[] = [];
    const note = (answer: unknown): unknown => answers.push(answer);
    await Promise.all([
      host.call('slowly', 'first').then(note),
      host.call('echo', 'second').then(note),
      host.call('slowly', 'third').then(note),
    ]);
    expect(answers).toEqual(['first', 'second', 'third']);
  });

  it('move what they transfer', async () => {
    const host = await booted();
    const bytes = new Uint8Array([1, 2, 3]);
    expect(await host.call('echo', bytes, [bytes.buffer])).toEqual(new Uint8Array([1, 2, 3]));
    expect(bytes.byteLength).toBe(0);
  });

  it('refuse in their own words, and the thread lives on', async () => {
    const host = await booted();
    const refusal = await host.call('refuse').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(AppError);
    expect(refusal).toMatchObject({ code: 'example.full', message: 'no room', remedy: 'wait', context: { queued: 7 } });
    expect(await host.call('count')).toBe(1);
    expect(deaths).toEqual([]);
  });

  it('wait for a thread that is starting', async () => {
    const host = newHost();
    const booting = host.boot({});
    await vi.waitFor(() => expect(host.alive).toBe(true));
    expect(await host.call('count')).toBe(1);
    await booting;
  });
});

describe('a boot', () => {
  it('that the role refuses is reported with the reason of the role, and leaves no thread', async () => {
    const host = newHost();
    await expect(host.boot({ boot: 'refuse' })).rejects.toMatchObject({
      code: 'example.refused',
      message: 'the role cannot start',
      remedy: 'try another',
      context: { port: 4222 },
    });
    expect(host.alive).toBe(false);
    expect(deaths).toEqual([]);
    await vi.waitFor(() => expect(workers.count).toBe(0));
    await host.boot({});
    expect(await host.call('echo', 'second attempt')).toBe('second attempt');
  });

  it('that meets a bug is a death', async () => {
    const host = newHost();
    await expect(host.boot({ boot: 'fail' })).rejects.toMatchObject({
      name: 'ThreadDied',
      code: 'thread.died',
      message: 'thread example-0 died: the role has a bug',
    });
    expect(host.alive).toBe(false);
  });

  it.each([
    ['is missing', MISSING],
    ['ends its thread', EXITING],
  ])('of a file that %s is a death, not a wait for ever', async (_, file) => {
    const host = newHost(file);
    await expect(host.boot({})).rejects.toBeInstanceOf(ThreadDied);
    expect(host.alive).toBe(false);
    expect(deaths).toHaveLength(1);
  });
});

describe('a death', () => {
  it.each([
    ['fail', 'the command has a bug'],
    ['exit', 'worker exited with code: 3'],
  ])('in the command %s rejects it and what waits behind it, and is told once', async (command, words) => {
    const host = await booted();
    const results = await Promise.allSettled([host.call(command), host.call('echo'), host.call('count')]);
    const message = `thread example-0 died: ${words}`;
    for (const result of results)
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'ThreadDied', message } });
    expect(deaths).toEqual([message]);
    expect(host.alive).toBe(false);
  });

  it('between commands is told by itself', async () => {
    const host = await booted();
    await host.call('dieSoon');
    await vi.waitFor(() => expect(deaths).toEqual(['thread example-0 died: died between commands']));
    expect(host.alive).toBe(false);
    await expect(host.call('echo')).rejects.toMatchObject({ code: 'thread.died' });
  });

  it('while a command is under way rejects the command', async () => {
    const host = await booted();
    await host.call('dieSoon');
    await expect(host.call('never')).rejects.toThrow('died between commands');
    expect(deaths).toHaveLength(1);
  });

  it('is followed by another incarnation, which is empty', async () => {
    const host = await booted();
    expect(await host.call('count')).toBe(1);
    await host.call('fail').catch(() => undefined);
    const lateCall = host.call('count');
    await expect(lateCall).rejects.toBeInstanceOf(ThreadDied);
    await host.boot({});
    expect(host.incarnation).toBe(2);
    expect(host.alive).toBe(true);
    expect(await host.call('count')).toBe(1);
  });
});

describe('a ping', () => {
  it('is answered past a command that never ends', async () => {
    const host = await booted();
    const calls = Promise.allSettled([host.call('never')]);
    await host.ping();
    await host.stop(1);
    await calls;
    await expect(host.ping()).rejects.toMatchObject({ code: 'thread.died' });
  });

  it('is not answered by a thread that hangs, which can be ended all the same', async () => {
    const host = await booted();
    const hanging = Promise.allSettled([host.call('hang'), host.call('echo')]);
    await turn();
    const pinged = Promise.allSettled([host.ping()]);
    host.end('it did not answer');
    const message = 'thread example-0 died: it did not answer';
    for (const result of [...(await hanging), ...(await pinged)])
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'ThreadDied', message } });
    expect(deaths).toEqual([message]);
    host.end('a second time');
    await host.boot({});
    await host.ping();
    expect(await host.call('count')).toBe(1);
    expect(deaths).toHaveLength(1);
  });
});

describe('a stop', () => {
  it('lets the role finish what was asked before, then stop itself', async () => {
    const stopped = new SharedArrayBuffer(4);
    const host = await booted({ stopped });
    const asked = host.call('slowly', 'asked before');
    await host.stop(LONG_MS);
    expect(await asked).toBe('asked before');
    expect(new Int32Array(stopped)[0]).toBe(1);
    expect(workers.count).toBe(0);
    expect(deaths).toEqual([]);
  });

  it('ends a role that does not stop at the deadline', async () => {
    const host = await booted({ hangsOnStop: true });
    await host.stop(1);
    expect(workers.count).toBe(0);
    expect(deaths).toEqual([]);
  });

  it('rejects the command under way and those that wait, without starting a thread for them', async () => {
    const host = await booted();
    const calls = Promise.allSettled([host.call('never'), host.call('echo')]);
    await host.stop(1);
    for (const result of await calls)
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'thread.died' } });
    expect(workers.count).toBe(0);
    expect(deaths).toEqual([]);
  });

  it('of a thread that is starting leaves none behind', async () => {
    const host = newHost();
    const booting = host.boot({}).catch((error: unknown) => error);
    await host.stop(LONG_MS);
    expect(await booting).toSatisfy((error) => error === undefined || error instanceof ThreadDied);
    expect(host.alive).toBe(false);
  });

  it('of a dead thread, or of none, is done at once', async () => {
    const host = newHost();
    await host.stop(LONG_MS);
    await host.boot({});
    await host.call('exit').catch(() => undefined);
    await host.stop(LONG_MS);
    await expect(host.call('echo')).rejects.toBeInstanceOf(ThreadDied);
  });
});
