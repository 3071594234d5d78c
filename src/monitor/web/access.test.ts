import { describe, expect, test } from 'vitest';
import type { AccessOptions } from './access.ts';
import { Access } from './access.ts';

const TOKEN = 'a-token-of-the-tests';
const LOCAL: AccessOptions = { host: '127.0.0.1', token: null, trustedProxyHeader: null, allowedHosts: [] };
const OPEN: AccessOptions = { ...LOCAL, host: '0.0.0.0', token: TOKEN };

const from = (headers: Record<string, string>, peer = '127.0.0.1') => ({ peer, headers });

test.each(['0.0.0.0', '::', '192.168.1.7', 'whales.lan'])('nobody listens on %s without protection', (host) => {
  expect(() => new Access({ ...LOCAL, host })).toThrow(expect.objectContaining({ code: 'monitor.unprotected' }));
  expect(() => new Access({ ...LOCAL, host, token: TOKEN })).not.toThrow();
  expect(() => new Access({ ...LOCAL, host, trustedProxyHeader: 'X-User' })).not.toThrow();
});

describe('on a loopback address without a token', () => {
  const access = new Access(LOCAL);
  test.each([
    ['this machine', from({ host: '127.0.0.1:9465' }), null],
    ['a page of its own', from({ host: 'localhost:9465', origin: 'http://localhost:9465' }), null],
    ['a name that was pointed here', from({ host: 'evil.example:9465' }), /Host/],
    ['a page of another site', from({ host: '127.0.0.1:9465', origin: 'https://evil.example' }), /site/],
    ['another machine', from({ host: '127.0.0.1:9465' }, '10.0.0.1'), /machine/],
    ['a proxy', from({ host: '127.0.0.1:9465', 'x-forwarded-for': '1.2.3.4' }), /proxy/],
  ])('%s', (_case, request, refusal) => {
    if (refusal === null) expect(access.refusalOf(request)).toBeNull();
    else expect(access.refusalOf(request)).toMatch(refusal);
    expect(access.isAdmitted(request)).toBe(true);
  });
});

describe('with a token', () => {
  const access = new Access(OPEN);
  const cookie = access.logIn(TOKEN)?.split(';')[0] ?? '';

  test('it admits who knows it, and nobody else', () => {
    expect(access.isAdmitted(from({ authorization: `Bearer ${TOKEN}` }))).toBe(true);
    expect(access.isAdmitted(from({ cookie: `other=1; ${cookie}` }))).toBe(true);
    for (const headers of [
      {},
      { authorization: 'Bearer ' },
      { authorization: `Bearer ${TOKEN}x` },
      { authorization: `Basic ${TOKEN}` },
      { cookie: `whalewatch=${TOKEN}` },
      { cookie: 'whalewatch=' },
      { cookie: `x${cookie}` },
      { 'x-user': 'me' },
    ]) {
      expect(access.isAdmitted(from(headers)), JSON.stringify(headers)).toBe(false);
    }
  });

  test('a log-in gives a cookie that scripts and other sites cannot use, and not the token', () => {
    expect(access.logIn(TOKEN)).toMatch(/^whalewatch=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(access.logIn('')).toBeNull();
    expect(access.logIn(`${TOKEN} `)).toBeNull();
    expect(new Access({ ...LOCAL, host: '::', trustedProxyHeader: 'X-User' }).logIn('')).toBeNull();
  });

  test('a page opens sockets of its own site alone', () => {
    const host = 'whales.lan:9465';
    expect(access.refusalOf(from({ host, origin: 'http://whales.lan:9465' }, '10.0.0.1'))).toBeNull();
    expect(access.refusalOf(from({ host }, '10.0.0.1'))).toBeNull();
    for (const origin of ['http://whales.lan', 'http://evil.example:9465', 'null', '']) {
      expect(access.refusalOf(from({ host, origin })), origin).toMatch(/site/);
    }
  });

  test('names can be limited, and are on a loopback address', () => {
    const named = new Access({ ...OPEN, allowedHosts: ['Whales.lan'] });
    expect(named.refusalOf(from({ host: 'whales.LAN:9465' }))).toBeNull();
    expect(named.refusalOf(from({ host: '10.0.0.1:9465' }))).toMatch(/Host/);
    expect(new Access({ ...LOCAL, token: TOKEN }).refusalOf(from({ host: 'evil.example' }))).toMatch(/Host/);
  });
});

test('a proxy names whom it has let in', () => {
  const access = new Access({ ...LOCAL, host: '0.0.0.0', trustedProxyHeader: 'X-Forwarded-User' });
  expect(access.isAdmitted(from({ 'x-forwarded-user': 'ann' }))).toBe(true);
  expect(access.isAdmitted(from({ 'x-forwarded-user': '' }))).toBe(false);
  expect(access.isAdmitted(from({}))).toBe(false);
});
