/** The files of the page, as the build left them; where there are none, words that say how to make them. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** A file whose name has a hash of its content never changes. */
const ASSETS = '/assets/';
const FOREVER_S = 31_536_000;

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Whale Watch</title>
<h1>Whale Watch</h1>
<p>The live monitor runs, but its page has not been built. In the folder of the program:</p>
<pre>npm run build:monitor</pre>
<p>Then load this page again. What the page would show is at <a href="/api/pairs">/api/pairs</a>; the interface is
described at <a href="/api/openapi.json">/api/openapi.json</a>.</p>
</html>
`;

/** @param root folder of the build; it may come into being later */
export async function servePage(app: FastifyInstance, root: string): Promise<void> {
  await app.register(fastifyStatic, { root, serve: false, dotfiles: 'deny' });
  app.get('/', { schema: { hide: true } }, async (_request, reply) => {
    if (!existsSync(join(root, 'index.html'))) return reply.type('text/html; charset=utf-8').send(NOT_BUILT);
    return reply.sendFile('index.html', { cacheControl: false, acceptRanges: false });
  });
  app.get('/*', { schema: { hide: true } }, async (request, reply) => {
    const path = (request.params as { '*': string })['*'];
    const isAsset = `/${path}`.startsWith(ASSETS);
    return reply.sendFile(path, isAsset ? { maxAge: FOREVER_S * 1000, immutable: true } : { cacheControl: false });
  });
}
