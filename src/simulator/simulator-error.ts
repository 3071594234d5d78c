import { AppError } from '../lib/app-error.ts';

/** What can be asked of the simulator in vain. */
export type SimulatorErrorCode =
  | 'simulator.pair-invalid'
  | 'simulator.pair-unknown'
  | 'simulator.faults-invalid'
  | 'simulator.option-invalid';

/** The simulator was asked for something that it cannot simulate. */
export class SimulatorError extends AppError {
  constructor(
    code: SimulatorErrorCode,
    message: string,
    options: { remedy: string; context?: Record<string, unknown> },
  ) {
    super(code, message, options);
    this.name = 'SimulatorError';
  }
}
