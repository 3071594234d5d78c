/** A chain of places that may have a server's program: asked in order, the first that has it wins. */

import { AppError } from '../../src/lib/app-error.ts';

/** This place has nothing for us, with the reason. Expected: the next one is asked. */
export class SourceUnavailable extends AppError {
  constructor(reason: string, options: { cause?: unknown } = {}) {
    super('services.source_unavailable', reason, options);
    this.name = 'SourceUnavailable';
  }
}

/** One place. */
export interface Source<Program> {
  /** For people, e.g. `PATH`. */
  readonly name: string;
  /** Set where the program runs in a container, so that its process cannot be killed and its folder is not ours. */
  readonly container?: true;
  /** Makes the program ready to start, by fetching it if need be. @throws SourceUnavailable when it cannot */
  find(): Promise<Program>;
}

/** The first program found, or null with one reason for every place asked. */
export interface Search<Program> {
  readonly program: Program | null;
  readonly reasons: readonly string[];
}

/**
 * Asks one source after the other.
 * @param onAsk told the name of each place before it is asked
 * @throws whatever a source throws that is not SourceUnavailable: that is a bug, not a missing server
 */
export async function firstAvailable<Program>(
  sources: readonly Source<Program>[],
  onAsk: (name: string) => void,
): Promise<Search<Program>> {
  const reasons: string[] = [];
  for (const source of sources) {
    onAsk(source.name);
    try {
      return { program: await source.find(), reasons };
    } catch (error) {
      if (!(error instanceof SourceUnavailable)) throw error;
      reasons.push(`${source.name}: ${error.message}`);
    }
  }
  return { program: null, reasons };
}
