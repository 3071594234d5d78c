/** Expected trouble: something that a caller or an operator can act on, as opposed to a bug. */
export class AppError extends Error {
  /** Stable word for programs, e.g. `config.invalid`. */
  readonly code: string;
  /** What a person can do about it. */
  readonly remedy: string | undefined;
  /** Facts for logs. Never secrets. */
  readonly context: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: { remedy?: string; context?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.remedy = options.remedy;
    this.context = options.context ?? {};
  }
}
