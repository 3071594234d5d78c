import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { listenError } from './free-port.ts';

it('says that a port is taken, and leaves it free where it is', async () => {
  const host = '127.0.0.1';
  const holder = createServer().listen(0, host);
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  expect(await listenError({ host, port })).toMatchObject({ code: 'EADDRINUSE' });
  holder.close();
  await once(holder, 'close');
  expect(await listenError({ host, port })).toBeNull();
  expect(await listenError({ host, port })).toBeNull();
});
