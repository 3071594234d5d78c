/** A scrape of the product's metrics, Prometheus's text format. */

export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

export class Scrape {
  private readonly samples: readonly Sample[];

  constructor(samples: readonly Sample[]) {
    this.samples = samples;
  }

  /** Samples of a name whose labels are as given. */
  all(name: string, labels: Readonly<Record<string, string>> = {}): Sample[] {
    return this.samples.filter(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels.get(key) === value),
    );
  }

  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.all(name, labels).reduce((sum, { value }) => sum + value, 0);
  }
}

/**
 * A quantile of what a histogram has seen between two scrapes, interpolated within its bucket as Prometheus does; NaN
 * where it saw nothing, `Infinity` where the quantile lies beyond the last bucket.
 */
export function quantileBetween(before: Scrape, after: Scrape, name: string, quantile: number): number {
  const cumulated = (scrape: Scrape): Map<number, number> => {
    const counts = new Map<number, number>();
    for (const { labels, value } of scrape.all(`${name}_bucket`)) {
      const le = labels.get('le') === '+Inf' ? Infinity : Number(labels.get('le'));
      counts.set(le, (counts.get(le) ?? 0) + value);
    }
    return counts;
  };
  const earlier = cumulated(before);
  const buckets = [...cumulated(after)]
    .map(([le, count]) => ({ le, count: count - (earlier.get(le) ?? 0) }))
    .toSorted((a, b) => a.le - b.le);
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0) return NaN;
  const rank = quantile * total;
  let [lowerLe, lowerCount] = [0, 0];
  for (const { le, count } of buckets) {
    if (count >= rank)
      return le === Infinity ? Infinity : lowerLe + ((le - lowerLe) * (rank - lowerCount)) / (count - lowerCount);
    [lowerLe, lowerCount] = [le, count];
  }
  return Infinity;
}

const LINE = /^(\w+)(?:\{(.*)\})? (\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

export function scrapeOf(text: string): Scrape {
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    const [, name, labels = '', value] = line.startsWith('#') ? [] : (LINE.exec(line) ?? []);
    if (name === undefined) continue;
    const pairs = [...labels.matchAll(LABEL)].map(([, key = '', said = '']) => [key, said] as const);
    samples.push({ name, labels: new Map(pairs), value: Number(value) });
  }
  return new Scrape(samples);
}
