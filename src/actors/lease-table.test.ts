import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { Lease } from '../ports/lease-book.ts';
import { LeaseTable, sharesOf, type Unit } from './lease-table.ts';

const LEASE_MS = 1000;
const RENEW_MS = 250;

function unitsOf(role: string, count: number): Unit[] {
  return Array.from({ length: count }, (_, index) => ({ role, name: `${role}-${index}` }));
}

/** A server's bucket, and processes whose clock is the test's. */
class Bench {
  nowMs = 10_000;
  readonly leases = new Map<string, { lease: Lease; revision: number }>();
  readonly members = new Map<string, number>();
  readonly tables = new Map<string, LeaseTable>();
  /** Processes that neither say nor hear anything. */
  readonly cutOff = new Set<string>();
  private readonly units: Unit[];
  private revision = 0;

  constructor(units: Unit[]) {
    this.units = units;
  }

  join(self: string, roles = ['ingest']): LeaseTable {
    const table = new LeaseTable({ self, roles, units: this.units, leaseMs: LEASE_MS });
    this.tables.set(self, table);
    return table;
  }

  /** Lets the time pass in steps, in which everybody renews, looks, and does what it should. */
  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += RENEW_MS) {
      this.nowMs += RENEW_MS;
      for (const [self, table] of this.tables) if (!this.cutOff.has(self)) this.renew(self, table);
      for (const [self, table] of this.tables) if (!this.cutOff.has(self)) this.look(self, table);
    }
  }

  owners(): Record<string, string> {
    return Object.fromEntries([...this.leases].map(([unit, { lease }]) => [unit, lease.owner]));
  }

  private renew(self: string, table: LeaseTable): void {
    this.members.set(self, ++this.revision);
    table.heard(this.nowMs);
    for (const unit of table.units) if (this.leases.get(unit)?.lease.owner === self) this.put(unit, self);
  }

  private look(self: string, table: LeaseTable): void {
    for (const [unit, { lease, revision }] of this.leases) table.observe(unit, lease, revision, this.nowMs);
    for (const [id, revision] of this.members) {
      const roles = this.tables.get(id)?.ownRoles ?? [];
      table.observeMember(id, { roles, plan: 'one' }, revision, this.nowMs);
    }
    const { take, giveBack, lost } = table.step(this.nowMs);
    for (const unit of lost) table.drop(unit);
    for (const unit of take) {
      // As the server: only who knows the last revision may change it.
      if (table.leaseOf(unit).revision !== (this.leases.get(unit)?.revision ?? 0)) continue;
      this.put(unit, self);
      table.observe(unit, this.leases.get(unit)?.lease ?? null, this.revision, this.nowMs);
      table.hold(unit);
    }
    for (const unit of giveBack) {
      this.put(unit, '');
      table.drop(unit);
    }
  }

  private put(unit: string, owner: string): void {
    const lease = { owner, term: this.revision, untilUs: 0 };
    this.leases.set(unit, { lease, revision: ++this.revision });
  }
}

describe('leases', () => {
  it('are all taken by a process that is alone', () => {
    const bench = new Bench(unitsOf('ingest', 3));
    bench.join('a');
    bench.pass(RENEW_MS * 2);
    expect(bench.owners()).toEqual({ 'ingest-0': 'a', 'ingest-1': 'a', 'ingest-2': 'a' });
  });

  it('are shared out evenly with who comes later, one at a time, and not before nobody has come for a while', () => {
    const bench = new Bench(unitsOf('ingest', 4));
    bench.join('a');
    bench.pass(1000);
    bench.join('b');
    bench.pass(LEASE_MS);
    expect(Object.values(bench.owners())).toEqual(['a', 'a', 'a', 'a']);
    bench.pass(5 * LEASE_MS);
    expect(Object.values(bench.owners()).toSorted()).toEqual(['a', 'a', 'b', 'b']);
    const before = bench.owners();
    bench.pass(20 * LEASE_MS);
    expect(bench.owners()).toEqual(before);
  });

  it('do not move where there are fewer than processes: one of these stands by', () => {
    const bench = new Bench(unitsOf('store', 1));
    bench.join('z', ['store']);
    bench.pass(1000);
    const standby = bench.join('a', ['store']);
    bench.pass(20 * LEASE_MS);
    expect(bench.owners()).toEqual({ 'store-0': 'z' });
    expect([standby.units, standby.standby]).toEqual([[], ['store-0']]);
  });

  it('of a silent process are taken over after the time of a lease, and not earlier', () => {
    const bench = new Bench(unitsOf('ingest', 2));
    bench.join('a');
    bench.join('b');
    bench.pass(10 * LEASE_MS);
    expect(Object.values(bench.owners()).toSorted()).toEqual(['a', 'b']);
    bench.cutOff.add('a');
    bench.pass(LEASE_MS - RENEW_MS);
    expect(Object.values(bench.owners()).toSorted()).toEqual(['a', 'b']);
    bench.pass(2 * RENEW_MS);
    expect(Object.values(bench.owners())).toEqual(['b', 'b']);
  });

  it('are lost to who finds that another one has them', () => {
    const bench = new Bench(unitsOf('ingest', 1));
    const a = bench.join('a');
    bench.pass(LEASE_MS);
    bench.join('b');
    bench.cutOff.add('a');
    bench.pass(3 * LEASE_MS);
    expect(bench.owners()).toEqual({ 'ingest-0': 'b' });
    expect(a.units).toEqual(['ingest-0']);
    bench.cutOff.delete('a');
    bench.pass(RENEW_MS);
    expect(a.units).toEqual([]);
    expect(bench.owners()).toEqual({ 'ingest-0': 'b' });
  });

  it('stay where they are when nobody could hear anybody: the server was away', () => {
    const bench = new Bench(unitsOf('ingest', 2));
    bench.join('a');
    bench.join('b');
    bench.pass(10 * LEASE_MS);
    const before = bench.owners();
    for (const id of ['a', 'b']) bench.cutOff.add(id);
    bench.pass(10 * LEASE_MS);
    bench.cutOff.clear();
    bench.pass(10 * LEASE_MS);
    expect(bench.owners()).toEqual(before);
  });

  it('are not taken from a silent process by one that hears nothing itself', () => {
    const table = new LeaseTable({ self: 'a', roles: ['ingest'], units: unitsOf('ingest', 1), leaseMs: LEASE_MS });
    table.heard(0);
    table.observe('ingest-0', { owner: 'b', term: 1, untilUs: 0 }, 1, 0);
    const takenAt = (ms: number): readonly string[] => table.step(ms).take;
    expect(takenAt(5000)).toEqual([]);
    for (let ms = 6000; ms < 7000; ms += RENEW_MS) {
      table.heard(ms);
      expect(takenAt(ms)).toEqual([]);
    }
    table.heard(7000);
    expect(takenAt(7000)).toEqual(['ingest-0']);
  });

  it('of a role that a process leaves go to the others', () => {
    const bench = new Bench([...unitsOf('ingest', 1), ...unitsOf('store', 1)]);
    const a = bench.join('a', ['ingest', 'store']);
    bench.pass(LEASE_MS);
    bench.join('b', ['ingest', 'store']);
    bench.pass(5 * LEASE_MS);
    a.leaveRole('ingest');
    bench.pass(5 * LEASE_MS);
    expect(bench.owners()).toMatchObject({ 'ingest-0': 'b', 'store-0': 'a' });
  });

  it('begin terms above all that the owner before may have said, whatever the time of day is', () => {
    const table = new LeaseTable({ self: 'a', roles: ['ingest'], units: unitsOf('ingest', 1), leaseMs: LEASE_MS });
    expect(table.nextTerm('ingest-0', 500)).toBe(500);
    table.observe('ingest-0', { owner: 'b', term: 1000, untilUs: 3000 }, 1, 0);
    expect([table.nextTerm('ingest-0', 500), table.nextTerm('ingest-0', 9000)]).toEqual([3001, 9000]);
    // Where it was this process itself, terms do not run ahead of its time.
    table.observe('ingest-0', { owner: 'a', term: 9000, untilUs: 12_000 }, 2, 0);
    expect([table.nextTerm('ingest-0', 500), table.nextTerm('ingest-0', 9500)]).toEqual([9001, 9500]);
  });

  it('are each held by one process at most, and by one in the end, whoever comes, goes and is cut off', () => {
    const seed = 20_261;
    const act = fc.record({ who: fc.constantFrom('a', 'b', 'c'), what: fc.constantFrom('cut', 'back', 'join', 'end') });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), (acts, count) => {
        const bench = new Bench(unitsOf('ingest', count));
        bench.join('a');
        for (const { who, what } of acts) {
          if (what === 'join' && !bench.tables.has(who)) bench.join(who);
          if (what === 'cut') bench.cutOff.add(who);
          if (what === 'back') bench.cutOff.delete(who);
          if (what === 'end' && who !== 'a') bench.tables.delete(who);
          bench.pass(700);
          // What a process believes to hold although it is cut off, its fence keeps it from.
          const hearing = [...bench.tables].filter(([id]) => !bench.cutOff.has(id));
          const holders = hearing.flatMap(([, table]) => table.units);
          expect(new Set(holders).size).toBe(holders.length);
        }
        bench.cutOff.clear();
        bench.pass(40 * LEASE_MS);
        const shares = [...bench.tables.values()].map(({ units }) => units.length);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(count);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
      { seed, numRuns: 200 },
    );
  });
});

describe('shares', () => {
  it('are as even as can be; what does not come out even stays with who has most', () => {
    expect([...sharesOf(5, new Map(Object.entries({ a: 0, b: 3, c: 2 })))]).toEqual([
      ['b', 2],
      ['c', 2],
      ['a', 1],
    ]);
  });
});
