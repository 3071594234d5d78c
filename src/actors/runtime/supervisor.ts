/**
 * A one-for-one supervisor: starts its children in order, starts a failed one again after an exponential back-off with
 * full jitter, gives one up that fails more often than the restart intensity allows, and stops all in reverse. What
 * cannot start again because something else is away is no crash loop: it waits, at a growing distance, without limit.
 */

import type { Clock } from '../../ports/clock.ts';
import type { ChildSpec } from './child-spec.ts';
import { Backoff } from '../../lib/backoff.ts';
import { RestartWindow } from './restart-window.ts';

export interface SupervisorOptions {
  readonly children: readonly ChildSpec[];
  readonly maxRestarts: number;
  readonly periodMs: number;
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly uniform: () => number;
  /**
   * Whether a failure to start again is no fault of the child, as where a server is away: it is then tried again for
   * as long as that lasts, and does not count towards the restart intensity. Default: never.
   */
  readonly isTransient?: (error: unknown) => boolean;
  /** A child failed and will be started again in `backoffMs`. */
  readonly onFailed: (facts: { id: string; error: unknown; backoffMs: number }) => void;
  readonly onRestarted: (facts: { id: string; downMs: number; restarts: number }) => void;
  /** A child failed too often: it stays down. */
  readonly onGivenUp: (facts: { id: string; error: unknown; restarts: number }) => void;
}

interface Child {
  readonly spec: ChildSpec;
  readonly window: RestartWindow;
  readonly backoff: Backoff;
  state: 'stopped' | 'starting' | 'running' | 'waiting' | 'given-up';
  /** The start after a failure, while it is under way. Never rejects. */
  restarting: Promise<void> | null;
  cancelRestart: () => void;
  /** Whether it is to run; where it is not, nothing is missing. */
  wanted: boolean;
}

export class Supervisor {
  private readonly options: SupervisorOptions;
  private readonly children: readonly Child[];
  /** What children died of while their start was not over yet, by id. */
  private readonly earlyDeaths = new Map<string, unknown>();
  private stopping = false;

  constructor(options: SupervisorOptions) {
    const { children, maxRestarts, periodMs, backoffMinMs, backoffMaxMs, uniform } = options;
    this.options = options;
    this.children = children.map((spec) => ({
      spec,
      window: new RestartWindow({ maxRestarts, periodMs }),
      backoff: new Backoff({ baseMs: backoffMinMs, maxMs: backoffMaxMs, uniform }),
      state: 'stopped',
      restarting: null,
      cancelRestart: () => undefined,
      wanted: true,
    }));
  }

  /** Children that were given up. */
  get givenUp(): string[] {
    return this.children.filter(({ state }) => state === 'given-up').map(({ spec }) => spec.id);
  }

  /** Children that are to run, and do not at the moment. */
  get down(): string[] {
    return this.children
      .filter(({ state, wanted }) => (wanted || this.stopping) && state !== 'running')
      .map(({ spec }) => spec.id);
  }

  /**
   * Starts the children in order. Where one does not start, those before it are stopped and its error is thrown.
   * @param isWanted which ones; the others wait for `want`
   */
  async start(isWanted: (id: string) => boolean = () => true): Promise<void> {
    for (const child of this.children) child.wanted = isWanted(child.spec.id);
    for (const child of this.children.filter(({ wanted }) => wanted)) {
      try {
        await this.bringUp(child);
      } catch (error) {
        await this.stop();
        throw error;
      }
    }
  }

  /**
   * Starts a child that was not to run until now. What keeps it from starting is treated as any failure.
   * @param onTrouble told of that too
   */
  async want(id: string, onTrouble: (error: unknown) => void = () => undefined): Promise<void> {
    const child = this.child(id);
    if (this.stopping || child.wanted) return;
    child.wanted = true;
    child.restarting = this.bringUp(child)
      .then(
        () => this.stopUnwanted(child),
        (error: unknown) => {
          onTrouble(error);
          this.couldNotStart(child, error, this.options.clock.nowUs());
        },
      )
      .finally(() => {
        child.restarting = null;
      });
    await child.restarting;
  }

  /** Stops a child that is not to run any more; resolves when it is gone. */
  async unwant(id: string, deadlineMs: number): Promise<void> {
    const child = this.child(id);
    child.wanted = false;
    child.cancelRestart();
    if (child.state === 'running' || child.restarting !== null) await child.spec.stop(deadlineMs);
    await child.restarting;
    child.state = 'stopped';
  }

  /** A child ended with an error. */
  failed(id: string, error: unknown): void {
    const child = this.children.find(({ spec }) => spec.id === id);
    if (child === undefined || !child.wanted) return;
    if (child.state === 'starting') this.earlyDeaths.set(id, error);
    if (child.state === 'running') this.scheduleRestart(child, error, this.options.clock.nowUs());
  }

  /** Stops the children in reverse order, also those that are just starting again. None is started any more. */
  async stop(): Promise<void> {
    this.stopping = true;
    // None of them is to start again while others still stop.
    for (const child of this.children) {
      child.wanted = false;
      child.cancelRestart();
    }
    for (const { spec } of this.children.toReversed()) await this.unwant(spec.id, spec.shutdownMs);
  }

  private child(id: string): Child {
    const child = this.children.find(({ spec }) => spec.id === id);
    if (child === undefined) throw new Error(`no child ${id}`);
    return child;
  }

  /** A child that came up although it is not to run any more. */
  private async stopUnwanted({ spec, wanted }: Child): Promise<void> {
    if (!wanted) await spec.stop(spec.shutdownMs);
  }

  private couldNotStart(child: Child, error: unknown, downSinceUs: number): void {
    if (!child.wanted) return;
    if (this.options.isTransient?.(error) === true) this.backOff(child, error, downSinceUs);
    else this.scheduleRestart(child, error, downSinceUs);
  }

  /** @throws whatever kept the child from starting, or ended it before its start was over */
  private async bringUp(child: Child): Promise<void> {
    const { id } = child.spec;
    child.state = 'starting';
    this.earlyDeaths.delete(id);
    try {
      await child.spec.start();
      if (this.earlyDeaths.has(id)) throw this.earlyDeaths.get(id);
    } catch (error) {
      child.state = 'stopped';
      throw error;
    }
    child.state = 'running';
  }

  /** After a failure that counts towards the restart intensity. */
  private scheduleRestart(child: Child, error: unknown, downSinceUs: number): void {
    const { clock, onGivenUp } = this.options;
    const { id, restart } = child.spec;
    const isTemporary = restart === 'temporary';
    if (isTemporary || !child.window.allow(clock.nowUs() / 1000)) {
      child.state = 'given-up';
      onGivenUp({ id, error, restarts: isTemporary ? 0 : child.window.count - 1 });
      return;
    }
    // A child that failed once in a period is no crash loop: its first delay is a short one again.
    if (child.window.count === 1) child.backoff.reset();
    this.backOff(child, error, downSinceUs);
  }

  private backOff(child: Child, error: unknown, downSinceUs: number): void {
    const { clock, onFailed } = this.options;
    const { id } = child.spec;
    child.state = 'waiting';
    const backoffMs = child.backoff.next();
    onFailed({ id, error, backoffMs });
    child.cancelRestart = clock.setTimer(backoffMs, () => {
      child.restarting = this.restart(child, downSinceUs).finally(() => {
        child.restarting = null;
      });
    });
  }

  private async restart(child: Child, downSinceUs: number): Promise<void> {
    const { clock, onRestarted } = this.options;
    try {
      await this.bringUp(child);
    } catch (error) {
      this.couldNotStart(child, error, downSinceUs);
      return;
    }
    if (child.wanted) {
      onRestarted({ id: child.spec.id, downMs: (clock.nowUs() - downSinceUs) / 1000, restarts: child.window.count });
    } else {
      await this.stopUnwanted(child);
    }
  }
}
