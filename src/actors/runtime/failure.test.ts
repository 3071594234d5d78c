import { expect, it } from 'vitest';
import { AppError } from '../../lib/app-error.ts';
import { answerOf, valueOf } from './failure.ts';

class SpecialError extends AppError {}

/** What `postMessage` makes of it. */
const across = structuredClone;

it('brings a value across', async () => {
  expect(valueOf(across(await answerOf(() => ({ rows: 3 }))))).toEqual({ rows: 3 });
  expect(valueOf(across(await answerOf(async () => await Promise.resolve('later'))))).toBe('later');
  expect(valueOf(across(await answerOf(() => undefined)))).toBeUndefined();
});

it.each([
  [
    'with all it has',
    { remedy: 'do this', context: { path: '/data', tries: 3 } },
    'do this',
    { path: '/data', tries: 3 },
  ],
  ['with nothing but its words', {}, undefined, {}],
])('brings expected trouble across %s', async (_, options, remedy, context) => {
  const answer = across(
    await answerOf(() => {
      throw new SpecialError('some.code', 'some words', options);
    }),
  );
  let thrown: unknown;
  try {
    valueOf(answer);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(AppError);
  expect(thrown).toMatchObject({ name: 'AppError', code: 'some.code', message: 'some words', context });
  expect((thrown as AppError).remedy).toBe(remedy);
});

it('lets bugs through, thrown or rejected', async () => {
  const bug = new TypeError('a bug');
  await expect(
    answerOf(() => {
      throw bug;
    }),
  ).rejects.toBe(bug);
  await expect(answerOf(() => Promise.reject(bug))).rejects.toBe(bug);
});
