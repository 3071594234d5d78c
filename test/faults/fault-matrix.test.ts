/**
 * The fault matrix in small: some injections per cell. `npx node test/faults/main.ts` is the whole of it. Each failure says its
 * venue, fault and seed.
 */

import { describe, expect, it } from 'vitest';
import { wireRegistry } from '../../src/exchanges/registry.ts';
import { assert } from '../../src/lib/assert.ts';
import { FAULT_KINDS, type FaultKind } from '../../src/simulator/fault-plan.ts';
import { VENUE_NAMES, type VenueName } from '../../src/simulator/venues.ts';
import { measureCell } from './fault-matrix.ts';
import { proofOf } from './proof.ts';

const SEED = 'small';
const INJECTIONS = 5;
/** Of these some must have told something wrong, or the matrix sees nothing. */
const SEEN_BY_NOBODY: readonly FaultKind[] = ['drop', 'corrupt'];

function proofAt(venue: VenueName, fault: FaultKind) {
  const wire = wireRegistry.live(venue);
  assert(wire !== undefined, `no wire for ${venue}`);
  return proofOf(wire.rules, fault);
}

describe.each(VENUE_NAMES)('the product on the simulated %s', (venue) => {
  it.each(FAULT_KINDS)('is right again after each %s, and wrong only while nothing shows it', async (fault) => {
    const cell = await measureCell({ venue, fault, injections: INJECTIONS, seed: SEED });
    expect(cell.failures).toEqual([]);
    expect(cell).toMatchObject({ injections: INJECTIONS, wrongProven: 0, wrongElsewhere: 0 });
    expect(cell.rightAgain + cell.rightByResync).toBe(INJECTIONS);
    const { leftLive, byNumber, harmless, unseen } = cell.outcomes;
    expect(leftLive + byNumber + harmless + unseen).toBe(INJECTIONS);
    const proof = proofAt(venue, fault);
    if (proof === 'at-once') expect([cell.wrong, unseen, cell.rightByResync]).toEqual([0, 0, 0]);
    if (proof === 'never' && SEEN_BY_NOBODY.includes(fault)) expect(cell.wrong).toBeGreaterThan(0);
  });
});

describe('the fault matrix', () => {
  const cell = { injections: 3, seed: SEED } as const;

  it('fails where a venue gives less than it is said to give, and names the cell', async () => {
    const { failures, wrongProven } = await measureCell({
      ...cell,
      venue: 'coinbase',
      fault: 'drop',
      proof: 'at-once',
    });
    expect(wrongProven).toBeGreaterThan(0);
    expect(failures[0]).toMatch(/^coinbase drop \(seed small, injection \d\) .* live and wrong after the proof$/);
  });

  it('is the same for the same seed', async () => {
    const [one, other] = [
      await measureCell({ ...cell, venue: 'bitstamp', fault: 'corrupt' }),
      await measureCell({ ...cell, venue: 'bitstamp', fault: 'corrupt' }),
    ];
    expect(other).toEqual(one);
  });
});
