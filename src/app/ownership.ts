/**
 * This process's part of the work: keeps its leases renewed, takes what is free, gives back what others are to have, and
 * closes the fences of what it has lost. What that means for threads is its owner's business.
 */

import { LeaseTable, type KnownLease, type Unit } from '../actors/lease-table.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { Lease, LeaseBook, LeaseEntry, LeaseMember } from '../ports/lease-book.ts';
import { monotonicUs, newFence, openUntil, revoke, stateOfFence, type Fence } from '../transport/fence.ts';
import { LEASE_PREFIX, leaseKey, MEMBER_PREFIX, memberKey } from '../transport/subjects.ts';

export interface OwnershipOptions {
  readonly book: LeaseBook;
  /** Id of this process, and what it takes part in. */
  readonly self: string;
  readonly roles: readonly string[];
  readonly units: readonly Unit[];
  /** How the work is cut into units; see `LeaseMember`. */
  readonly plan: string;
  readonly leaseMs: number;
  /** Of this process's time of day, for terms. */
  readonly clock: Clock;
  /**
   * A unit is ours: its work may begin. @param before whose it was; null where it was nobody's yet. Resolves when it has begun,
   * or has failed to: the lease is held all the same.
   */
  readonly onTaken: (unit: string, before: string | null) => Promise<void>;
  /** Another process has it: its work is to end at once. */
  readonly onLost: (unit: string, owner: string | null) => Promise<void>;
  /** Another process is to have it: its work is to end in good order. */
  readonly onGivingBack: (unit: string) => Promise<void>;
  readonly onTrouble: (error: unknown, doing: string) => void;
}

/** A lease is renewed so many times in its time. */
const RENEWALS = 4;
/** And looked at so often. */
const LOOKS = 20;
const LOOK_MS_MIN = 20;
/** The part of a lease in which its owner may write: the rest allows for clocks that do not run at the same pace. */
const KEEP = 0.8;
const SEEN_MS_MAX = 15_000;

export class Ownership {
  private readonly options: OwnershipOptions;
  private readonly table: LeaseTable;
  private readonly fences = new Map<string, Fence>();
  /** What is being done about a unit: one thing after the other. */
  private readonly tails = new Map<string, Promise<unknown>>();
  /** Units that are being taken or given back, and those that were lost and have not ended yet. */
  private readonly moving = new Set<string>();
  private readonly ending = new Set<string>();
  private memberRevision = 0;
  private readonly seen = Promise.withResolvers<'seen'>();
  private isStopping = false;
  private timers: NodeJS.Timeout[] = [];

  constructor(options: OwnershipOptions) {
    this.options = options;
    this.table = new LeaseTable(options);
  }

  /** Units that are ours. */
  get held(): readonly string[] {
    return this.table.units;
  }

  /** Units of our roles that others do, with their owners; null for nobody yet. */
  get standby(): { readonly unit: string; readonly owner: string | null }[] {
    return this.table.standby.map((unit) => ({ unit, owner: this.table.ownerOf(unit) }));
  }

  /** Own units whose leases could not be renewed in time: their work waits. */
  get lapsed(): string[] {
    return [...this.fences].filter(([, fence]) => stateOfFence(fence) === 'lapsed').map(([unit]) => unit);
  }

  /** Under which a unit's writers write now; null where it is not ours. */
  fenceOf(unit: string): Fence | null {
    return this.fences.get(unit) ?? null;
  }

  /**
   * Joins the others, and takes what is free at the moment; resolves when that work has begun.
   * @throws AppError `hosts.plan` where others have cut the work differently; BusError as `LeaseBook`
   */
  async start(): Promise<void> {
    const { book, leaseMs } = this.options;
    await this.beat();
    book.watch((key, entry) => this.observe(key, entry));
    await this.untilSeen();
    await this.checkPlan();
    this.table.heard(nowMs());
    this.timers.push(setInterval(() => void this.renewAll(), leaseMs / RENEWALS));
    // One after the other: nothing waits for them, and others may come meanwhile.
    const tried = new Set<string>();
    for (;;) {
      const unit = this.table.step(nowMs()).take.find((one) => !tried.has(one));
      if (unit === undefined) break;
      tried.add(unit);
      await this.beginTaking(unit);
    }
    this.timers.push(setInterval(() => void this.look(), Math.max(LOOK_MS_MIN, leaseMs / LOOKS)));
  }

  /** A new term for a unit whose thread is about to start: what the last one had on its way is refused from now on. */
  async begin(unit: string): Promise<Fence> {
    return this.inTurn(unit, async () => {
      if (!this.isOurs(unit)) throw new AppError('hosts.not-ours', `${unit} belongs to another process`);
      await this.put(unit, this.table.nextTerm(unit, this.options.clock.nowUs()));
      const fence = this.fences.get(unit);
      if (fence === undefined) throw new AppError('hosts.not-ours', `${unit} belongs to another process`);
      return fence;
    });
  }

  /** Leaves a role to the others: what this process has of it does not work. */
  leaveRole(role: string): void {
    this.table.leaveRole(role);
  }

  /** No unit is taken or moved any more; those that are held stay so. */
  freeze(): void {
    this.isStopping = true;
  }

  /** Gives everything back; the work has ended. */
  async stop(): Promise<void> {
    this.freeze();
    for (const timer of this.timers) clearInterval(timer);
    const { book, self } = this.options;
    try {
      await Promise.all(this.held.map((unit) => this.inTurn(unit, () => this.release(unit))));
      await book.remove(memberKey(self));
    } catch (error) {
      // Others wait for the end of the leases then.
      this.options.onTrouble(error, 'give back the leases');
    }
    await book.close();
  }

  private observe(key: string, { value, revision }: LeaseEntry): void {
    if (key.startsWith(LEASE_PREFIX)) {
      this.table.observe(key.slice(LEASE_PREFIX.length), value as Lease | null, revision, nowMs());
    } else if (key.startsWith(MEMBER_PREFIX)) {
      if (key === memberKey(this.options.self)) this.seen.resolve('seen');
      this.table.observeMember(key.slice(MEMBER_PREFIX.length), value as LeaseMember | null, revision, nowMs());
    }
  }

  /** Waits until this process hears of itself: by then it has heard of all that was said before it came. */
  private async untilSeen(): Promise<void> {
    const late = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => late.resolve('late'), SEEN_MS_MAX);
    const outcome = await Promise.race([this.seen.promise, late.promise]);
    clearTimeout(timer);
    if (outcome === 'late') throw new AppError('bus.unreachable', 'NATS does not tell who shares the work');
  }

  /** Waits until those who have cut the work differently are known to be gone. */
  private async checkPlan(): Promise<void> {
    const { plan, leaseMs } = this.options;
    const others = this.table.otherPlans(plan);
    if (others.length === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, leaseMs);
    await promise;
    const still = this.table
      .otherPlans(plan)
      .filter(({ id, revision }) => others.some((other) => other.id === id && other.revision < revision));
    const [first] = still;
    if (first === undefined) return;
    await this.options.book.remove(memberKey(this.options.self));
    throw new AppError('hosts.plan', `${first.id} shares the work as ${first.plan}, this process as ${plan}`, {
      remedy:
        'Give all processes the same ingest.partitions, numbers of shards (ingest.shards depends on the cores where it is not set), analytics.enabled and store.kind, or stop the others first.',
      context: { other: first.id, theirs: first.plan, ours: plan },
    });
  }

  /** Says that this process is there. */
  private beat(): Promise<void> {
    const { book, self, plan } = this.options;
    const key = memberKey(self);
    return this.inTurn(key, async () => {
      const member: LeaseMember = { roles: this.table.ownRoles, plan };
      try {
        this.memberRevision = await book.put(key, member, this.memberRevision);
        this.table.heard(nowMs());
      } catch (error) {
        // An answer was lost on its way.
        if (!isConflict(error)) throw error;
        this.memberRevision = (await book.get(key))?.revision ?? 0;
      }
    });
  }

  private async renewAll(): Promise<void> {
    const tries: Promise<void>[] = [];
    if (!this.tails.has(memberKey(this.options.self))) {
      tries.push(this.attempt('say that it is there', () => this.beat()));
    }
    for (const unit of this.held) {
      if (this.tails.has(unit)) continue;
      tries.push(this.attempt(`renew ${unit}`, () => this.inTurn(unit, () => this.renew(unit))));
    }
    await Promise.all(tries);
  }

  private async renew(unit: string): Promise<void> {
    const { lease } = this.table.leaseOf(unit);
    if (lease !== null && this.isOurs(unit)) await this.put(unit, lease.term);
  }

  /** Whether a unit is held, and nobody has been heard to have taken it: what others have said is not to be overwritten. */
  private isOurs(unit: string): boolean {
    return this.table.holds(unit) && this.table.ownerOf(unit) === this.options.self;
  }

  /** Looks at what there is to do about leases, and does it. */
  private async look(): Promise<void> {
    const { take, giveBack, lost, forget } = this.table.step(nowMs());
    const work: Promise<void>[] = lost.map((unit) => this.lose(unit));
    if (!this.isStopping) {
      for (const unit of take) work.push(this.beginTaking(unit));
      for (const unit of giveBack) work.push(this.move(unit, `give ${unit} back`, () => this.giveBack(unit)));
      for (const id of forget) work.push(this.forget(id));
    }
    await Promise.all(work);
  }

  /** Removes what a process that is gone has said of itself; others may have done so meanwhile. */
  private forget(id: string): Promise<void> {
    return this.move(id, `forget ${id}`, () => this.options.book.remove(memberKey(id)));
  }

  /** What is known at this moment is what was free: who has changed it since was faster. */
  private beginTaking(unit: string): Promise<void> {
    const known = this.table.leaseOf(unit);
    const term = this.table.nextTerm(unit, this.options.clock.nowUs());
    return this.move(unit, `take ${unit}`, () => this.take(unit, term, known));
  }

  private async take(unit: string, term: number, { lease, revision }: KnownLease): Promise<void> {
    await this.inTurn(unit, () => this.put(unit, term, revision));
    if (this.table.holds(unit)) await this.options.onTaken(unit, lease === null ? null : lease.owner);
  }

  private async giveBack(unit: string): Promise<void> {
    await this.options.onGivingBack(unit);
    await this.inTurn(unit, () => this.release(unit));
  }

  private async release(unit: string): Promise<void> {
    const { lease, revision } = this.table.leaseOf(unit);
    if (lease === null || !this.isOurs(unit)) return;
    this.drop(unit);
    const free: Lease = { ...lease, owner: '', untilUs: this.options.clock.nowUs() };
    this.table.observe(unit, free, await this.options.book.put(leaseKey(unit), free, revision), nowMs());
  }

  private async lose(unit: string): Promise<void> {
    if (!this.table.holds(unit)) return;
    this.drop(unit);
    this.ending.add(unit);
    await this.attempt(`end ${unit}`, () => this.options.onLost(unit, this.table.ownerOf(unit)));
    this.ending.delete(unit);
  }

  private drop(unit: string): void {
    this.table.drop(unit);
    const fence = this.fences.get(unit);
    if (fence !== undefined) revoke(fence);
    this.fences.delete(unit);
  }

  /** Takes a lease or renews it. Where somebody else was faster, what is known of it is brought up to date instead. */
  private async put(unit: string, term: number, revision = this.table.leaseOf(unit).revision): Promise<void> {
    const { book, self, leaseMs, clock } = this.options;
    const lease: Lease = { owner: self, term, untilUs: Math.max(term, clock.nowUs() + leaseMs * 1000) };
    const sentUs = monotonicUs();
    try {
      const renewed = await book.put(leaseKey(unit), lease, revision);
      this.table.observe(unit, lease, renewed, nowMs());
      this.table.heard(nowMs());
      this.table.hold(unit);
      this.open(unit, term, sentUs + leaseMs * 1000 * KEEP);
    } catch (error) {
      if (!isConflict(error)) throw error;
      const entry = await book.get(leaseKey(unit));
      if (entry !== null) this.table.observe(unit, entry.value as Lease | null, entry.revision, nowMs());
    }
  }

  private open(unit: string, term: number, untilUs: number): void {
    const fence = this.fences.get(unit);
    if (fence?.term === term) {
      openUntil(fence, untilUs);
      return;
    }
    // Threads of the term before keep a fence of their own, which closes now.
    if (fence !== undefined) revoke(fence);
    this.fences.set(unit, newFence(unit, term, untilUs));
  }

  private async move(unit: string, doing: string, run: () => Promise<void>): Promise<void> {
    if (this.moving.has(unit) || this.ending.has(unit)) return;
    this.moving.add(unit);
    await this.attempt(doing, run);
    this.moving.delete(unit);
  }

  private async attempt(doing: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.options.onTrouble(error, doing);
    }
  }

  private async inTurn<T>(unit: string, run: () => Promise<T>): Promise<T> {
    const turn = (this.tails.get(unit) ?? Promise.resolve()).then(run);
    const tail = turn
      .catch(() => undefined)
      .finally(() => {
        if (this.tails.get(unit) === tail) this.tails.delete(unit);
      });
    this.tails.set(unit, tail);
    return turn;
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof AppError && error.code === 'bus.conflict';
}

function nowMs(): number {
  return monotonicUs() / 1000;
}
