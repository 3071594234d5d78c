/**
 * Notices threads that hang: alive for the system, and deaf for everybody, since one of their turns does not come to an
 * end. Each look sends a thread a ping, unless it still owes an answer to the last one. What is counted is looks and not
 * time, so that a machine that slept, or a supervisor that was held up itself, takes nobody for dead.
 */

/** A thread as it is watched. */
export interface WatchedThread {
  readonly name: string;
  /** Another incarnation owes nothing. */
  readonly incarnation: number;
  /** Resolves in a turn of its event loop. */
  ping(): Promise<void>;
  /** It must not be ended alone. */
  readonly isTied?: boolean;
  /** Ends it as it is. */
  end(reason: string): void;
}

export interface WatchdogOptions {
  /** Time between two looks, ms. */
  readonly everyMs: number;
  /** A thread that owes an answer for so long is ended, ms. Null: never. */
  readonly endAfterMs: number | null;
  /** A thread has owed an answer for that long, and is about to be ended where it may be. */
  readonly onHung: (facts: { name: string; silentMs: number }) => void;
}

/** An answer that is owed. */
interface Debt {
  readonly incarnation: number;
  looks: number;
  /** It has been owed for too long. */
  isHung: boolean;
}

/** From so many looks without an answer on, a thread is said to be silent: one may be late by chance. */
const SILENT_LOOKS = 3;

export class Watchdog {
  private readonly options: WatchdogOptions;
  private readonly debts = new Map<string, Debt>();

  constructor(options: WatchdogOptions) {
    this.options = options;
  }

  /** Looks at a thread that should be running. */
  look(thread: WatchedThread): void {
    const { everyMs, endAfterMs, onHung } = this.options;
    const { name, incarnation, isTied = false } = thread;
    const debt = this.debts.get(name);
    if (debt?.incarnation !== incarnation) {
      this.ask(thread);
      return;
    }
    debt.looks++;
    const silentMs = debt.looks * everyMs;
    if (endAfterMs === null || silentMs < endAfterMs || debt.isHung) return;
    debt.isHung = true;
    onHung({ name, silentMs });
    if (isTied) return;
    this.debts.delete(name);
    thread.end(`it did not answer for ${silentMs / 1000} s`);
  }

  /** Whether a thread has owed an answer for some time. */
  isSilent({ name, incarnation }: Pick<WatchedThread, 'name' | 'incarnation'>): boolean {
    const debt = this.debts.get(name);
    return debt?.incarnation === incarnation && debt.looks >= SILENT_LOOKS;
  }

  /** Whether a thread has owed an answer for too long and still runs, since it must not be ended alone. */
  isHung({ name, incarnation }: Pick<WatchedThread, 'name' | 'incarnation'>): boolean {
    const debt = this.debts.get(name);
    return debt?.incarnation === incarnation && debt.isHung;
  }

  private ask(thread: WatchedThread): void {
    const { name, incarnation } = thread;
    const debt = { incarnation, looks: 0, isHung: false };
    this.debts.set(name, debt);
    const settle = (): void => {
      if (this.debts.get(name) === debt) this.debts.delete(name);
    };
    // Its death is told by its watch.
    thread.ping().then(settle, settle);
  }
}
