import { describe, expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import { childLogger, createLogger } from './logger.ts';

function capture() {
  const lines: string[] = [];
  return { lines, destination: { write: (line: string) => void lines.push(line) } };
}

function fieldsOf(line: string | undefined): unknown {
  return JSON.parse(line ?? '');
}

describe('a line', () => {
  test('is one JSON object with the level as a word, the time in UTC and the actor', () => {
    const { lines, destination } = capture();
    const log = childLogger(createLogger({ level: 'info', destination }), 'book', { symbol: 'BTC-USD' });
    log.info({ gaps: 1 }, 'book gap');
    log.debug('not written');
    expect(lines).toHaveLength(1);
    expect(fieldsOf(lines[0])).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      actor: 'book',
      symbol: 'BTC-USD',
      gaps: 1,
      msg: 'book gap',
    });
  });

  test('hides secrets at every depth at which configuration carries them', () => {
    const { lines, destination } = capture();
    const log = createLogger({ level: 'info', destination });
    log.info(
      { password: 'hunter2', bus: { token: 'hunter2' }, config: { store: { questdbToken: 'hunter2' } } },
      'text',
    );
    expect(lines[0]).not.toContain('hunter2');
    expect(lines[0]).toContain('[hidden]');
  });

  test('carries the code, the facts and the remedy of an error', () => {
    const { lines, destination } = capture();
    const error = new AppError('store.unreachable', 'no answer', { remedy: 'start it', context: { port: 9000 } });
    createLogger({ level: 'info', destination }).error({ err: error }, 'store retry');
    expect(fieldsOf(lines[0])).toMatchObject({
      err: { code: 'store.unreachable', message: 'no answer', remedy: 'start it', context: { port: 9000 } },
    });
  });

  test('can be written for people', () => {
    const { lines, destination } = capture();
    createLogger({ level: 'info', pretty: true, destination }).warn({ symbol: 'BTC-USD' }, 'book resync');
    expect(lines.join('')).toMatch(/WARN.*: book resync/);
    expect(lines.join('')).toContain('symbol: "BTC-USD"');
  });
});
