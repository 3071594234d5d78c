/**
 * Three NATS servers of one cluster, of which one may be killed, or cut off from the others and from its clients. Where this
 * process may make network namespaces, the last server lives in one of its own, and its link is taken down. Else it is stopped
 * in its tracks instead, which it is told apart from only by not knowing of it.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { NatsProgram } from '../../scripts/services/nats-program.ts';
import { probeNats } from '../../scripts/services/nats-server.ts';
import type { ServerProcess } from '../../scripts/services/server-process.ts';
import { onFreePort, startServer, untilReady } from '../../scripts/services/server-process.ts';

const NODES = 3;
const READY_MS = 60_000;
const LOOK_MS = 50;
const LOOPBACK = '127.0.0.1';

/** A link of its own for the last server. */
interface Namespace {
  readonly name: string;
  readonly near: string;
  readonly far: string;
  readonly nearAddress: string;
  readonly farAddress: string;
}

interface Node {
  readonly host: string;
  readonly port: number;
  readonly clusterPort: number;
  process: ServerProcess | null;
}

export class Cluster {
  private readonly program: NatsProgram;
  private readonly folder: string;
  private namespace: Namespace | null;
  private readonly nodes: Node[];

  private constructor(program: NatsProgram, folder: string, namespace: Namespace | null, nodes: Node[]) {
    this.program = program;
    this.folder = folder;
    this.namespace = namespace;
    this.nodes = nodes;
  }

  /** @throws where the servers do not find together */
  static async start(program: NatsProgram, folder: string): Promise<Cluster> {
    const namespace = makeNamespace();
    const nodes: Node[] = [];
    for (let index = 0; index < NODES; index++) {
      const isApart = namespace !== null && index === NODES - 1;
      const [port, clusterPort] = [await freePort(), await freePort()];
      nodes.push({ host: isApart ? namespace.farAddress : LOOPBACK, port, clusterPort, process: null });
    }
    const cluster = new Cluster(program, folder, namespace, nodes);
    // However this process ends, nothing of it stays on the machine.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
    process.once('exit', () => cluster.removeNamespace());
    try {
      await Promise.all(nodes.map((_node, index) => cluster.startNode(index)));
      await cluster.untilWhole();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** How a server is cut off. */
  get cutBy(): string {
    return this.namespace === null ? 'SIGSTOP of the server' : 'its link taken down, in a network namespace of its own';
  }

  get urls(): string[] {
    return this.nodes.map(({ host, port }) => `nats://${host}:${port}`);
  }

  get size(): number {
    return NODES;
  }

  async kill(index: number): Promise<void> {
    const server = this.nodes[index]?.process;
    if (server == null) return;
    process.kill(server.pid, 'SIGKILL');
    while (!server.hasEnded()) await delay(LOOK_MS);
  }

  async startNode(index: number): Promise<void> {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`no server ${index}`);
    const { host, port, clusterPort } = node;
    const folder = join(this.folder, `nats-${index}`);
    mkdirSync(folder, { recursive: true });
    const { command, args } = this.program.command({ port, folder });
    const all = [
      ...[command, ...args, '-a', host, '-n', `node-${index}`, '-cluster_name', 'whalewatch-hosts'],
      ...['-cluster', `nats://${this.routeHost(node)}:${clusterPort}`],
      ...['-routes', this.nodes.map((one) => `nats://${this.routeHost(one)}:${one.clusterPort}`).join(',')],
    ];
    const [program = '', ...rest] =
      this.namespace !== null && host !== LOOPBACK ? ['ip', 'netns', 'exec', this.namespace.name, ...all] : all;
    const server = await startServer({ command: program, args: rest });
    node.process = server;
    await untilReady(server, () => probeNats(`nats://${host}:${port}`), READY_MS);
  }

  /** Cuts the last server off from everybody. */
  cut(): void {
    const { namespace } = this;
    if (namespace === null) this.signal('SIGSTOP');
    else ip('netns', 'exec', namespace.name, 'ip', 'link', 'set', namespace.far, 'down');
  }

  heal(): void {
    const { namespace } = this;
    if (namespace === null) this.signal('SIGCONT');
    else ip('netns', 'exec', namespace.name, 'ip', 'link', 'set', namespace.far, 'up');
  }

  /** Waits until every server has all that the others have. */
  async untilWhole(): Promise<void> {
    const nats = await connect({ servers: this.urls, timeout: 10_000, maxReconnectAttempts: -1, pingInterval: 1000 });
    try {
      const deadline = performance.now() + READY_MS;
      for (;;) {
        try {
          if (await isWhole(await jetstreamManager(nats))) return;
        } catch (error) {
          // No leader yet.
          if (performance.now() > deadline) throw error;
        }
        if (performance.now() > deadline) throw new Error('the servers do not find together');
        await delay(LOOK_MS * 4);
      }
    } finally {
      await nats.close();
    }
  }

  async stop(): Promise<void> {
    if (this.namespace === null) this.signal('SIGCONT');
    for (const { process: server } of this.nodes) await server?.stop();
    this.removeNamespace();
  }

  private removeNamespace(): void {
    const { namespace } = this;
    this.namespace = null;
    if (namespace !== null) ip('netns', 'del', namespace.name);
  }

  /** Where the others reach a server: those on loopback are reached over the near end of the link. */
  private routeHost({ host }: Node): string {
    return this.namespace !== null && host === LOOPBACK ? this.namespace.nearAddress : host;
  }

  private signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const server = this.nodes.at(-1)?.process;
    if (server != null && !server.hasEnded()) process.kill(server.pid, signal);
  }
}

async function isWhole(manager: Awaited<ReturnType<typeof jetstreamManager>>): Promise<boolean> {
  const probe = 'HOSTS_PROBE';
  await manager.streams.add({ name: probe, subjects: ['hosts.probe'], num_replicas: NODES });
  for await (const { config, cluster } of manager.streams.list()) {
    const replicas = cluster?.replicas ?? [];
    if (config.num_replicas === NODES && (cluster?.leader === undefined || replicas.length < NODES - 1)) return false;
    if (replicas.some(({ current, offline }) => !current || offline)) return false;
  }
  await manager.streams.delete(probe);
  return true;
}

/** Null where this process may not. */
function makeNamespace(): Namespace | null {
  const id = process.pid % 10_000;
  const subnet = `10.213.${id % 250}`;
  const namespace = {
    ...{ name: `whalewatch-${id}`, near: `wwnear${id}`, far: `wwfar${id}` },
    ...{ nearAddress: `${subnet}.1`, farAddress: `${subnet}.2` },
  };
  const { name, near, far, nearAddress, farAddress } = namespace;
  try {
    ip('netns', 'add', name);
  } catch {
    return null;
  }
  try {
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', name);
    ip('addr', 'add', `${nearAddress}/30`, 'dev', near);
    ip('link', 'set', near, 'up');
    ip('-n', name, 'addr', 'add', `${farAddress}/30`, 'dev', far);
    ip('-n', name, 'link', 'set', far, 'up');
    ip('-n', name, 'link', 'set', 'lo', 'up');
    return namespace;
  } catch {
    ip('netns', 'del', name);
    return null;
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' });
}

/** Free a moment ago, which is all that can be had of three servers that must know each other beforehand. */
function freePort(): Promise<number> {
  return onFreePort((port) => Promise.resolve(port));
}
