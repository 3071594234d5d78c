/** The real servers of this test run (started by `global-setup.ts`), for tests that need one. */

import { describe, it } from 'vitest';

import type { PrometheusProgram } from '../scripts/services/prometheus-program.ts';
import { PROGRAM_VARIABLES, URL_VARIABLES } from '../scripts/services/start-services.ts';

/** Addresses, null where the server cannot be had. */
export interface ServiceUrls {
  /** `nats://host:port`, with JetStream. */
  readonly natsUrl: string | null;
  /** `http://host:port`, for queries and for lines over HTTP. */
  readonly questdbUrl: string | null;
}

/** Test files share the servers: name streams, buckets and tables uniquely, and remove them afterwards. */
export function services(): ServiceUrls {
  return {
    natsUrl: process.env[URL_VARIABLES.nats] || null,
    questdbUrl: process.env[URL_VARIABLES.questdb] || null,
  };
}

/** A suite that runs where NATS does, else one skipped test that says why. */
export function describeWithNats(name: string, body: (natsUrl: string) => void): void {
  describeWith(name, services().natsUrl, 'needs a NATS server', body);
}

/** A suite that runs where QuestDB does, else one skipped test that says why. */
export function describeWithQuestDb(name: string, body: (questdbUrl: string) => void): void {
  describeWith(name, services().questdbUrl, 'needs a QuestDB server', body);
}

/** A suite that runs where Prometheus and `promtool` are, else one skipped test that says why. */
export function describeWithPrometheus(name: string, body: (program: PrometheusProgram) => void): void {
  const prometheus = process.env[PROGRAM_VARIABLES.prometheus] || null;
  const promtool = process.env[PROGRAM_VARIABLES.promtool] || null;
  if (prometheus === null || promtool === null) describe(name, () => it.skip('needs Prometheus'));
  else describe(name, () => body({ how: 'of this test run', prometheus, promtool }));
}

function describeWith(name: string, url: string | null, need: string, body: (url: string) => void): void {
  if (url === null) describe(name, () => it.skip(need));
  else describe(name, () => body(url));
}
