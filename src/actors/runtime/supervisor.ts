/**
 * A one-for-one supervisor: starts its children in order, starts a failed one again after an exponential back-off with
 * full jitter, gives one up that fails more often than the restart intensity allows, and stops all in reverse.
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
  state: 'stopped' | 'running' | 'restarting' | 'given-up';
  cancelRestart: () => void;
}

export class Supervisor {
  private readonly options: SupervisorOptions;
  private readonly children: readonly Child[];
  private stopping = false;

  constructor(options: SupervisorOptions) {
    const { children, maxRestarts, periodMs, backoffMinMs, backoffMaxMs, uniform } = options;
    this.options = options;
    this.children = children.map((spec) => ({
      spec,
      window: new RestartWindow({ maxRestarts, periodMs }),
      backoff: new Backoff({ baseMs: backoffMinMs, maxMs: backoffMaxMs, uniform }),
      state: 'stopped',
      cancelRestart: () => undefined,
    }));
  }

  /** Children that were given up. */
  get givenUp(): string[] {
    return this.children.filter(({ state }) => state === 'given-up').map(({ spec }) => spec.id);
  }

  /** Children that do not run at the moment. */
  get down(): string[] {
    return this.children.filter(({ state }) => state !== 'running').map(({ spec }) => spec.id);
  }

  /** Starts the children in order. Where one does not start, those before it are stopped and its error is thrown. */
  async start(): Promise<void> {
    for (const child of this.children) {
      try {
        await child.spec.start();
      } catch (error) {
        await this.stop();
        throw error;
      }
      child.state = 'running';
    }
  }

  /** A child ended with an error. */
  failed(id: string, error: unknown): void {
    const child = this.children.find(({ spec }) => spec.id === id);
    if (child === undefined || child.state !== 'running' || this.stopping) return;
    this.scheduleRestart(child, error, this.options.clock.nowUs());
  }

  /** Stops the children in reverse order. None is started again. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const child of this.children.toReversed()) {
      child.cancelRestart();
      if (child.state === 'running') await child.spec.stop(child.spec.shutdownMs);
      child.state = 'stopped';
    }
  }

  private scheduleRestart(child: Child, error: unknown, downSinceUs: number): void {
    const { clock, onFailed, onGivenUp } = this.options;
    const { id, restart } = child.spec;
    if (restart === 'temporary' || !child.window.allow(clock.nowUs() / 1000)) {
      child.state = 'given-up';
      onGivenUp({ id, error, restarts: child.window.count - 1 });
      return;
    }
    child.state = 'restarting';
    // A child that failed once in a period is no crash loop: its first delay is a short one again.
    if (child.window.count === 1) child.backoff.reset();
    const backoffMs = child.backoff.next();
    onFailed({ id, error, backoffMs });
    child.cancelRestart = clock.setTimer(backoffMs, () => void this.restart(child, downSinceUs));
  }

  private async restart(child: Child, downSinceUs: number): Promise<void> {
    const { clock, onRestarted } = this.options;
    try {
      await child.spec.start();
    } catch (error) {
      if (!this.stopping) this.scheduleRestart(child, error, downSinceUs);
      return;
    }
    if (this.stopping) {
      await child.spec.stop(child.spec.shutdownMs);
      return;
    }
    child.state = 'running';
    onRestarted({ id: child.spec.id, downMs: (clock.nowUs() - downSinceUs) / 1000, restarts: child.window.count });
  }
}
