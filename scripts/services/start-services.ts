/**
 * Real NATS (JetStream) and QuestDB servers for tests and measurements, on free loopback ports, with data in temporary
 * folders. They end with the process that started them.
 */

import { NATS_SOURCES, type NatsProgram } from './nats-program.ts';
import { probeNats, startNats } from './nats-server.ts';
import { PROMETHEUS_SOURCES, type PrometheusProgram } from './prometheus-program.ts';
import { QUESTDB_SOURCES, type QuestDbProgram } from './questdb-program.ts';
import { probeQuestDb, startQuestDb } from './questdb-server.ts';
import { firstAvailable, type Search, type Source } from './source.ts';
import { ServerFailed, type ServerProcess } from './server-process.ts';

/**
 * Environment variables with the servers' addresses: read here to use servers that already run, and set for the
 * programs that need them. Tests write to these servers, so they must not be somebody's production.
 */
export const URL_VARIABLES = { nats: 'WHALEWATCH_TEST_NATS_URL', questdb: 'WHALEWATCH_TEST_QUESTDB_URL' } as const;

/** The same for programs that a test starts itself: their paths. */
export const PROGRAM_VARIABLES = {
  prometheus: 'WHALEWATCH_TEST_PROMETHEUS',
  promtool: 'WHALEWATCH_TEST_PROMTOOL',
} as const;

/** One server that answers. */
export interface RunningService {
  readonly url: string;
  /** For people: where it came from. */
  readonly how: string;
  /** Ends the server where we started it, leaves others alone. May be called again. */
  stop(): Promise<void>;
}

/** Both servers; null where one cannot be had on this machine. */
export interface Services {
  readonly nats: RunningService | null;
  readonly questdb: RunningService | null;
  /** Why a server is null: a line for each place that was asked. Empty when both run. */
  readonly reasons: readonly string[];
  stop(): Promise<void>;
}

/** What is needed to have a server of one kind. */
interface Kind<Program> {
  readonly name: string;
  readonly urlVariable: string;
  readonly sources: readonly Source<Program>[];
  readonly start: (program: Program) => Promise<{ readonly url: string; readonly process: ServerProcess }>;
  readonly probe: (url: string) => Promise<void>;
}

interface Outcome {
  readonly service: RunningService | null;
  readonly reasons: readonly string[];
}

const NATS_KIND: Kind<NatsProgram> = {
  name: 'NATS',
  urlVariable: URL_VARIABLES.nats,
  sources: NATS_SOURCES,
  start: startNats,
  probe: probeNats,
};

const QUESTDB_KIND: Kind<QuestDbProgram> = {
  name: 'QuestDB',
  urlVariable: URL_VARIABLES.questdb,
  sources: QUESTDB_SOURCES,
  start: startQuestDb,
  probe: probeQuestDb,
};

/**
 * Starts both servers, fetching them first if need be, and resolves when they answer. The caller stops them.
 * @param onProgress told of what takes time
 * @throws ServerFailed when a server named in the environment does not answer
 */
export async function startServices(onProgress: (line: string) => void = () => {}): Promise<Services> {
  const outcomes = await Promise.allSettled([begin(NATS_KIND, onProgress), begin(QUESTDB_KIND, onProgress)]);
  const [nats, questdb] = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : null));
  const stop = async () => {
    await Promise.all([nats?.service?.stop(), questdb?.service?.stop()]);
  };
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) {
    await stop();
    throw failure.reason;
  }
  return {
    nats: nats?.service ?? null,
    questdb: questdb?.service ?? null,
    reasons: [...(nats?.reasons ?? []), ...(questdb?.reasons ?? [])],
    stop,
  };
}

/** Fetches all servers without starting them. @returns why one cannot be had; empty when each can be started */
export async function installServices(onProgress: (line: string) => void): Promise<readonly string[]> {
  const searches = await Promise.all([
    search(NATS_KIND, onProgress),
    search(QUESTDB_KIND, onProgress),
    findPrometheus(onProgress),
  ]);
  return searches.flatMap(({ program, reasons }) => (program === null ? reasons : []));
}

/** Prometheus, which a test starts itself, as it scrapes what the test runs. @returns null with the reasons otherwise */
export async function findPrometheus(
  onProgress: (line: string) => void = () => {},
): Promise<Search<PrometheusProgram>> {
  return await search({ name: 'Prometheus', sources: PROMETHEUS_SOURCES }, onProgress);
}

/** Programs for tests that kill a server of their own and start it again on the same data. */
export interface KillablePrograms {
  readonly nats: NatsProgram | null;
  readonly questdb: QuestDbProgram | null;
}

/** The nearest programs that run as plain processes, for `startNatsAt` and `startQuestDbAt`; null where none is. */
export async function findKillablePrograms(): Promise<KillablePrograms> {
  const plain = <Program>(sources: readonly Source<Program>[]) => sources.filter((source) => !source.container);
  const [nats, questdb] = await Promise.all([
    firstAvailable(plain(NATS_SOURCES), () => {}),
    firstAvailable(plain(QUESTDB_SOURCES), () => {}),
  ]);
  return { nats: nats.program, questdb: questdb.program };
}

async function begin<Program extends { readonly how: string }>(
  kind: Kind<Program>,
  onProgress: (line: string) => void,
): Promise<Outcome> {
  const given = process.env[kind.urlVariable];
  if (given !== undefined && given !== '') return { service: await adopt(kind, given), reasons: [] };
  const { program, reasons } = await search(kind, onProgress);
  if (program === null) return { service: null, reasons };
  try {
    const { url, process: server } = await kind.start(program);
    return { service: { url, how: program.how, stop: () => server.stop() }, reasons: [] };
  } catch (error) {
    if (!(error instanceof ServerFailed)) throw error;
    return { service: null, reasons: [...reasons, `${kind.name}: ${program.how} does not start: ${error.message}`] };
  }
}

async function adopt<Program>(kind: Kind<Program>, url: string): Promise<RunningService> {
  await kind.probe(url).catch((cause: unknown) => {
    throw new ServerFailed(`${kind.urlVariable} is ${url}, but no such server answers there`, { cause });
  });
  return { url, how: kind.urlVariable, stop: async () => {} };
}

async function search<Program extends { readonly how: string }>(
  kind: Pick<Kind<Program>, 'name' | 'sources'>,
  onProgress: (line: string) => void,
): Promise<Search<Program>> {
  const found = await firstAvailable(kind.sources, (source) => onProgress(`${kind.name}: asking ${source}`));
  if (found.program !== null) onProgress(`${kind.name}: using ${found.program.how}`);
  return { program: found.program, reasons: found.reasons.map((reason) => `${kind.name}: ${reason}`) };
}
