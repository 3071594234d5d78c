/**
 * Keeps the security master up: asks each venue for its list from time to time, has what changed written to the store, and
 * tells of pairs that came or went. What could not be written is kept and written with the next list.
 */

import type { InstrumentRow } from '../book/wire-message.ts';
import type { InstrumentChange } from '../master/instrument-master.ts';
import { InstrumentMaster } from '../master/instrument-master.ts';
import type { InstrumentVersion } from '../model/instrument.ts';
import type { CancelTimer, Clock } from '../ports/clock.ts';

export interface InstrumentWatchOptions {
  readonly exchanges: readonly string[];
  readonly refreshMs: number;
  readonly clock: Clock;
  /** Program and version, for the rows. */
  readonly modifiedBy: string;
  /** A venue's whole list, or why it cannot be had. */
  readonly fetch: (exchange: string) => Promise<readonly InstrumentRow[] | string>;
  /** The present versions that the store has. Rejects where it cannot be asked. */
  readonly load: () => Promise<readonly InstrumentVersion[]>;
  /** Resolves when the versions are durable. */
  readonly write: (versions: readonly InstrumentVersion[]) => Promise<void>;
  readonly onChange: (change: InstrumentChange) => void;
  /** A list that came, whatever it says. */
  readonly onList: (exchange: string, rows: readonly InstrumentRow[]) => void;
  /** Something could not be done; it is tried again with the next list. */
  readonly onProblem: (exchange: string, reason: string) => void;
}

export class InstrumentWatch {
  private readonly options: InstrumentWatchOptions;
  private master: InstrumentMaster | null = null;
  private unwritten: InstrumentVersion[] = [];
  private cancelTimer: CancelTimer | null = null;
  private stopped = false;

  constructor(options: InstrumentWatchOptions) {
    this.options = options;
  }

  /** Looks at once, then from time to time. Resolves after the first look, and never rejects. */
  async start(): Promise<void> {
    await this.look();
    if (this.stopped) return;
    const { clock, refreshMs } = this.options;
    this.cancelTimer = clock.setTimer(refreshMs, () => void this.start());
  }

  /** Begins anew with what the store knows now: its rows have become this process's to keep. */
  async startAgain(): Promise<void> {
    this.cancelTimer?.();
    this.master = null;
    this.unwritten = [];
    await this.start();
  }

  stop(): void {
    this.stopped = true;
    this.cancelTimer?.();
  }

  private async look(): Promise<void> {
    const { exchanges, load, modifiedBy, onProblem } = this.options;
    try {
      // Without what the store knows, every pair would begin a second present version.
      this.master ??= new InstrumentMaster(modifiedBy, await load());
    } catch (error) {
      for (const exchange of exchanges) onProblem(exchange, `the store cannot be asked: ${reasonOf(error)}`);
      return;
    }
    const { master } = this;
    await Promise.all(exchanges.map((exchange) => this.lookAt(exchange, master)));
    await this.write();
  }

  private async lookAt(exchange: string, master: InstrumentMaster): Promise<void> {
    const { fetch, clock, onChange, onList, onProblem } = this.options;
    const rows = await fetch(exchange);
    if (typeof rows === 'string') return onProblem(exchange, rows);
    const { versions, changes, refused } = master.observe(exchange, rows, clock.nowUs());
    if (refused !== null) return onProblem(exchange, refused);
    this.unwritten.push(...versions);
    for (const change of changes) onChange(change);
    return onList(exchange, rows);
  }

  private async write(): Promise<void> {
    const versions = this.unwritten;
    if (versions.length === 0) return;
    this.unwritten = [];
    try {
      await this.options.write(versions);
    } catch (error) {
      this.unwritten = [...versions, ...this.unwritten];
      for (const exchange of new Set(versions.map((version) => version.exchange))) {
        this.options.onProblem(exchange, `its instruments cannot be written: ${reasonOf(error)}`);
      }
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
