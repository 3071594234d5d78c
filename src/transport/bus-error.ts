import { AppError } from '../lib/app-error.ts';

/**
 * What can go wrong on the bus:
 * - `bus.unreachable`: no answer for longer than the adapter retries
 * - `bus.rejected`: the server answered, and refused
 * - `bus.no-jetstream`: a NATS server without JetStream
 * - `bus.stream-mismatch`: a stream of our name holds other subjects, or was made for another purpose
 * - `bus.too-large`: the batch exceeds what the server accepts in one message
 * - `bus.bad-name`: a namespace, topic, partition or consumer name that cannot be part of a subject
 * - `bus.unexpected-consumer`: a link for a consumer that the bus was not told to expect
 * - `bus.fenced`: the work behind the batch belongs to another process by now
 * - `bus.conflict`: somebody else was faster in changing an entry of the leases
 * - `bus.spool-damaged`: what was spooled to the disk cannot be read back as it was
 * - `bus.closed`: the bus was closed before the batch was taken, or earlier
 */
export type BusErrorCode =
  | 'bus.unreachable'
  | 'bus.rejected'
  | 'bus.no-jetstream'
  | 'bus.stream-mismatch'
  | 'bus.too-large'
  | 'bus.bad-name'
  | 'bus.unexpected-consumer'
  | 'bus.fenced'
  | 'bus.conflict'
  | 'bus.spool-damaged'
  | 'bus.closed';

/** Expected trouble of both bus adapters. */
export class BusError extends AppError {
  constructor(
    code: BusErrorCode,
    message: string,
    options: { remedy?: string; context?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(code, message, options);
    this.name = 'BusError';
  }
}

/** The error of everything that meets a closed bus. */
export function busClosed(): BusError {
  return new BusError('bus.closed', 'the bus is closed');
}
