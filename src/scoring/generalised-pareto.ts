/**
 * Shape parameters of a generalised Pareto distribution, by the estimate of J. Zhang and M. A. Stephens, "A New and Efficient
 * Estimation Method for the Generalized Pareto Distribution", Technometrics 51(3), 2009: a mean over likely values, which
 * exists for every sample and every tail.
 */
export interface GeneralisedPareto {
  /** ξ: above zero the heavier the tail, below zero it ends at scale / -shape. */
  readonly shape: number;
  readonly scale: number;
}

/** @param excesses over the threshold, rising, the last one above zero; at least five */
export function fitGeneralisedPareto(excesses: readonly number[]): GeneralisedPareto {
  const n = excesses.length;
  const largest = excesses[n - 1] as number;
  const quartile = (excesses[Math.floor(n / 4 + 0.5) - 1] as number) || largest / n;
  const m = 20 + Math.floor(Math.sqrt(n));
  const thetas = Array.from({ length: m }, (_, j) => 1 / largest + (1 - Math.sqrt(m / (j + 0.5))) / (3 * quartile));
  const logs = thetas.map((theta) => logLikelihood(excesses, theta));
  const most = Math.max(...logs);
  let weight = 0;
  let sum = 0;
  for (const [j, log] of logs.entries()) {
    const w = Math.exp(log - most);
    weight += w;
    sum += w * (thetas[j] as number);
  }
  const theta = sum / weight;
  const shape = meanLog(excesses, theta);
  return { shape, scale: -shape / theta };
}

/** Probability that an excess is greater than `excess`. */
export function exceedance({ shape, scale }: GeneralisedPareto, excess: number): number {
  const base = 1 + (shape * excess) / scale;
  if (base <= 0) return 0;
  return Math.abs(shape) < 1e-9 ? Math.exp(-excess / scale) : base ** (-1 / shape);
}

function logLikelihood(excesses: readonly number[], theta: number): number {
  const shape = meanLog(excesses, theta);
  return excesses.length * (Math.log(-theta / shape) - shape - 1);
}

function meanLog(excesses: readonly number[], theta: number): number {
  let sum = 0;
  for (const excess of excesses) sum += Math.log1p(-theta * excess);
  return sum / excesses.length;
}
