import { AppError } from '../../src/lib/app-error.ts';

/**
 * - `benchmark.case_died`: the process of a case ended before it answered.
 * - `benchmark.disagreement`: two passes, rounds or cases came to different results from the same data.
 * - `benchmark.unexpected`: the results agree with each other and not with what is known of the data.
 * - `benchmark.option`: an option makes no sense.
 */
export type BenchmarkErrorCode =
  | 'benchmark.case_died'
  | 'benchmark.disagreement'
  | 'benchmark.unexpected'
  | 'benchmark.option';

/** Why a benchmark prints no figures. */
export class BenchmarkError extends AppError {
  declare readonly code: BenchmarkErrorCode;

  constructor(code: BenchmarkErrorCode, message: string, remedy: string, context: Record<string, unknown> = {}) {
    super(code, message, { remedy, context });
    this.name = 'BenchmarkError';
  }
}
