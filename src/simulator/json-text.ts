/**
 * The value of a JSON text; `undefined`, which no JSON text means, where it is none. Clients of a simulated venue may
 * send anything, and each venue has its own words for it.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Said by the return value.
    return undefined;
  }
}
