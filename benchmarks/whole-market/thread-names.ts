/** Which of the product's threads is which role's. */

import type { Scrape } from './scrape.ts';

/** What the runtime calls a worker that its program gave no name. */
const WORKER = 'WorkerThread';
/** In the order in which the supervisor starts them. */
const ROLES = ['store', 'scoring', 'ingest'];

/**
 * Names by `<tid> <name>`. Threads of the same name are told apart by their ids, which grow, and the order of their
 * start; where one was started again meanwhile there are no names but the system's.
 */
export function roleNames(threads: readonly string[], scrape: Scrape): ReadonlyMap<string, string> {
  const told = scrape.all('whalewatch_thread_heap_used_bytes').map(({ labels }) => labels.get('thread') ?? '');
  const roles = ROLES.flatMap((role) => told.filter((name) => name.startsWith(`${role}-`)).toSorted());
  const workers = threads.filter((thread) => thread.endsWith(` ${WORKER}`));
  const inOrder = workers.toSorted((a, b) => Number.parseInt(a) - Number.parseInt(b));
  return new Map(roles.length === workers.length ? inOrder.map((thread, at) => [thread, roles[at] ?? thread]) : []);
}
