/** `whalewatch instruments`: what the venues list, now or as of a past moment, as a table or for other programs. */

import type { Command } from 'commander';
import { Option } from 'commander';
import { AppError } from '../../lib/app-error.ts';
import { instrumentsSql } from '../../storage/instrument-rows.ts';
import type { CommonOptions } from '../cli.ts';
import { configOf, print, withCommonOptions } from '../cli.ts';
import { KNOWN_EXCHANGES } from '../config.ts';
import { cellText, textTable } from '../text-table.ts';
import { askRows, objectsOf } from './sql.ts';

interface InstrumentsOptions extends CommonOptions {
  readonly exchange?: string;
  readonly asOf?: number;
  readonly delisted?: boolean;
  readonly csv?: boolean;
}

export function addInstruments(program: Command): void {
  withCommonOptions(
    program
      .command('instruments')
      .description('show what the venues list, as a run has seen it, now or at a past moment'),
  )
    .addOption(new Option('--exchange <name>', 'of one venue only').choices(KNOWN_EXCHANGES))
    .addOption(
      new Option('--as-of <time>', 'as of this moment, e.g. 2026-11-01 or 2026-11-01T12:00:00Z').argParser(usOf),
    )
    .option('--delisted', 'also pairs that are no longer listed')
    .option('--csv', 'print comma-separated values')
    .action(async (options: InstrumentsOptions, command: Command) => {
      const { exchange, asOf, delisted = false } = options;
      const question = {
        delisted,
        ...(exchange === undefined ? {} : { exchange }),
        ...(asOf === undefined ? {} : { asOfUs: asOf }),
      };
      const config = configOf(command);
      const result = await askRows(config, instrumentsSql(config.store.tablePrefix, question));
      if (options.json === true) print(JSON.stringify(objectsOf(result)));
      else if (options.csv === true) print([result.columns, ...result.rows].map(csvLine).join('\n'));
      else print(textTable(result));
    });
}

/** A moment in UTC as µs since the epoch. @throws AppError naming the option */
function usOf(text: string): number {
  const isDated = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z)?$/.test(text);
  const ms = isDated ? Date.parse(text) : Number.NaN;
  // What a month does not have is no moment of the next one.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text.slice(0, 10)) {
    throw new AppError('option.invalid', `--as-of: found ${text}, allowed is a date or a moment in UTC`, {
      remedy: 'write it as 2026-11-01 or as 2026-11-01T12:00:00Z',
    });
  }
  return ms * 1000;
}

/** A row as RFC 4180 has it. */
function csvLine(cells: readonly unknown[]): string {
  return cells
    .map((cell) => {
      const text = cellText(cell);
      return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(',');
}
