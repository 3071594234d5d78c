/** A process of the run under chaos: the real supervision tree with some of the roles, whose threads may be let die. */

import { setTimeout as delay } from 'node:timers/promises';
import { loadConfig } from '../../src/app/config.ts';
import { resolvePairs } from '../../src/app/pairs.ts';
import { Tree } from '../../src/app/tree.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { metricsOf } from '../fixtures/live-metrics.ts';
import { kill, MORTAL_THREADS } from '../fixtures/live-mortal.ts';
import type { MemberAnswer, MemberRequest } from './member.protocol.ts';

const LOOK_MS = 10;
let tree: Tree | null = null;

async function obey(request: MemberRequest): Promise<unknown> {
  if (request.type === 'start') {
    const { roles } = request;
    const config = loadConfig({ env: {}, overrides: { ...request.config, roles } });
    const venues = roles.includes('ingest') ? await resolvePairs(config) : [];
    const log = createLogger({ level: config.log.level });
    tree = new Tree({ config, venues, log, version: 'chaos', threadFiles: MORTAL_THREADS });
    return tree.start();
  }
  if (tree === null) throw new Error('nothing runs');
  switch (request.type) {
    case 'kill': {
      const before = await restarts(tree);
      kill(request.thread, request.how);
      while ((await restarts(tree)) === before) await delay(LOOK_MS);
      return undefined;
    }
    case 'missing':
      return (await tree.readiness()).missing.map(({ name, reason }) => `${name} ${reason}`);
    case 'share':
      return tree.share;
    case 'stop':
      return tree.stop();
  }
}

async function restarts(of: Tree): Promise<number> {
  return metricsOf(await of.metrics()).sum('whalewatch_actor_restarts_total');
}

function answer(message: MemberAnswer): void {
  process.send?.(message);
}

process.on('message', ({ id, request }: { id: number; request: MemberRequest }) => {
  obey(request).then(
    (value) => answer({ id, value }),
    (error: unknown) => answer({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});
// Nobody is left who could want anything.
process.on('disconnect', () => process.exit(1));
