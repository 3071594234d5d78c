/**
 * Who should do what: what one process knows of the leases, and what it makes of that. Pure: times come from the caller,
 * and the words that it says (take, give back) are carried out elsewhere.
 *
 * A unit of work (`ingest-0`: one shard of a role) is free when its lease was given back, or has not changed for the time of
 * a lease while this process could hear: all by its own monotonic clock, so that nobody's time of day matters. Each role's
 * units are shared out evenly among the processes that have the role; who has more than its share gives one back at a time, once
 * nobody has come or gone for a while.
 */

import type { Lease, LeaseMember } from '../ports/lease-book.ts';

export interface Unit {
  readonly role: string;
  /** E.g. `ingest-0`. */
  readonly name: string;
}

export interface LeaseTableOptions {
  /** Id of this process. */
  readonly self: string;
  readonly roles: readonly string[];
  /** Of all roles, in the order in which they are to start. */
  readonly units: readonly Unit[];
  readonly leaseMs: number;
}

export interface LeaseSteps {
  /** Free units to take, in order. */
  readonly take: readonly string[];
  /** Own units that others are to have. */
  readonly giveBack: readonly string[];
  /** Own units that somebody else has taken. */
  readonly lost: readonly string[];
  /** Members that have not been heard of for long. */
  readonly forget: readonly string[];
}

/** What is known of a lease. */
export interface KnownLease {
  /** Null where nobody has had it. */
  readonly lease: Lease | null;
  /** 0 where there is none. */
  readonly revision: number;
}

interface Seen extends KnownLease {
  /** When this revision was first seen. */
  readonly sinceMs: number;
}

interface SeenMember {
  readonly member: LeaseMember;
  readonly revision: number;
  readonly sinceMs: number;
}

/** Without an answer for so long, a process cannot tell others' silence from its own deafness. */
const DEAF_LEASES = 0.75;
/** After so many leases a member that is not heard of is gone for good. */
const FORGET_LEASES = 20;
/** So many leases without a change among the members make it worth while to move work. */
const SETTLED_LEASES = 2;

export class LeaseTable {
  private readonly options: LeaseTableOptions;
  /** What this process takes part in; it may give a role up. */
  private readonly roles: Set<string>;
  private readonly seen = new Map<string, Seen>();
  private readonly members = new Map<string, SeenMember>();
  private readonly held = new Set<string>();
  /** Since when this process has been in touch with the others without a break. */
  private inTouchMs = Number.POSITIVE_INFINITY;
  private heardMs = Number.NEGATIVE_INFINITY;
  private membersBefore = '';
  private settledMs = 0;

  constructor(options: LeaseTableOptions) {
    this.options = options;
    this.roles = new Set(options.roles);
  }

  /** Roles that this process still has. */
  get ownRoles(): string[] {
    return [...this.roles];
  }

  get units(): readonly string[] {
    return [...this.held];
  }

  holds(unit: string): boolean {
    return this.held.has(unit);
  }

  /** Units of the own roles that somebody else does, or nobody yet. */
  get standby(): string[] {
    const { units } = this.options;
    return units.filter(({ role, name }) => this.roles.has(role) && !this.held.has(name)).map(({ name }) => name);
  }

  ownerOf(unit: string): string | null {
    return this.seen.get(unit)?.lease?.owner ?? null;
  }

  leaseOf(unit: string): KnownLease {
    return this.seen.get(unit) ?? { lease: null, revision: 0 };
  }

  /** The lease of a unit is at this revision. */
  observe(unit: string, lease: Lease | null, revision: number, nowMs: number): void {
    if (revision > this.leaseOf(unit).revision) this.seen.set(unit, { lease, revision, sinceMs: nowMs });
  }

  observeMember(id: string, member: LeaseMember | null, revision: number, nowMs: number): void {
    if (revision <= (this.members.get(id)?.revision ?? 0)) return;
    if (member === null) this.members.delete(id);
    else this.members.set(id, { member, revision, sinceMs: nowMs });
  }

  /** Members whose work is cut otherwise. */
  otherPlans(plan: string): { readonly id: string; readonly plan: string; readonly revision: number }[] {
    return [...this.members]
      .filter(([, { member }]) => member.plan !== plan)
      .map(([id, { member, revision }]) => ({ id, plan: member.plan, revision }));
  }

  /** The server has answered: what others had to say has arrived, or is about to. */
  heard(nowMs: number): void {
    if (this.isDeaf(nowMs)) this.inTouchMs = nowMs;
    this.heardMs = nowMs;
  }

  private isDeaf(nowMs: number): boolean {
    return nowMs - this.heardMs > this.options.leaseMs * DEAF_LEASES;
  }

  hold(unit: string): void {
    this.held.add(unit);
  }

  drop(unit: string): void {
    this.held.delete(unit);
  }

  /** Takes no more units of a role, and gives back those that it has. */
  leaveRole(role: string): void {
    this.roles.delete(role);
  }

  /** The term of the next owner: above all terms and epochs of the one before, whatever the clocks say. */
  nextTerm(unit: string, nowUs: number): number {
    const { lease } = this.leaseOf(unit);
    if (lease === null) return nowUs;
    // Where it was this process, what was said went by the same clock.
    const until = lease.owner === this.options.self ? 0 : lease.untilUs;
    return Math.max(nowUs, lease.term + 1, until + 1);
  }

  step(nowMs: number): LeaseSteps {
    const { self, units } = this.options;
    const live = this.liveMembers(nowMs);
    const isSettled = this.noteMembers([...live.keys()], nowMs);
    const take: string[] = [];
    const giveBack: string[] = [];
    for (const role of new Set(units.map((unit) => unit.role))) {
      const names = units.filter((unit) => unit.role === role).map(({ name }) => name);
      const own = names.filter((name) => this.held.has(name));
      if (!this.roles.has(role)) {
        giveBack.push(...own);
        continue;
      }
      const holdings = new Map<string, number>();
      for (const [id, { roles }] of live) if (roles.includes(role)) holdings.set(id, 0);
      holdings.set(self, own.length);
      const free = names.filter((name) => !this.held.has(name) && this.isFree(name, nowMs));
      for (const name of names) {
        const owner = this.ownerOf(name);
        const count = owner === null || owner === self ? undefined : holdings.get(owner);
        if (owner !== null && count !== undefined && !free.includes(name)) holdings.set(owner, count + 1);
      }
      const shares = sharesOf(names.length, holdings);
      take.push(...partOf(free, self, holdings, shares));
      if (isSettled && own.length > (shares.get(self) ?? 0)) giveBack.push(...own.slice(-1));
    }
    return { take, giveBack, lost: this.lost(), forget: this.gone(nowMs) };
  }

  /** Members that are there, this process included. */
  private liveMembers(nowMs: number): Map<string, LeaseMember> {
    const { self, leaseMs } = this.options;
    const live = new Map<string, LeaseMember>();
    for (const [id, { member, sinceMs }] of this.members) {
      if (id !== self && nowMs - Math.max(sinceMs, this.inTouchMs) < leaseMs) live.set(id, member);
    }
    return live;
  }

  /** Whether nobody has come or gone for a while. */
  private noteMembers(ids: readonly string[], nowMs: number): boolean {
    const members = ids.toSorted().join(' ');
    if (members !== this.membersBefore) {
      this.membersBefore = members;
      this.settledMs = nowMs + SETTLED_LEASES * this.options.leaseMs;
    }
    return nowMs >= this.settledMs;
  }

  private isFree(unit: string, nowMs: number): boolean {
    const seen = this.seen.get(unit);
    if (seen === undefined || seen.lease === null || seen.lease.owner === '') return true;
    if (this.isDeaf(nowMs)) return false;
    return nowMs - Math.max(seen.sinceMs, this.inTouchMs) >= this.options.leaseMs;
  }

  private lost(): string[] {
    const { self } = this.options;
    return this.units.filter((unit) => this.ownerOf(unit) !== self);
  }

  private gone(nowMs: number): string[] {
    const { leaseMs } = this.options;
    return [...this.members]
      .filter(([, { sinceMs }]) => nowMs - Math.max(sinceMs, this.inTouchMs) > FORGET_LEASES * leaseMs)
      .map(([id]) => id);
  }
}

/**
 * How many units each member should have: as even as can be. What does not come out even stays with those who have most, so that
 * no unit moves without need; then the names decide.
 */
export function sharesOf(units: number, holdings: ReadonlyMap<string, number>): Map<string, number> {
  const members = [...holdings].toSorted(([a, has], [b, hasToo]) => hasToo - has || (a < b ? -1 : 1));
  const least = Math.floor(units / members.length);
  const more = units % members.length;
  return new Map(members.map(([id], rank) => [id, least + (rank < more ? 1 : 0)]));
}

/** Those of the free units that a member takes: who else is short of some leaves these to it. */
function partOf(
  free: readonly string[],
  self: string,
  holdings: ReadonlyMap<string, number>,
  shares: ReadonlyMap<string, number>,
): readonly string[] {
  let from = 0;
  for (const id of [...holdings.keys()].toSorted()) {
    const short = Math.max(0, (shares.get(id) ?? 0) - (holdings.get(id) ?? 0));
    if (id === self) return free.slice(from, from + short);
    from += short;
  }
  return [];
}
