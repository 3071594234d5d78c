/**
 * Several hosts in small, of which processes and NATS servers are killed, hung and cut off:
 *
 *     npm run hosts -- [--seed TEXT] [--rounds N] [--minutes N] [--lease-s N] [--spare-ingest]
 *
 * It makes so many rounds, unless the minutes are over first. With `--spare-ingest` no process that carries feeds is disturbed, so that the tables can be held against a replay of the raw
 * archive too. stdout has two Markdown tables and a line of what was compared; where something does not hold, stderr says what
 * and where the files are, and the exit code is 1.
 */

import { parseArgs } from 'node:util';
import { findKillablePrograms } from '../../scripts/services/start-services.ts';
import { recoveryTable } from '../chaos/recovery-table.ts';
import { runHosts } from './hosts.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: 'hosts' },
    rounds: { type: 'string', default: '20' },
    minutes: { type: 'string', default: '30' },
    'lease-s': { type: 'string', default: '5' },
    'spare-ingest': { type: 'boolean', default: false },
  },
});
const { nats, questdb } = await findKillablePrograms();
if (nats === null || questdb === null) {
  console.error('hosts needs a nats-server and a QuestDB that run as plain programs on this machine');
  process.exit(1);
}
const { takeovers, recoveries, writers, rows, heldAgainstArchive, cutBy, faults, folder } = await runHosts({
  seed: values.seed,
  rounds: Number(values.rounds),
  minutesMax: Number(values.minutes),
  sparesIngest: values['spare-ingest'],
  leaseS: Number(values['lease-s']),
  nats,
  questdb,
  onProgress: (line) => console.error(line),
});
console.log(recoveryTable(takeovers, 'work taken over'));
console.log('');
console.log(recoveryTable(recoveries, 'all well again'));
console.log('');
console.log(`a NATS server is cut off by ${cutBy}; leases of ${values['lease-s']} s; seed ${values.seed}`);
const { events, batches, epochs, terms } = writers;
const counts = Object.entries(rows).map(([table, count]) => `${table} ${count}`);
console.log(
  `${events} events in ${batches} batches, ${epochs} epochs, ${terms} terms; rows as undisturbed consumers of the stream have them` +
    `${heldAgainstArchive ? ' and as the replay of the raw archive has them' : ''}: ${counts.join(', ')}`,
);
for (const fault of faults) console.error(fault);
if (faults.length > 0) {
  console.error(`seed ${values.seed}; everything is in ${folder}`);
  process.exitCode = 1;
}
