import { describe, expect, test } from 'vitest';
import { isLoopback, refusalOf } from './local-request.ts';

const LOCAL = { peer: '127.0.0.1', headers: { host: '127.0.0.1:9464' } };

describe('a request is of this machine', () => {
  test.each([
    [LOCAL, []],
    [{ peer: '::1', headers: { host: '[::1]:9464' } }, []],
    [{ peer: '::ffff:127.0.0.1', headers: { host: 'LOCALHOST:9464', origin: 'http://localhost:9464' } }, []],
    [{ peer: '127.0.0.1', headers: { host: 'whales.lan' } }, ['Whales.lan']],
  ])('%j', (request, allowedHosts) => {
    expect(refusalOf(request, allowedHosts)).toBeNull();
  });
});

describe('a request is refused', () => {
  test.each([
    ['from another machine', { ...LOCAL, peer: '192.168.1.7' }, /does not come from this machine/],
    ['from nowhere', { ...LOCAL, peer: undefined }, /does not come from this machine/],
    ['through a proxy', { ...LOCAL, headers: { ...LOCAL.headers, 'x-forwarded-for': '1.2.3.4' } }, /proxy/],
    ['to a name that was pointed here', { ...LOCAL, headers: { host: 'evil.example:9464' } }, /Host/],
    ['to a name that begins like this machine', { ...LOCAL, headers: { host: '127.0.0.1.evil.example' } }, /Host/],
    ['to no host', { ...LOCAL, headers: {} }, /Host/],
    ['by a page of another site', { ...LOCAL, headers: { ...LOCAL.headers, origin: 'https://evil.example' } }, /site/],
    ['by a page without a site', { ...LOCAL, headers: { ...LOCAL.headers, origin: 'null' } }, /site/],
  ])('%s', (_case, request, reason) => {
    expect(refusalOf(request, [])).toMatch(reason);
  });
});

test.each([
  ['127.8.9.1', true],
  ['::1', true],
  ['10.0.0.1', false],
  ['::ffff:10.0.0.1', false],
  ['127.0.0.1.example', false],
])('%s is loopback: %s', (address, loopback) => {
  expect(isLoopback(address)).toBe(loopback);
});
