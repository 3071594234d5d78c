/** Which field of the configuration is behind trouble with a server: adapters know addresses, not fields. */

import { AppError } from '../lib/app-error.ts';
import type { Config } from './config.ts';

/** The same trouble, with the field named before its words where an address of the configuration is behind it. */
export function withField(error: unknown, { store }: Config): unknown {
  if (!(error instanceof AppError)) return error;
  const field = fieldOf(error.code, store.kind);
  if (field === null || error.message.startsWith(field)) return error;
  const { code, remedy, context } = error;
  const options = { context, cause: error, ...(remedy === undefined ? {} : { remedy }) };
  return new AppError(code, `${field}: ${error.message}`, options);
}

function fieldOf(code: string, store: Config['store']['kind']): string | null {
  switch (code) {
    case 'bus.unreachable':
      return 'bus.servers';
    case 'store.unreachable':
    case 'store.locked':
      return store === 'questdb' ? 'store.questdbUrl' : 'store.duckdbPath';
    default:
      return null;
  }
}
