/** What a supervisor knows of a child. Words and meanings are OTP's: https://www.erlang.org/doc/system/sup_princ.html */

/** `permanent`: always started again; `transient`: only after a failure; `temporary`: never. */
export type RestartKind = 'permanent' | 'transient' | 'temporary';

export interface ChildSpec {
  readonly id: string;
  readonly restart: RestartKind;
  /** Time that the child has to stop by itself, ms. */
  readonly shutdownMs: number;
  /** Starts the child, for the first time or again. Resolves when it runs. */
  start(): Promise<void>;
  stop(deadlineMs: number): Promise<void>;
}
