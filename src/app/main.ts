/** The command line. Starts when imported, so that the launcher may run it in its own process. */

import { Command } from 'commander';
import { showError, version } from './cli.ts';
import { addDemo } from './commands/demo.ts';
import { addDoctor } from './commands/doctor.ts';
import { addReplay } from './commands/replay.ts';
import { addInstruments } from './commands/instruments.ts';
import { addRun } from './commands/run.ts';
import { addSql } from './commands/sql.ts';

const program = new Command('whalewatch')
  .description('Watches whole crypto markets in real time: order books, whale scores, time series.')
  .version(version())
  .showHelpAfterError();

addRun(program);
addDemo(program);
addReplay(program);
addSql(program);
addInstruments(program);
addDoctor(program);

try {
  await program.parseAsync();
} catch (error) {
  showError(error);
  process.exitCode = 1;
}
