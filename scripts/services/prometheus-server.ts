/** Runs a Prometheus server for tests. */

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { PrometheusProgram } from './prometheus-program.ts';
import { ServerFailed, onFreePort, startServer, untilReady, type ServerProcess } from './server-process.ts';

const READY_MS = 60_000;
const PROBE_MS = 5_000;

/** A running Prometheus server. */
export interface PrometheusServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly process: ServerProcess;
}

/**
 * Starts a server on a free port with a temporary folder that goes with it.
 * @param configure the text of its configuration file, where it listens on that port
 * @throws ServerFailed
 */
export async function startPrometheus(
  program: PrometheusProgram,
  configure: (port: number) => string,
): Promise<PrometheusServer> {
  return await onFreePort(async (port) => {
    const folder = await mkdtemp(join(tmpdir(), 'whalewatch-prometheus-'));
    const config = join(folder, 'prometheus.yml');
    await writeFile(config, configure(port));
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ];
    const server = await startServer({ command: program.prometheus, args, folderToRemove: folder });
    const url = `http://127.0.0.1:${port}`;
    await untilReady(server, () => probePrometheus(url), READY_MS);
    return { url, process: server };
  });
}

/** @throws ServerFailed (or fetch's own error) when the server is not ready for queries */
export async function probePrometheus(url: string): Promise<void> {
  const response = await fetch(new URL('/-/ready', url), { signal: AbortSignal.timeout(PROBE_MS) });
  if (!response.ok) throw new ServerFailed(`${url} answered HTTP ${response.status}`);
}
