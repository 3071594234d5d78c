/**
 * By when a fault can be proven from what the venue sends, which is the first moment at which the product can be blamed
 * for a wrong book. It follows from how the venue numbers and checks its books; docs/VENUES.md says the same in words.
 */

import type { BookRules, WireMessage } from '../../src/book/wire-message.ts';
import { utf8Of } from '../../src/lib/utf8.ts';
import type { ExchangeWire, WireReader } from '../../src/ports/exchange-wire.ts';
import type { FaultKind } from '../../src/simulator/fault-plan.ts';

/**
 * `at-once`: no wrong row can be excused, since the first frame that could lead to one shows the fault, or since the fault
 * changes no book. `at-checksum`: rows are told one by one, and the checksum behind them shows the fault. `never`: nothing
 * that the venue sends shows it, unless the book crosses.
 */
export type Proof = 'at-once' | 'at-checksum' | 'never';

/** Books must be no deeper than the checksum: what it does not cover, it does not prove. */
export function proofOf(rules: BookRules, fault: FaultKind): Proof {
  const hasNumbers = rules.sequence === 'range' || rules.sequence === 'connection';
  const checksum = checksumProof(rules);
  switch (fault) {
    // Sizes are absolute, and a connection keeps its order.
    case 'duplicate':
    case 'delay':
    // The end of a connection and its silence are seen by themselves, and a frame cut short is no JSON.
    case 'disconnect':
    case 'freeze':
      return 'at-once';
    // Where numbers show the loss, they do at the next update.
    case 'truncate':
      return 'at-once';
    case 'drop':
    case 'reorder':
      return hasNumbers ? 'at-once' : checksum;
    case 'corrupt':
      return checksum;
    case 'stale-snapshot':
      return rules.snapshot === 'rest' || rules.sequence === 'range' ? 'at-once' : checksum;
  }
}

/** Whether the product has to notice each such fault, even one that makes no book wrong. */
export function isAlwaysNoticed({ sequence, checksum }: BookRules, fault: FaultKind): boolean {
  switch (fault) {
    case 'disconnect':
    case 'freeze':
      return true;
    case 'truncate':
      // Cut before the name of its pair it is a lost frame, which a checksum notices where it matters.
      return sequence !== 'none' || checksum === null;
    case 'drop':
      return sequence === 'range' || sequence === 'connection';
    case 'duplicate':
      return sequence !== 'none';
    case 'reorder':
    case 'corrupt':
    case 'delay':
    case 'stale-snapshot':
      return false;
  }
}

/** Kraken sends the checksum with each frame, Bitfinex in a frame behind. */
function checksumProof({ checksum }: BookRules): Proof {
  switch (checksum) {
    case 'kraken-crc32':
      return 'at-once';
    case 'bitfinex-crc32':
      return 'at-checksum';
    case null:
      return 'never';
  }
}

/** Watches the frames of a venue for the checksum that proves a fault. */
export class ChecksumWatch {
  private readonly wire: ExchangeWire;
  private readonly readers = new Map<string, WireReader>();
  /** The pair that waits for its proof; empty while none does. */
  private symbol = '';
  /** A checksum proves nothing of a snapshot that has not come yet. */
  private isSnapshotDue = false;
  private proven = false;

  constructor(wire: ExchangeWire) {
    this.wire = wire;
  }

  /** Whether the checksum has come since `expect`. */
  get isProven(): boolean {
    return this.proven;
  }

  /** @param venueSymbol the pair of which a frame will be struck */
  expect(venueSymbol: string, fault: FaultKind): void {
    this.symbol = venueSymbol;
    this.isSnapshotDue = fault === 'stale-snapshot';
    this.proven = false;
  }

  /** Takes each frame of every connection, before the product does. */
  onFrame(conn: string, text: string): void {
    let reader = this.readers.get(conn);
    if (reader === undefined) {
      reader = this.wire.reader();
      this.readers.set(conn, reader);
    }
    reader.parse(utf8Of(text), this.onMessage);
  }

  private readonly onMessage = ({ kind, venueSymbol }: WireMessage): void => {
    if (venueSymbol !== this.symbol) return;
    if (kind === 'snapshot') this.isSnapshotDue = false;
    if (kind === 'checksum' && !this.isSnapshotDue) this.proven = true;
  };
}
