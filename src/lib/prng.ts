/**
 * Seeded pseudo-random numbers: the same seed gives the same numbers on every run, so that whatever is random in a
 * simulation, a fault plan or a test can be repeated from its seed. Not for secrets.
 *
 * The generator is xoshiro128** by Blackman and Vigna (https://prng.di.unimi.it/xoshiro128starstar.c); its state is
 * filled from the seed by a SplitMix-style mixer, as its authors recommend.
 */

/** Returns the next 32 random bits as an unsigned integer. Owns its state; not to be shared between threads. */
export type Prng = () => number;

const TWO_POW_32 = 2 ** 32;
const TWO_POW_53 = 2 ** 53;

/** A generator for this seed. Derive independent ones by label, e.g. `` createPrng(`${seed}/whales`) ``. */
export function createPrng(seed: number | string): Prng {
  const word = seedWords(String(seed));
  let a = word();
  let b = word();
  let c = word();
  // One word with a bit set is enough to keep the state off the all-zero fixed point.
  let d = word() | 1;
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotateLeft(d, 11);
    return result;
  };
}

/** Uniform in [0, 1), with 53 bits. */
export function uniform(prng: Prng): number {
  const high = prng() >>> 5;
  const low = prng() >>> 6;
  return (high * 2 ** 26 + low) / TWO_POW_53;
}

/** Uniform integer from `min` to `max`, both inclusive and at most 2^32 apart. */
export function int(prng: Prng, min: number, max: number): number {
  return min + Math.floor((prng() / TWO_POW_32) * (max - min + 1));
}

/** True with the given probability. */
export function chance(prng: Prng, probability: number): boolean {
  return prng() / TWO_POW_32 < probability;
}

/** One of the items, each as likely. @throws RangeError where there is none */
export function pick<T extends object | string | number>(prng: Prng, items: readonly T[]): T {
  const item = items[int(prng, 0, items.length - 1)];
  if (item === undefined) throw new RangeError('cannot pick from nothing');
  return item;
}

/** Standard normal (Box and Muller; the second value is given up so that a draw has no memory). */
export function normal(prng: Prng): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniform(prng)));
  return radius * Math.cos(2 * Math.PI * uniform(prng));
}

/** Exponential with this mean: the waiting time between independent events. */
export function exponential(prng: Prng, mean: number): number {
  return -mean * Math.log(1 - uniform(prng));
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Words that differ in about half of their bits for any two seeds: FNV-1a over the text, then a mixer per word. */
function seedWords(seed: string): () => number {
  let state = 0x811c9dc5;
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 0x01000193);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}
