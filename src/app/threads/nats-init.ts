/** Opens NATS as a thread is told to. Loaded where it is needed alone: an in-process bus starts in half the time without. */

import { readFileSync } from 'node:fs';
import { credsAuthenticator } from '@nats-io/transport-node';
import type { NodeConnectionOptions } from '@nats-io/transport-node';
import type { NatsBus, NatsBusOptions } from '../../transport/nats-bus.ts';
import { openNatsBus } from '../../transport/nats-bus.ts';
import type { NatsLeases } from '../../transport/nats-leases.ts';
import { openNatsLeases } from '../../transport/nats-leases.ts';
import type { StreamLimits } from '../../transport/nats-streams.ts';
import type { NatsInit } from './bus-init.ts';

/** @param create see `NatsBusOptions`; as the options say where absent */
export function openNats(init: NatsInit, create: NatsBusOptions['create'] = init.create): Promise<NatsBus> {
  return openNatsBus({ ...natsOptions(init), create });
}

/** The leases of the live system, reached as the bus is. */
export function openNatsLeasesAs(
  init: NatsInit,
  limits: Pick<StreamLimits, 'storage' | 'replicas'>,
  timeoutMs: number,
): Promise<NatsLeases> {
  return openNatsLeases(natsOptions(init), limits, timeoutMs);
}

/** The client's own options, authenticator included. */
function natsOptions({ credentials, ...options }: NatsInit): NatsBusOptions {
  const { credsFile, ...plain } = credentials;
  const connection: NodeConnectionOptions =
    credsFile === undefined ? plain : { ...plain, authenticator: credsAuthenticator(readFileSync(credsFile)) };
  return { ...options, connection };
}
