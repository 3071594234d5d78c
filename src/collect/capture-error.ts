import { AppError } from '../lib/app-error.ts';

/**
 * - `capture.unreadable`: a recording cannot be opened or read.
 * - `capture.unwritable`: the raw archive cannot be written: no folder, no permission, no space.
 * - `capture.overflow`: records came faster than the archive could be written, and some were dropped.
 */
export type CaptureErrorCode = 'capture.unreadable' | 'capture.unwritable' | 'capture.overflow';

export interface CaptureErrorOptions {
  readonly remedy: string;
  readonly path: string;
  readonly context?: Record<string, unknown>;
  readonly cause?: unknown;
}

/** Trouble with a recording that an operator can act on. */
export class CaptureError extends AppError {
  declare readonly code: CaptureErrorCode;
  readonly path: string;

  constructor(code: CaptureErrorCode, message: string, { remedy, path, context, cause }: CaptureErrorOptions) {
    super(code, message, { remedy, context: { path, ...context }, cause });
    this.name = 'CaptureError';
    this.path = path;
  }
}
