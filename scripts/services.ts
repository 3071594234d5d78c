/**
 * Runs real NATS and QuestDB servers for tests and measurements.
 *
 *     node scripts/services.ts install             fetches what is missing (Prometheus too), starts nothing
 *     node scripts/services.ts run -- COMMAND …    starts both, runs COMMAND with their addresses in its environment
 *                                                  (WHALEWATCH_TEST_NATS_URL, WHALEWATCH_TEST_QUESTDB_URL), stops both
 *
 * Ends with the command's exit code, with 1 where a server cannot be had, with 2 for a wrong use.
 */

import { spawn } from 'node:child_process';
import { constants } from 'node:os';

import { URL_VARIABLES, installServices, startServices } from './services/start-services.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const [verb, separator, command, ...rest] = args;
  if (verb === 'install' && args.length === 1) return complain(await installServices(tell));
  if (verb === 'run' && separator === '--' && command !== undefined) return await run(command, rest);
  tell('usage: services.ts install | services.ts run -- COMMAND [ARGUMENT…]');
  return 2;
}

async function run(command: string, args: readonly string[]): Promise<number> {
  const services = await startServices(tell);
  try {
    if (services.nats === null || services.questdb === null) return complain(services.reasons);
    const env = {
      ...process.env,
      [URL_VARIABLES.nats]: services.nats.url,
      [URL_VARIABLES.questdb]: services.questdb.url,
    };
    return await runToEnd(command, args, env);
  } finally {
    await services.stop();
  }
}

/** The exit code of the command, as a shell counts it. Signals go to the command, so that the servers outlive it. */
async function runToEnd(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(command, args, { stdio: 'inherit', env });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  return await new Promise((resolve) => {
    child.once('error', (error) => {
      tell(error.message);
      resolve(127);
    });
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

function complain(reasons: readonly string[]): number {
  for (const reason of reasons) tell(reason);
  return reasons.length === 0 ? 0 : 1;
}

/** Standard output belongs to the command. */
function tell(line: string): void {
  console.error(`services: ${line}`);
}
