/**
 * Named events: what happens, logged and counted from one place, so that a line and its counter cannot disagree. `warn`
 * is odd but nothing was lost; `error` is data lost or a person needed. A flood of one event is counted in full and
 * logged thinned out.
 */

import type { TrustReason, TrustState } from '../model/event.ts';
import type { AppError } from '../lib/app-error.ts';
import type { Metrics } from './metrics.ts';
import { Thinning } from './thinning.ts';

/** Of a flood, the first ten lines and then each thousandth. */
const FLOOD = { first: 10, every: 1000 };

interface OfBook {
  readonly exchange: string;
  readonly symbol: string;
}

/** Where the lines go; a `Logger` is one. */
export interface EventLog {
  debug(facts: object, text: string): void;
  info(facts: object, text: string): void;
  warn(facts: object, text: string): void;
  error(facts: object, text: string): void;
}

/** The named events of one thread. */
export class Events {
  readonly #log: EventLog;
  readonly #metrics: Metrics;
  readonly #thinning = new Thinning(FLOOD);

  constructor(log: EventLog, metrics: Metrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  /** A connection is open and subscribed. */
  connectionOpened(facts: { exchange: string; connection: string; pairs: number }): void {
    this.#log.info(facts, 'connection opened');
  }

  /** A frame could not be understood; it was kept with its reason. `reason` is from a fixed set. */
  frameMalformed(facts: { exchange: string; connection: string; reason: string; detail: string; bytes: number }): void {
    this.#metrics.feed.parseErrors.inc({ exchange: facts.exchange, reason: facts.reason });
    this.#flood('warn', `malformed/${facts.exchange}/${facts.reason}`, facts, 'frame malformed');
  }

  /** A frame was right but of another shape than the scanner of its wire knows: the venue has changed it. */
  frameShapeUnknown(facts: { exchange: string }): void {
    this.#metrics.feed.generalFrames.inc(facts);
    this.#flood('warn', `shape/${facts.exchange}`, facts, 'frame of an unknown shape, read the slow way');
  }

  /** A book's trust changed: to `live` is good news, away from it is odd, `suspect` means that it was wrong. */
  bookStateChanged(facts: OfBook & { from: TrustState; to: TrustState; reason: TrustReason; detail: string }): void {
    const level = facts.to === 'suspect' || facts.to === 'stale' ? 'warn' : 'info';
    this.#flood(level, `state/${facts.exchange}/${facts.to}/${facts.reason}`, facts, 'book state changed');
  }

  /** A step of an actor threw: the actor is restarted alone. `role` is from a fixed set. */
  actorFailed(facts: { role: string; actor: string; error: Error }): void {
    this.#metrics.actor.failures.inc({ role: facts.role });
    const { error, ...rest } = facts;
    this.#flood('error', `actor/${facts.role}`, { ...rest, err: error }, 'actor failed');
  }

  /** A supervisor gave a child up: it failed too often within the period. A person is needed. */
  restartsExceeded(facts: { role: string; actor: string; maxRestarts: number; periodS: number }): void {
    this.#metrics.actor.escalations.inc({ role: facts.role });
    this.#log.error(facts, 'restarts exceeded');
  }

  /** Sockets have not been read for some time. Venues cut off who does not read: that is a gap, and a new epoch. */
  feedsPaused(facts: { reason: string; pausedMs: number }): void {
    this.#flood('warn', `paused/${facts.reason}`, facts, 'feeds paused');
  }

  feedsResumed(facts: { reason: string; pausedMs: number }): void {
    this.#flood('warn', `resumed/${facts.reason}`, facts, 'feeds resumed');
  }

  /** The raw archive could not be written: it is tried again, and the market goes on without it. */
  archiveFailed(facts: { exchange: string; error: AppError }): void {
    const { exchange, error } = facts;
    this.#metrics.feed.archiveFailures.inc({ exchange, reason: error.code });
    this.#flood('error', `archive/${exchange}/${error.code}`, { exchange, err: error }, 'archive failed');
  }

  /** The raw archive is written again. */
  archiveResumed(facts: { exchange: string; downMs: number; recordsLost: number }): void {
    this.#log.warn(facts, 'archive resumed');
  }

  /** A venue's list of instruments says something new. */
  instrumentChanged(facts: { exchange: string; kind: string; symbol: string; detail: string }): void {
    this.#metrics.feed.instrumentChanges.inc({ exchange: facts.exchange, kind: facts.kind });
    const level = facts.kind === 'changed' ? 'info' : 'warn';
    this.#flood(level, `instrument/${facts.exchange}/${facts.kind}`, facts, `instrument ${facts.kind}`);
  }

  /** A venue's list could not be had, believed or kept; it is asked for again. */
  instrumentsUnknown(facts: { exchange: string; reason: string }): void {
    this.#flood('warn', `instruments/${facts.exchange}`, facts, 'instruments not known');
  }

  /** A thread died: its connections and what they would have carried until its restart are lost. */
  shardLost(facts: { role: string; shard: string; incarnation: number; reason: string; pairs: number }): void {
    this.#log.error(facts, 'shard lost');
  }

  /** A thread does not answer: it is ended and started again, or, where it cannot be ended alone, the program is unhealthy. */
  threadHung(facts: { role: string; shard: string; incarnation: number; silentMs: number }): void {
    this.#metrics.actor.hung.inc({ role: facts.role });
    this.#log.error(facts, 'thread hung');
  }

  /** A thread that died runs again. */
  shardRestarted(facts: { role: string; shard: string; incarnation: number; downMs: number }): void {
    this.#metrics.actor.restarts.inc({ role: facts.role });
    this.#log.warn(facts, 'shard restarted');
  }

  /** A part of the work is this process's from now on. `from`: the silent process that had it; null where nobody had. */
  workTaken(facts: { role: string; unit: string; from: string | null }): void {
    if (facts.from === null) this.#log.info(facts, 'work taken');
    else {
      this.#metrics.lease.takeovers.inc({ role: facts.role });
      this.#log.warn(facts, 'work taken over');
    }
  }

  /** Another process has taken a part of the work, since this one was not heard of in time. */
  workLost(facts: { role: string; unit: string; to: string | null }): void {
    this.#metrics.lease.losses.inc({ role: facts.role });
    this.#log.warn(facts, 'work lost to another process');
  }

  /** What of its roles this process does, and what it waits for. */
  workShared(facts: { held: readonly string[]; standby: readonly string[] }): void {
    this.#log.info(facts, facts.held.length === 0 ? 'standing by: all work is done by others' : 'work is shared');
  }

  /** A lease could not be taken, renewed or given back; it is tried again. */
  leaseFailed(facts: { doing: string; error: unknown }): void {
    this.#metrics.lease.failures.inc();
    const { doing, error } = facts;
    this.#flood('warn', 'lease', { doing, err: error }, 'leases cannot be changed');
  }

  /** A publish was refused or not answered; it is tried again with the same id. `reason` is from a fixed set. */
  busPublishFailed(facts: { lane: string; reason: string; detail: string; attempt: number }): void {
    this.#metrics.bus.publishFailures.inc({ lane: facts.lane, reason: facts.reason });
    this.#flood('warn', `publish/${facts.lane}/${facts.reason}`, facts, 'bus publish failed');
  }

  /** The bus takes no more and memory has no room: batches go to the disk, in order. */
  spoolBegan(): void {
    this.#flood('warn', 'spool/began', {}, 'bus spooled to disk');
  }

  /** The disk takes no more either: what follows waits in memory, and then the sockets do. `reason`: the bound, or the disk's words. */
  spoolFull(facts: { reason: string }): void {
    this.#flood('warn', 'spool/full', facts, 'spool full');
  }

  /** All that lay on the disk is on its way to the bus, in order. */
  spoolCaughtUp(facts: { batches: number; bytes: number; durationMs: number }): void {
    this.#flood('warn', 'spool/caught-up', facts, 'spool caught up');
  }

  /** A batch could not be written; it is kept and written again after `backoffMs`. */
  storeRetry(facts: { error: AppError; rows: number; attempt: number; backoffMs: number }): void {
    const { error, ...rest } = facts;
    this.#metrics.store.failures.inc({ reason: error.code });
    this.#metrics.store.retries.inc({ reason: error.code });
    this.#flood('warn', `store/${error.code}`, { ...rest, err: error }, 'store retry');
  }

  /** A consumer cannot take something: it is kept with its reason, and passed. A person should look at it. */
  setAside(facts: { consumer: string; reason: string; detail: string; position: number; bytes: number }): void {
    this.#metrics.bus.deadLetters.inc({ consumer: facts.consumer, reason: facts.reason });
    this.#flood('error', `aside/${facts.consumer}/${facts.reason}`, facts, 'set aside');
  }

  /** The bus has lost events of a book. */
  holeFound(facts: { consumer: string; book: string; detail: string }): void {
    this.#metrics.bus.holes.inc({ consumer: facts.consumer });
    this.#flood('error', `hole/${facts.consumer}`, facts, 'events lost on the bus');
  }

  /** A shard's thread goes on with the state that was kept of a partition's books. */
  stateResumed(facts: { role: string; name: string; books: number; bytes: number }): void {
    this.#metrics.state.loads.inc({ role: facts.role, result: 'resumed' });
    this.#log.info(facts, 'state resumed');
  }

  /** What was kept cannot be used: the books begin anew, with the consequence that is told. A person should know. */
  stateRefused(facts: { role: string; name: string; error: AppError; consequence: string }): void {
    this.#metrics.state.loads.inc({ role: facts.role, result: 'refused' });
    const { error, ...rest } = facts;
    this.#log.error({ ...rest, err: error }, `state refused: ${error.message}; ${facts.consequence}`);
  }

  /** A snapshot could not be kept: the one before it stands, and nothing more is acknowledged meanwhile. */
  stateNotKept(facts: { role: string; name: string; error: unknown }): void {
    this.#metrics.state.snapshots.inc({ role: facts.role, result: 'failed' });
    const { error, ...rest } = facts;
    this.#flood('warn', `state/${facts.role}`, { ...rest, err: error }, 'state not kept');
  }

  /** A shutdown ran out of time; what is left is given again by the bus, or was lost where the bus is embedded. */
  shutdownDeadline(facts: { deadlineMs: number; unfinished: readonly string[] }): void {
    this.#log.error(facts, 'shutdown deadline passed');
  }

  #flood(level: 'info' | 'warn' | 'error', key: string, facts: object, text: string): void {
    const leftOut = this.#thinning.next(key);
    if (leftOut === null) return;
    this.#log[level](leftOut === 0 ? facts : { ...facts, leftOut }, text);
  }
}
