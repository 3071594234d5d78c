/** Did you mean …? */

/** Edits (insert, delete, replace, swap of neighbours) that turn one text into the other. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const replace = (last[j - 1] ?? 0) + (same ? 0 : 1);
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replace);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** The candidate that was most likely meant, capitals aside: a third of its letters may be wrong. Else `undefined`. */
export function closest(found: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const distance = editDistance(found.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance && distance <= Math.max(1, Math.floor(candidate.length / 3))) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** A pair as it is written here, from the ways that venues write it (`xbt/usd`, `btc_usd`); else `undefined`. */
export function closestPair(found: string): string | undefined {
  const parts = found.toUpperCase().split(/[-/_:]/);
  if (parts.length !== 2 || parts.some((part) => !/^[A-Z0-9.]+$/.test(part))) return undefined;
  return parts.map((part) => (part === 'XBT' ? 'BTC' : part)).join('-');
}
