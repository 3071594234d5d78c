/** The reader of a wire whose frames stand alone. */

import type { WireReader } from '../ports/exchange-wire.ts';

export function plainReader(parse: WireReader['parse']): () => WireReader {
  const reader: WireReader = { parse, state: () => null, restore: () => undefined };
  return () => reader;
}
