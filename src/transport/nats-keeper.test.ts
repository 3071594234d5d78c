import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll } from 'vitest';
import { describeWithNats } from '../../test/services.ts';
import { keepsState } from '../ports/state-keeper.conformance.ts';
import { openNatsBus, type NatsBus } from './nats-bus.ts';
import { replayNamespace, stateBucket } from './subjects.ts';

describeWithNats('NatsKeeper', (natsUrl) => {
  const buses: NatsBus[] = [];
  const namespaces: string[] = [];

  keepsState(() => {
    const namespace = replayNamespace(`keeper-${process.pid}-${namespaces.length}`);
    namespaces.push(namespace);
    return Promise.resolve(async () => {
      const limits = { storage: 'memory', maxBytes: 1024 * 1024 } as const;
      const bus = await openNatsBus({ servers: [natsUrl], namespace, create: 'keep', expected: [], limits });
      buses.push(bus);
      return bus.keeper();
    });
  });

  afterAll(async () => {
    await buses[0]?.deleteStreams();
    for (const bus of buses) await bus.close();
    const nats = await connect({ servers: natsUrl });
    const manager = await jetstreamManager(nats);
    for (const namespace of namespaces) {
      await manager.streams.delete(`KV_${stateBucket(namespace)}`);
      for (const kind of ['MD', 'RESULT']) {
        await manager.streams.delete(`WHALEWATCH_${kind}_${namespace.slice(0, -1)}`).catch(() => false);
      }
    }
    await nats.close();
  });
});
