import { Command, Option } from 'commander';
import { afterEach, expect, it, vi } from 'vitest';
import { configOf, withCommonOptions } from './cli.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** The two commands of a program, of which one has an option of its own. */
function commands(): { plain: Command; storing: Command } {
  const storing = withCommonOptions(new Command('storing')).addOption(
    new Option('--store <kind>').env('WHALEWATCH_STORE'),
  );
  return { plain: withCommonOptions(new Command('plain')), storing };
}

it('takes a variable of the command’s own options for known, and refuses it where it means nothing', () => {
  const { plain, storing } = commands();
  expect(() => configOf(plain)).not.toThrow();
  vi.stubEnv('WHALEWATCH_STORE', 'questdb');
  expect(() => configOf(storing)).not.toThrow();
  expect(() => configOf(plain)).toThrow(expect.objectContaining({ code: 'config.invalid' }));
  expect(() => configOf(plain)).toThrow('WHALEWATCH_STORE');
});
