/** The command line. Starts when imported, so that the launcher may run it in its own process. */

import { Command } from 'commander';
import { showError, version } from './cli.ts';
import { endWithReader } from './signals.ts';

/** The commands in the order of the help, each in a file with all that it needs. */
const COMMANDS = new Map<string, () => Promise<(program: Command) => void>>([
  ['run', async () => (await import('./commands/run.ts')).addRun],
  ['demo', async () => (await import('./commands/demo.ts')).addDemo],
  ['replay', async () => (await import('./commands/replay.ts')).addReplay],
  ['sql', async () => (await import('./commands/sql.ts')).addSql],
  ['instruments', async () => (await import('./commands/instruments.ts')).addInstruments],
  ['doctor', async () => (await import('./commands/doctor.ts')).addDoctor],
]);

endWithReader();
// An empty variable says nothing, for options as for fields.
for (const [name, value] of Object.entries(process.env)) {
  if (value === '' && name.startsWith('WHALEWATCH_')) delete process.env[name];
}

const program = new Command('whalewatch')
  .description('Watches whole crypto markets in real time: order books, whale scores, time series.')
  .version(version())
  .showHelpAfterError();

// Who asks for one command does not wait for what the others need; help, and the search for what was meant, need all.
const asked = COMMANDS.get(process.argv[2] ?? '');
for (const load of asked === undefined ? COMMANDS.values() : [asked]) (await load())(program);

try {
  await program.parseAsync();
} catch (error) {
  showError(error);
  process.exitCode = 1;
}
