import { errors, type NatsConnection } from '@nats-io/transport-node';
import { connect, type NodeConnectionOptions } from '@nats-io/transport-node';
import { JetStreamApiError, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { BusError } from './bus-error.ts';

/** How to reach the servers and who we are. */
export interface NatsAddress {
  /** `nats://[user:password@]host:port`; several of one cluster. */
  readonly servers: readonly string[];
  /** TLS, credentials files and the like, in the client's own words. */
  readonly connection?: NodeConnectionOptions;
}

export interface NatsLink {
  readonly nc: NatsConnection;
  readonly jsm: JetStreamManager;
}

const CONNECT_TIMEOUT_MS = 5_000;
const RECONNECT_WAIT_MS = 250;
/** Two missed pings of this interval count as a dead connection: of a server that was cut off, nothing else tells. */
const PING_INTERVAL_MS = 2_000;

/**
 * Connects and makes sure that JetStream answers. A connection that breaks later is renewed for ever.
 * @throws BusError `bus.unreachable`, `bus.rejected` (credentials), `bus.no-jetstream`
 */
export async function connectNats(address: NatsAddress, name: string): Promise<NatsLink> {
  const shown = address.servers.map(withoutCredentials).join(', ');
  const nc = await open(address, name, shown);
  try {
    return { nc, jsm: await jetstreamManager(nc) };
  } catch (error) {
    await nc.close();
    throw new BusError('bus.no-jetstream', `NATS at ${shown} runs without JetStream for this account`, {
      remedy: 'start the server with -js (or a jetstream block in its configuration) and enable it for the account',
      context: { servers: shown },
      cause: error,
    });
  }
}

async function open(address: NatsAddress, name: string, shown: string): Promise<NatsConnection> {
  try {
    return await connect({
      name,
      timeout: CONNECT_TIMEOUT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      reconnectJitter: RECONNECT_WAIT_MS,
      pingInterval: PING_INTERVAL_MS,
      maxPingOut: 2,
      ...credentialsOf(address.servers),
      ...address.connection,
      servers: address.servers.map(hostOf),
    });
  } catch (error) {
    if (error instanceof errors.AuthorizationError) {
      throw new BusError('bus.rejected', `NATS at ${shown} refuses the credentials`, {
        remedy: "check the user and password in the server's address",
        context: { servers: shown },
        cause: error,
      });
    }
    throw new BusError('bus.unreachable', `cannot reach NATS at ${shown}`, {
      remedy: 'start nats-server with JetStream (-js) there, correct the address, or use the embedded bus',
      context: { servers: shown },
      cause: error,
    });
  }
}

/** The address as it may be shown and logged. */
export function withoutCredentials(server: string): string {
  return server.replace(/^((?:[a-z]+:\/\/)?)[^/]*@/i, '$1');
}

function hostOf(server: string): string {
  return withoutCredentials(server).replace(/^nats:\/\//i, '');
}

/** User and password (or a token) of the first address that has some: a cluster shares them. */
function credentialsOf(servers: readonly string[]): NodeConnectionOptions {
  for (const server of servers) {
    const match = /^(?:[a-z]+:\/\/)?([^/:@]*)(?::([^/@]*))?@/i.exec(server);
    if (match === null) continue;
    const [, user = '', password] = match;
    return password === undefined
      ? { token: decodeURIComponent(user) }
      : { user: decodeURIComponent(user), pass: decodeURIComponent(password) };
  }
  return {};
}

/** The server's refusal of a JetStream request as a BusError; anything else means that no answer came. */
export function asBusError(error: unknown, doing: string, context: Record<string, unknown> = {}): BusError {
  if (error instanceof BusError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof JetStreamApiError) {
    return new BusError('bus.rejected', `NATS refused to ${doing}: ${reason}`, { context, cause: error });
  }
  return new BusError('bus.unreachable', `NATS did not answer the request to ${doing}: ${reason}`, {
    remedy: 'check that the server is up and that JetStream has a leader',
    context,
    cause: error,
  });
}
