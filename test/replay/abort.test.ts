/** A replay that is called off: it ends with the reason, and leaves neither threads nor streams. */

import { expect, it, vi } from 'vitest';
import { connectNats } from '../../src/transport/nats-connection.ts';
import { streamName } from '../../src/transport/subjects.ts';
import { describeWithData } from '../data.ts';
import { captureParts } from '../fixtures/captures.ts';
import { WorkerWatch } from '../fixtures/worker-watch.ts';
import { describeWithNats } from '../services.ts';
import { natsFor, runReplay } from './run-replay.ts';

describeWithData('a replay of ten Kraken pairs', captureParts('kraken-v1'), (path) => {
  describeWithNats('over JetStream', (url) => {
    it.each(['before it starts', 'amid the recording'])('leaves nothing behind when called off %s', async (when) => {
      const workers = new WorkerWatch();
      const nats = natsFor(url, { shards: 1, store: false });
      const calledOff = new AbortController();
      const reason = new Error('called off');
      if (when === 'before it starts') calledOff.abort(reason);
      const { signal } = calledOff;
      const onProgress = (): void => calledOff.abort(reason);
      await expect(runReplay([path], { nats, signal, onProgress })).rejects.toBe(reason);
      await vi.waitFor(() => expect(workers.count).toBe(0));
      workers.close();
      const link = await connectNats({ servers: [url] }, 'look');
      for (const kind of ['md', 'result'] as const) {
        await expect(link.jsm.streams.info(streamName(nats.namespace, kind))).rejects.toThrow('stream not found');
      }
      await link.nc.close();
    });
  });
});
