import { describe, expect, it } from 'vitest';

import { dataFile } from '../test/data.ts';
import { services } from '../test/services.ts';
import { recordingOf, wholeMarket } from './whole-market.ts';
import { canStartServers } from './whole-market/servers.ts';

/** Four processes start, on a machine that runs other tests. */
const TIMEOUT_MS = 180_000;

// Where the run has no servers, there are no programs for them either.
const { natsUrl, questdbUrl } = services();

describe.skipIf(natsUrl === null || questdbUrl === null || dataFile(...recordingOf()) === null)(
  'the measurement of the whole market, in its small mode',
  () => {
    it(
      'finds in the tables what was sent, pair by pair',
      async ({ skip }) => {
        if (!(await canStartServers())) skip('no servers as processes of their own');
        const { signal } = new AbortController();
        const summary = await wholeMarket({ times: 0.05, seconds: 2, pairs: 6, signal });
        expect(summary.sent.changes).toBeGreaterThan(1000);
        expect(summary.sent.newOrders).toBeGreaterThan(0);
        expect(summary.sent.trades).toBeGreaterThan(0);
        expect(summary.bus.redelivered).toBe(0);
        expect(Object.keys(summary.processors)).toContain('whalewatch run');
      },
      TIMEOUT_MS,
    );
  },
);
