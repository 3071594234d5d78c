import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { busClosed } from './bus-error.ts';
import { NatsLane, type LaneHost } from './nats-lane.ts';
import type { PublishReply } from './pub-ack.ts';

const STORED: PublishReply = { kind: 'stored', duplicate: false, sequence: 7 };
const ACK_TIMEOUT_MS = 1_000;
const ATTEMPTS = 3;

/** A server whose answers the test gives. */
class FakeServer implements LaneHost {
  readonly ackTimeoutMs = ACK_TIMEOUT_MS;
  readonly attempts = ATTEMPTS;
  isPatient = false;
  readonly sent: string[] = [];
  readonly open = new Map<string, (reply: PublishReply) => void>();
  retries = 0;
  room = Promise.withResolvers<void>();
  private replies = 0;

  openReply(onReply: (reply: PublishReply) => void): string {
    const reply = `r${++this.replies}`;
    this.open.set(reply, onReply);
    return reply;
  }
  closeReply(reply: string): void {
    this.open.delete(reply);
  }
  send(_subject: string, _data: Uint8Array, id: string): void {
    this.sent.push(id);
  }
  waitForRoom(): Promise<void> {
    return this.room.promise;
  }
  pause(): Promise<void> {
    return Promise.resolve();
  }
  onRetry(): void {
    this.retries++;
  }
  answer(reply: PublishReply): void {
    for (const onReply of this.open.values()) onReply(reply);
  }
}

let server: FakeServer;
let lane: NatsLane;
beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  lane = new NatsLane('md.kraken.0', server);
});
afterEach(() => {
  vi.useRealTimers();
});

function publish(...ids: string[]): { outcomes: string[] } {
  const outcomes: string[] = [];
  for (const id of ids) {
    lane.publish(Uint8Array.of(1), id).then(
      () => outcomes.push(`${id} taken`),
      (error: { code: string }) => outcomes.push(`${id} ${error.code}`),
    );
  }
  return { outcomes };
}

const turns = async (): Promise<unknown> => await vi.advanceTimersByTimeAsync(0);

test('a batch is sent when the one before is stored', async () => {
  const { outcomes } = publish('a', 'b');
  expect(server.sent).toEqual(['a']);
  server.answer(STORED);
  expect(server.sent).toEqual(['a', 'b']);
  server.answer(STORED);
  await turns();
  expect(outcomes).toEqual(['a taken', 'b taken']);
  expect(server.open.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('a batch refused by a full stream is not overtaken, however long it lasts', async () => {
  const { outcomes } = publish('a', 'b');
  for (let i = 0; i < ATTEMPTS * 2; i++) {
    server.answer({ kind: 'full', reason: 'maximum bytes exceeded' });
    await turns();
    expect(server.sent.length).toBe(i + 1);
    server.room.resolve();
    server.room = Promise.withResolvers();
    await turns();
  }
  expect(new Set(server.sent)).toEqual(new Set(['a']));
  server.answer(STORED);
  server.answer(STORED);
  await turns();
  expect(outcomes).toEqual(['a taken', 'b taken']);
});

test('a lost acknowledgement leads to the same id again, and its late arrival counts', async () => {
  const { outcomes } = publish('a');
  await vi.advanceTimersByTimeAsync(ACK_TIMEOUT_MS);
  expect(server.sent).toEqual(['a', 'a']);
  server.answer(STORED);
  await turns();
  expect(outcomes).toEqual(['a taken']);
  expect(server.retries).toBe(1);
});

test('a new connection carries what awaits its reply again, and nothing else', async () => {
  lane.resend();
  expect(server.sent).toEqual([]);
  publish('a', 'b');
  lane.resend();
  expect(server.sent).toEqual(['a', 'a']);
  server.answer({ kind: 'full', reason: '' });
  lane.resend();
  expect(server.sent).toEqual(['a', 'a']);
});

test.each([
  ['silence', async () => await vi.advanceTimersByTimeAsync(ACK_TIMEOUT_MS * ATTEMPTS), 'bus.unreachable', ATTEMPTS],
  ['nobody there', async () => await answerAll({ kind: 'unavailable', reason: '' }), 'bus.unreachable', ATTEMPTS],
  ['a refusal', async () => await answerAll({ kind: 'rejected', reason: 'no' }), 'bus.rejected', 1],
] as const)(
  '%s fails the whole lane, so that nothing follows a batch that is not there',
  async (_, fail, code, sends) => {
    const { outcomes } = publish('a', 'b');
    await fail();
    await turns();
    expect(outcomes).toEqual([`a ${code}`, `b ${code}`]);
    expect(server.sent).toEqual(Array.from({ length: sends }, () => 'a'));
    expect(vi.getTimerCount()).toBe(0);
    // The lane itself goes on.
    const later = publish('c');
    server.answer(STORED);
    await turns();
    expect(later.outcomes).toEqual(['c taken']);
  },
);

test('a patient lane waits for a silent server however long it takes, and not for one that has no stream', async () => {
  server.isPatient = true;
  const first = publish('a');
  await vi.advanceTimersByTimeAsync(ACK_TIMEOUT_MS * ATTEMPTS * 10);
  expect(first.outcomes).toEqual([]);
  server.answer(STORED);
  await turns();
  expect(first.outcomes).toEqual(['a taken']);
  const second = publish('b');
  await vi.advanceTimersByTimeAsync(ACK_TIMEOUT_MS * ATTEMPTS * 10);
  await answerAll({ kind: 'unavailable', reason: '' });
  expect(second.outcomes).toEqual(['b bus.unreachable']);
});

async function answerAll(reply: PublishReply): Promise<void> {
  for (let i = 0; i < ATTEMPTS; i++) {
    server.answer(reply);
    await turns();
  }
}

test('closing rejects what is under way, and what comes after', async () => {
  const { outcomes } = publish('a', 'b');
  lane.close(busClosed());
  const later = publish('c');
  await turns();
  expect([...outcomes, ...later.outcomes]).toEqual(['a bus.closed', 'b bus.closed', 'c bus.closed']);
  expect(vi.getTimerCount()).toBe(0);
});
