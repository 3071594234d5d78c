/** The faults of one venue: what was asked for by hand, the rates, and the injectors of its connections. */

import { chance, createPrng, type Prng } from '../lib/prng.ts';
import { FaultInjector, type FaultOutput } from './fault-injector.ts';
import { noFaults, type FaultKind, type FaultPlan, type FrameFault } from './fault-plan.ts';
import { SimulatorError } from './simulator-error.ts';

export class FaultDesk {
  readonly counts = noFaults();
  readonly #plan: FaultPlan;
  readonly #seed: string;
  readonly #prng: Prng;
  readonly #asked = new Map<string, FrameFault[]>();
  readonly #staleAsked = new Set<string>();

  /** @throws SimulatorError `simulator.faults-invalid` where the rates are no probabilities */
  constructor(plan: FaultPlan, seed: string) {
    checkFaultPlan(plan);
    this.#plan = plan;
    this.#seed = seed;
    this.#prng = createPrng(`${seed}/snapshots`);
  }

  /** Each connection draws from a generator of its own, so that one does not change the faults of another. */
  injectorFor(connectionId: number, output: FaultOutput): FaultInjector {
    return new FaultInjector(this.#plan, createPrng(`${this.#seed}/${connectionId}`), this.counts, output);
  }

  /** The next book frame (or, for `stale-snapshot`, the next snapshot) of the pair gets this fault. */
  askNext(pair: string, kind: FaultKind): void {
    if (kind === 'stale-snapshot') {
      this.#staleAsked.add(pair);
      return;
    }
    const asked = this.#asked.get(pair);
    if (asked === undefined) this.#asked.set(pair, [kind]);
    else asked.push(kind);
  }

  /** What was asked for the book frame that is about to go out. One asking is good for one frame. */
  takeAsked(pair: string): FrameFault | undefined {
    return this.#asked.size === 0 ? undefined : this.#asked.get(pair)?.shift();
  }

  /** Whether the snapshot that is about to go out shall be a stale one. */
  takeStaleSnapshot(pair: string): boolean {
    const rate = this.#plan.rates['stale-snapshot'] ?? 0;
    const stale = this.#staleAsked.delete(pair) || (rate > 0 && chance(this.#prng, rate));
    if (stale) this.counts['stale-snapshot'] += 1;
    return stale;
  }
}

function checkFaultPlan(plan: FaultPlan): void {
  const rates = Object.values(plan.rates);
  const sum = rates.reduce((total, rate) => total + rate, 0);
  if (rates.every((rate) => rate >= 0) && sum <= 1) return;
  throw new SimulatorError('simulator.faults-invalid', `fault rates add up to ${sum}`, {
    remedy: 'Give each fault a probability of 0 or more, together at most 1.',
    context: { rates: plan.rates },
  });
}
