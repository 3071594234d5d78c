import { expect, it } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import { loadConfig } from './config.ts';
import { withField } from './server-field.ts';

const duckdb = loadConfig({ env: {} });
const questdb = loadConfig({ env: {}, overrides: { store: { kind: 'questdb' } } });

it.each([
  ['bus.unreachable', duckdb, 'bus.servers: away'],
  ['store.unreachable', questdb, 'store.questdbUrl: away'],
  ['store.unreachable', duckdb, 'store.duckdbPath: away'],
  ['store.locked', duckdb, 'store.duckdbPath: away'],
  ['store.schema', duckdb, 'away'],
])('%s names its field', (code, config, message) => {
  const named = withField(new AppError(code, 'away', { remedy: 'start it', context: { a: 1 } }), config);
  expect(named).toMatchObject({ code, message, remedy: 'start it', context: { a: 1 } });
});

it('names a field once, and leaves bugs as they are', () => {
  const once = withField(new AppError('bus.unreachable', 'away'), duckdb);
  expect(withField(once, duckdb)).toBe(once);
  const bug = new Error('bug');
  expect(withField(bug, duckdb)).toBe(bug);
});
