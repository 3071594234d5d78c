import { describe, expect, it } from 'vitest';
import { AppError } from '../../lib/app-error.ts';
import type { Answer } from './failure.ts';
import { threadEntry } from './thread-entry.ts';
import type { ThreadTask } from './thread-protocol.ts';

function newEntry(): (task: ThreadTask) => Promise<Answer> {
  return threadEntry<string>((init) => {
    if (init === 'refuse') return Promise.reject(new AppError('example.refused', 'not today'));
    return Promise.resolve({
      commands: {
        echo: (payload: unknown) => [init, payload],
        fail: () => {
          throw new RangeError('a bug');
        },
        stop: () => undefined,
      },
    });
  });
}

const boot = (incarnation: number, init = 'init'): ThreadTask => ({ task: 'boot', incarnation, init });
const command = (incarnation: number, name: string, payload?: unknown): ThreadTask => {
  return { task: 'command', incarnation, name, payload };
};

describe('a worker', () => {
  it('refuses every command until it is booted', async () => {
    const entry = newEntry();
    await expect(entry(command(1, 'echo'))).rejects.toThrow('for incarnation 1');
    expect(await entry(boot(1))).toMatchObject({ ok: true });
    expect(await entry(command(1, 'echo', 2))).toEqual({ ok: true, value: ['init', 2] });
  });

  it('refuses commands of another incarnation, and those that it does not have', async () => {
    const entry = newEntry();
    await entry(boot(2));
    await expect(entry(command(1, 'echo'))).rejects.toThrow('for incarnation 1, this thread is 2');
    await expect(entry(command(2, 'sing'))).rejects.toThrow('unknown command sing');
  });

  it('is booted once', async () => {
    const entry = newEntry();
    await entry(boot(1));
    await expect(entry(boot(2))).rejects.toThrow('incarnation 1 is already running');
  });

  it('answers why it cannot start, and stays empty', async () => {
    const entry = newEntry();
    expect(await entry(boot(1, 'refuse'))).toMatchObject({ ok: false, code: 'example.refused', message: 'not today' });
    await expect(entry(command(1, 'echo'))).rejects.toThrow('for incarnation 1');
  });

  it('lets a bug through, which ends it', async () => {
    const entry = newEntry();
    await entry(boot(1));
    await expect(entry(command(1, 'fail'))).rejects.toThrow(RangeError);
  });

  it('is watched until it was told to stop', async () => {
    const entry = newEntry();
    await entry(boot(1));
    let ended = false;
    const watch = entry({ task: 'watch', incarnation: 1 }).then((answer) => {
      ended = true;
      return answer;
    });
    await entry(command(1, 'echo'));
    expect(ended).toBe(false);
    await entry(command(1, 'stop'));
    expect(await watch).toMatchObject({ ok: true });
  });
});
