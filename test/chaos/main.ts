/**
 * Kills whatever it can while a run goes on, and says whether anything was lost, doubled or changed:
 *
 *     npm run chaos -- [--minutes N] [--kills N] [--seed TEXT] [--ingest]
 *
 * With `--ingest` it kills what carries the feeds instead: each death must be one recorded gap and a new epoch, the rows before and
 * after it those of the simulated markets, and a replay of what each life had archived the same again. stdout carries one
 * Markdown table and what was compared; where something does not hold, stderr says what and where the files are, and the exit code is 1.
 */

import { parseArgs } from 'node:util';
import { findKillablePrograms } from '../../scripts/services/start-services.ts';
import { INGEST_TARGETS, runChaos, TARGETS } from './chaos.ts';
import { recoveryTable } from './recovery-table.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    kills: { type: 'string', default: '1' },
    seed: { type: 'string', default: 'chaos' },
    ingest: { type: 'boolean', default: false },
  },
});
const { nats, questdb } = await findKillablePrograms();
if (nats === null || questdb === null) {
  console.error('chaos needs a nats-server and a QuestDB that run as plain programs on this machine');
  process.exit(1);
}
const { kills, rows, ingest, faults, folder } = await runChaos({
  seed: values.seed,
  minutes: Number(values.minutes),
  killsMin: Number(values.kills),
  targets: values.ingest ? INGEST_TARGETS : TARGETS,
  nats,
  questdb,
  pauseMsMax: 3000,
  onProgress: (line) => console.error(line),
});
console.log(recoveryTable(kills));
console.log('');
console.log(
  Object.entries(rows)
    .map(([table, count]) => `${table} ${count}`)
    .join(', '),
);
if (ingest !== null) {
  const { stretches, lives } = ingest;
  console.log(
    `Against the simulated markets: ${stretches.stretches} live stretches, each from its opening book on: ` +
      `${stretches.snapshots} opening books, ${stretches.updates} updates with ${stretches.rows} rows, ${stretches.trades} trades; ` +
      `from a last row to its gap ${(stretches.silenceUsMax / 1e6).toFixed(2)} s at most.`,
  );
  console.log(
    `Against replays of ${lives.lives} lives of ingest threads, of which ${lives.killed} were killed and ${lives.torn} archives ` +
      `end within a line: ${lives.events} events, ${lives.rows['order_changes']} order changes, ${lives.rows['trades']} trades; ` +
      `${lives.unarchived} rows had not reached an archive, ${lives.unstored} not the bus.`,
  );
  console.log(
    'A thread that is killed in the midst of a replay leaves no trace: test/replay/shard-death.test.ts shows the same digests, ' +
      'and the same rows of all market and result tables, after deaths of five kinds.',
  );
}
for (const fault of faults) console.error(fault);
if (faults.length > 0) {
  console.error(`seed ${values.seed}; everything is in ${folder}`);
  process.exitCode = 1;
}
