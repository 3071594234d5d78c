/** The process of the simulated exchanges. */

import type { Simulator } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import type { Market } from './messages.ts';
import { answer } from './process.ts';

answer(async (question) => {
  if (question.kind !== 'start-market') throw new Error(`the market has no answer to ${question.kind}`);
  const { market } = question;
  const simulator = await startSimulator({ ...market, whalesPerMinute: 20 });
  return exchangesOf(simulator, market);
});

function exchangesOf({ urls }: Simulator, { venues, pairs }: Market): object[] {
  return venues.map((exchange) => {
    const { ws = '', rest } = urls[exchange] ?? {};
    const { protocol, host } = new URL(ws);
    return { exchange, pairs: [...pairs], wsUrl: `${protocol}//${host}`, restUrl: rest };
  });
}
