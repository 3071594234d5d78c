import type { CanonicalBuffer } from '../../actors/ledger.ts';
import type { MarketView } from '../../model/event.ts';
import { ByteWriter } from '../../transport/byte-writer.ts';
import { CanonicalHeads, canonicalBytes } from '../../transport/canonical.ts';

/** What most blocks of a ledger need; there is one buffer per book. */
const INITIAL_BYTES = 8192;

/** The ledger's buffer of one book. */
export class CanonicalWriter extends ByteWriter implements CanonicalBuffer {
  private readonly heads = new CanonicalHeads();

  constructor() {
    super(INITIAL_BYTES);
  }

  append(view: MarketView): void {
    canonicalBytes(view, this, this.heads);
  }
}
