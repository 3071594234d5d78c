import type { CanonicalBuffer } from '../../actors/ledger.ts';
import type { MarketView } from '../../model/event.ts';
import { ByteWriter } from '../../transport/byte-writer.ts';
import { canonicalBytes } from '../../transport/codec.ts';

/** What most blocks of a ledger need; there is one buffer per book. */
const INITIAL_BYTES = 8192;

/** The ledger's buffer of one book. */
export class CanonicalWriter extends ByteWriter implements CanonicalBuffer {
  constructor() {
    super(INITIAL_BYTES);
  }

  append(view: MarketView): void {
    canonicalBytes(view, this);
  }
}
