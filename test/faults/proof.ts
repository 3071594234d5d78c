/**
 * By when a fault can be proven from what the venue sends, which is the first moment at which the product can be blamed
 * for a wrong book. It follows from how the venue numbers and checks its books; docs/VENUES.md says the same in words.
 */

import type { BookRules } from '../../src/book/wire-message.ts';
import type { FaultKind } from '../../src/simulator/fault-plan.ts';

/**
 * `at-once`: no wrong row can be excused, since the first frame that could lead to one shows the fault, or since the fault
 * changes no book. `never`: nothing that the venue sends shows it, unless the book crosses.
 */
export type Proof = 'at-once' | 'never';

/** Books must be no deeper than the checksum: what it does not cover, it does not prove. */
export function proofOf(rules: BookRules, fault: FaultKind): Proof {
  const hasNumbers = rules.sequence === 'range' || rules.sequence === 'connection';
  // Kraken's is in each frame. On Bitfinex rows wait for theirs.
  const checksum = rules.checksum === null ? 'never' : 'at-once';
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
