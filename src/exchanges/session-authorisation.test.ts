import { expect, it } from 'vitest';
import { utf8Of } from '../lib/utf8.ts';
import type { Authentication } from '../ports/exchange-wire.ts';
import { authoriserOf } from './session-authorisation.ts';

const credentials = { key: 'the key', secret: 'the secret', passphrase: '' };
const clock = { nowUs: () => 5 };
const authentication: Authentication = {
  tokenRequest: ({ key }, nowUs) => ({ path: `/token?at=${nowUs}`, headers: { key }, body: 'b' }),
  tokenOf: (body) => (body[0] === 116 ? 'token' : ''),
  seal: (frame, { secret }, token, nowUs) => `${frame} ${secret} ${token} ${nowUs}`,
};

it('fetches a token for each connection, and seals its frames with it', async () => {
  const asked: string[] = [];
  const authorise = authoriserOf({
    ...{ authentication, credentials, restUrl: 'http://venue/', clock },
    post: (url, { headers, body }) => {
      asked.push(`${url} ${headers['key']} ${body}`);
      return Promise.resolve(utf8Of('t'));
    },
  });
  expect((await authorise())('frame')).toBe('frame the secret token 5');
  await authorise();
  expect(asked).toEqual(Array.from({ length: 2 }, () => 'http://venue/token?at=5 the key b'));
});

it('fails with the words of the venue, and without a secret', async () => {
  const post = (): Promise<Uint8Array> => Promise.resolve(utf8Of('{"error":["EAPI:Invalid key"]}'));
  const authorise = authoriserOf({ authentication, credentials, restUrl: 'http://venue', clock, post });
  await expect(authorise()).rejects.toThrow(/^no token; the venue said \{"error":\["EAPI:Invalid key"\]\}$/);
});
