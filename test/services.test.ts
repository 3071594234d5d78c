import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it, vi } from 'vitest';

import { startNatsAt } from '../scripts/services/nats-server.ts';
import { findKillablePrograms } from '../scripts/services/start-services.ts';
import { SourceUnavailable, firstAvailable } from '../scripts/services/source.ts';
import { ServerFailed, onFreePort, startServer, untilReady } from '../scripts/services/server-process.ts';
import { describeWithNats, describeWithQuestDb } from './services.ts';

/** A program that only a signal ends. */
const WAITS_FOREVER = 'setInterval(() => {}, 60_000);';

describeWithNats('the NATS server of a test run', (natsUrl) => {
  it('stores a message', async () => {
    const connection = await connect({ servers: natsUrl });
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: 'services-test', subjects: ['services-test.>'] });
    const acknowledgement = await jetstream(connection).publish('services-test.one', 'text');
    expect(acknowledgement.seq).toBe(1);
    await manager.streams.delete('services-test');
    await connection.close();
  });
});

describeWithNats('a NATS server of our own', () => {
  it('has its data again after it was killed', async () => {
    const { nats: program } = await findKillablePrograms();
    if (program === null) return expect(process.env['REQUIRE_SERVICES']).not.toBe('1');
    const folder = await temporaryFolder();
    const first = await onFreePort((port) => startNatsAt(program, { port, folder }));
    const connection = await connect({ servers: first.url });
    await (await jetstreamManager(connection)).streams.add({ name: 'kept', subjects: ['kept'] });
    await jetstream(connection).publish('kept', 'text');
    await connection.close();

    process.kill(first.process.pid, 'SIGKILL');
    await vi.waitFor(() => expect(first.process.hasEnded()).toBe(true), { timeout: 10_000 });
    const second = await startNatsAt(program, { port: first.port, folder });
    const again = await connect({ servers: second.url });
    expect((await (await jetstreamManager(again)).streams.info('kept')).state.messages).toBe(1);
    await again.close();
    await second.process.stop();
    await rm(folder, { recursive: true });
  });
});

describeWithQuestDb('the QuestDB server of a test run', (questdbUrl) => {
  it('answers a query', async () => {
    const response = await fetch(new URL('/exec?query=select%201%20as%20one', questdbUrl));
    expect(await response.json()).toMatchObject({ dataset: [[1]] });
  });
});

describe('searching for a server', () => {
  const missing = (name: string) => ({
    name,
    find: async (): Promise<string> => {
      throw new SourceUnavailable('has none');
    },
  });

  it('takes the first source that has it and asks no further', async () => {
    const asked: string[] = [];
    const never = { name: 'later', find: vi.fn<() => Promise<string>>() };
    const found = { name: 'here', find: async () => 'program' };
    const search = await firstAvailable([missing('nearest'), found, never], (name) => asked.push(name));
    expect(search).toEqual({ program: 'program', reasons: ['nearest: has none'] });
    expect(asked).toEqual(['nearest', 'here']);
    expect(never.find).not.toHaveBeenCalled();
  });

  it('tells every reason when none has it', async () => {
    const search = await firstAvailable([missing('a'), missing('b')], () => {});
    expect(search).toEqual({ program: null, reasons: ['a: has none', 'b: has none'] });
  });

  it('does not take a bug for a missing server', async () => {
    const broken = { name: 'broken', find: () => Promise.reject(new TypeError('a bug')) };
    await expect(firstAvailable([broken], () => {})).rejects.toThrow(TypeError);
  });
});

describe('a server process', () => {
  it('is gone after stop, with its folder', async () => {
    const folder = await temporaryFolder();
    const server = await startServer({
      command: process.execPath,
      args: ['-e', WAITS_FOREVER],
      folderToRemove: folder,
    });
    expect(isRunning(server.pid)).toBe(true);
    await server.stop();
    await server.stop();
    expect(server.hasEnded()).toBe(true);
    expect(isRunning(server.pid)).toBe(false);
    expect(existsSync(folder)).toBe(false);
  });

  it('is gone after its parent was killed, with its folder', async () => {
    const folder = await temporaryFolder();
    const module = new URL('../scripts/services/server-process.ts', import.meta.url).href;
    const program = `
      const { startServer } = await import(${JSON.stringify(module)});
      const server = await startServer({
        command: process.execPath,
        args: ['-e', ${JSON.stringify(WAITS_FOREVER)}],
        folderToRemove: ${JSON.stringify(folder)},
      });
      console.log(server.pid);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line]: unknown[] = await once(parent.stdout, 'data');
    const pid = Number(String(line));
    expect(isRunning(pid)).toBe(true);
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(existsSync(folder)).toBe(false), { timeout: 10_000 });
    expect(isRunning(pid)).toBe(false);
  });

  it('that ends while starting fails with its last words', async () => {
    const server = await startServer({ command: process.execPath, args: ['-e', 'console.error("no luck")'] });
    const neverReady = () => Promise.reject(new Error('not ready'));
    await expect(untilReady(server, neverReady, 20_000)).rejects.toThrow(/ended while starting\n[^]*no luck/);
  });

  it('that is never ready is stopped', async () => {
    const server = await startServer({ command: process.execPath, args: ['-e', WAITS_FOREVER] });
    const neverReady = () => Promise.reject(new Error('not ready'));
    await expect(untilReady(server, neverReady, 0)).rejects.toThrow(ServerFailed);
    expect(isRunning(server.pid)).toBe(false);
  });

  it('of a program that does not exist fails', async () => {
    await expect(startServer({ command: '/no/such/program', args: [] })).rejects.toThrow(/cannot be started.*ENOENT/);
  });
});

describe('a free port', () => {
  it('is chosen anew when the start fails', async () => {
    const tried: number[] = [];
    const port = await onFreePort(async (candidate) => {
      tried.push(candidate);
      if (tried.length < 3) throw new ServerFailed('taken');
      return candidate;
    });
    expect(tried).toHaveLength(3);
    expect(port).toBe(tried[2]);
  });

  it('is tried three times at most', async () => {
    const start = vi.fn<() => Promise<never>>().mockRejectedValue(new ServerFailed('taken'));
    await expect(onFreePort(start)).rejects.toThrow('taken');
    expect(start).toHaveBeenCalledTimes(3);
  });

  it('accepts nothing yet', async () => {
    const refused = onFreePort(async (port) => await once(connectTcp(port, '127.0.0.1'), 'connect'));
    await expect(refused).rejects.toThrow('ECONNREFUSED');
  });
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'whalewatch-services-test-'));
  await writeFile(join(folder, 'file'), 'content');
  return folder;
}

/** Signal 0 only asks (kill(2)). */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
