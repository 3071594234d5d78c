/** What the QuestDB store makes of answers that a healthy server does not give. Needs no server. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { type CannedAnswer, type CannedServer, type SeenRequest, startCannedServer } from './canned-server.fixture.ts';
import { trade } from './events.fixture.ts';
import { QuestDbStore, type QuestDbStoreOptions } from './questdb-store.ts';

let server: CannedServer | null = null;

async function storeFacing(
  answer: (seen: SeenRequest) => CannedAnswer | null,
  options: Partial<QuestDbStoreOptions> = {},
): Promise<QuestDbStore> {
  server = await startCannedServer(answer);
  return new QuestDbStore({ url: server.url, ...options });
}

afterEach(async () => {
  await server?.close();
  server = null;
});

describe('QuestDbStore', () => {
  it('is unreachable where nobody listens, and says what to do', async () => {
    const store = await storeFacing(() => null);
    const url = server?.url;
    await server?.close();
    await expect(store.open()).rejects.toMatchObject({
      code: 'store.unreachable',
      address: url,
      retryable: true,
      message: expect.stringContaining('ECONNREFUSED'),
      remedy: expect.stringContaining('Start QuestDB'),
    });
    server = null;
  });

  it('is unreachable when no answer comes in time', async () => {
    const store = await storeFacing(() => null, { requestTimeoutMs: 20 });
    await expect(store.query('SELECT 1')).rejects.toMatchObject({
      code: 'store.unreachable',
      message: expect.stringContaining('timeout'),
    });
  });

  it.each([
    { status: 401, code: 'store.rejected', retryable: false, remedy: 'password' },
    { status: 500, code: 'store.rejected', retryable: true, remedy: 'log' },
    { status: 503, code: 'store.unreachable', retryable: true, remedy: 'Wait' },
  ])('takes HTTP $status for $code', async ({ status, code, retryable, remedy }) => {
    const store = await storeFacing(() => ({ status, body: 'plain words' }));
    const batch = store.newBatch();
    batch.append(trade());
    const failure = { code, retryable, remedy: expect.stringContaining(remedy) };
    await expect(store.write(batch)).rejects.toMatchObject({ ...failure, context: { status, said: 'plain words' } });
    await expect(store.query('SELECT 1')).rejects.toMatchObject(failure);
    expect(server?.seen.map(({ path }) => path)).toEqual(['/write', '/exec']);
  });

  it('uses a connection again, and leaves none open', async () => {
    const store = await storeFacing(() => ({ status: 200, body: '{"columns":[],"dataset":[]}' }));
    for (let i = 0; i < 3; i++) await store.query('SELECT 1');
    expect(server?.connections).toEqual({ opened: 1, open: 1 });
    await store.close();
    await vi.waitFor(() => expect(server?.connections).toEqual({ opened: 1, open: 0 }));
  });

  it('does not take another service on the port for QuestDB', async () => {
    const store = await storeFacing(() => ({ status: 200, body: '<html>hello</html>' }));
    await expect(store.open()).rejects.toMatchObject({ code: 'store.rejected' });
  });

  it('sends its credentials with each request, and never tells them', async () => {
    const refuse = (): CannedAnswer => ({ status: 403, body: '' });
    const store = await storeFacing(refuse, { username: 'admin', password: 'quest-secret' });
    const error: unknown = await store.query('SELECT 1').catch((caught: unknown) => caught);
    expect(server?.seen[0]?.headers.authorization).toBe('Basic YWRtaW46cXVlc3Qtc2VjcmV0');
    expect(JSON.stringify(error) + String(error)).not.toMatch(/secret|YWRtaW4/);
  });

  const walTables = (...rows: readonly (readonly unknown[])[]): CannedAnswer => {
    const columns = ['name', 'suspended', 'writerTxn', 'sequencerTxn', 'errorMessage'].map((name) => ({
      name,
      type: 'STRING',
    }));
    return { status: 200, body: JSON.stringify({ columns, dataset: rows }) };
  };

  it('settles when the log of every table is applied, and not before', async () => {
    const applied = [3, 4, 5, 5];
    const store = await storeFacing(() => walTables(['trades', false, applied.shift(), 5, '']));
    await store.settle();
    expect(applied).toEqual([5]);
  });

  it('gives up settling after its time, with the tables that are behind', async () => {
    const store = await storeFacing(() => walTables(['trades', false, 3, 5, ''], ['new_orders', false, 5, 5, '']), {
      settleTimeoutMs: 20,
    });
    await expect(store.settle()).rejects.toMatchObject({ code: 'store.unsettled', context: { tables: ['trades'] } });
  });

  it('says that a suspended table needs a person, and what to run', async () => {
    const store = await storeFacing(() => walTables(['trades', true, 3, 5, 'No space left on device']));
    await expect(store.settle()).rejects.toMatchObject({
      code: 'store.suspended',
      retryable: false,
      message: expect.stringContaining('No space left on device'),
      remedy: expect.stringContaining('ALTER TABLE "trades" RESUME WAL'),
    });
  });
});
