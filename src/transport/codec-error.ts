import { AppError } from '../lib/app-error.ts';

/**
 * Why bytes are no batch, or an event no bytes:
 * - `codec.magic`: the bytes are something else
 * - `codec.version`: written by another version of the layout
 * - `codec.truncated`: a length points behind the end
 * - `codec.checksum`: the bytes changed on their way
 * - `codec.corrupt`: a value that no writer writes
 * - `codec.range`: an event holds a value that the layout cannot carry (encoding only)
 */
export type CodecErrorCode =
  | 'codec.magic'
  | 'codec.version'
  | 'codec.truncated'
  | 'codec.checksum'
  | 'codec.corrupt'
  | 'codec.range';

/** The one error of the event codec. */
export class CodecError extends AppError {
  constructor(code: CodecErrorCode, message: string, context: Record<string, unknown> = {}, remedy?: string) {
    super(code, message, remedy === undefined ? { context } : { context, remedy });
    this.name = 'CodecError';
  }
}
