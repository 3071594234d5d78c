/**
 * Starts the real servers once for a whole test run and publishes their addresses to the workers, which inherit the
 * environment.
 *
 * - `REQUIRE_SERVICES=1`: a server that cannot be had fails the run instead of skipping its tests.
 * - `WHALEWATCH_TEST_SERVICES=off`: no servers, for a quick run of the unit tests alone.
 */

import {
  findPrometheus,
  PROGRAM_VARIABLES,
  startServices,
  URL_VARIABLES,
  type Services,
} from '../scripts/services/start-services.ts';
import { AppError } from '../src/lib/app-error.ts';

let running: Services | null = null;

/** Called by vitest before the first worker starts. @throws AppError when servers are required and cannot be had */
export async function setup(): Promise<void> {
  const required = process.env['REQUIRE_SERVICES'] === '1';
  if (process.env['WHALEWATCH_TEST_SERVICES'] === 'off') {
    if (required) throw unavailable(['WHALEWATCH_TEST_SERVICES=off contradicts REQUIRE_SERVICES=1']);
    for (const variable of Object.values({ ...URL_VARIABLES, ...PROGRAM_VARIABLES })) delete process.env[variable];
    warn(['WHALEWATCH_TEST_SERVICES=off: tests that need NATS, QuestDB or Prometheus are SKIPPED']);
    return;
  }
  const [services, { program: prometheus, reasons: ofPrometheus }] = await Promise.all([
    startServices(),
    findPrometheus(),
  ]);
  running = services;
  const { nats, questdb } = services;
  const reasons = [...services.reasons, ...(prometheus === null ? ofPrometheus : [])];
  if (nats !== null) process.env[URL_VARIABLES.nats] = nats.url;
  if (questdb !== null) process.env[URL_VARIABLES.questdb] = questdb.url;
  if (prometheus !== null) {
    process.env[PROGRAM_VARIABLES.prometheus] = prometheus.prometheus;
    process.env[PROGRAM_VARIABLES.promtool] = prometheus.promtool;
  }
  const found = Object.entries({ NATS: nats, QuestDB: questdb, Prometheus: prometheus });
  console.log(found.map(([name, one]) => `${name}: ${one?.how ?? 'none'}`).join('; '));
  const missing = found.flatMap(([name, one]) => (one === null ? [name] : [])).join(' or ');
  if (missing === '') return;
  if (required) {
    await teardown();
    throw unavailable(reasons);
  }
  warn([`Tests that need ${missing} are SKIPPED:`, ...reasons]);
}

/** Called by vitest after the last test. */
export async function teardown(): Promise<void> {
  await running?.stop();
  running = null;
}

function unavailable(reasons: readonly string[]): AppError {
  return new AppError('test.services_missing', `the servers cannot be had:\n  ${reasons.join('\n  ')}`, {
    remedy: `Install nats-server, Java 17, Maven and prometheus, or name running servers in ${Object.values(URL_VARIABLES).join(' and ')}.`,
  });
}

function warn(lines: readonly string[]): void {
  const rule = '!'.repeat(100);
  console.warn([rule, ...lines.map((line) => `! ${line}`), rule].join('\n'));
}
