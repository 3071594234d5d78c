/** Careful reading of parsed JSON: every accessor says what it found instead of throwing. */

export type JsonObject = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses a text; undefined where it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Parses a text with every number kept as the text that the venue wrote: checksums need the digits, and identifiers
 * may pass 2^53. Undefined where it is no JSON.
 */
export function parseJsonWithNumberTexts(text: string): unknown {
  try {
    return JSON.parse(text, keepNumberText) as unknown;
  } catch {
    return undefined;
  }
}

function keepNumberText(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && context?.source !== undefined ? context.source : value;
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A text or a number in words for people; empty for anything else (an object's own conversion may throw). */
export function words(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** A safe integer at or above zero, else NaN. */
export function integer(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : NaN;
}
