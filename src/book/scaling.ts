/** Integers from one scale to another: a mantissa counts units of 10^-scale. */

import { POWERS_OF_TEN } from '../lib/decimal.ts';

const POWERS = Float64Array.from(POWERS_OF_TEN);

/** Also of exponents below zero, whose powers are no doubles without loss. */
export function pow10(exponent: number): number {
  return exponent >= 0 ? (POWERS_OF_TEN[exponent] ?? Number.POSITIVE_INFINITY) : 1 / (POWERS_OF_TEN[-exponent] ?? 1);
}

/**
 * The mantissa with so many decimals less, which are zeros; with more where `surplus` is negative. NaN where they are no
 * zeros.
 */
export function rescaled(mantissa: number, surplus: number): number {
  if (surplus === 0) return mantissa;
  if (surplus < 0) return mantissa * (POWERS[-surplus] ?? NaN);
  const factor = POWERS[surplus] ?? NaN;
  // An exact quotient is a whole number and leads back to the mantissa; beyond 2^53 others may too.
  const quotient = Math.floor(mantissa / factor);
  return quotient * factor === mantissa && mantissa <= Number.MAX_SAFE_INTEGER ? quotient : NaN;
}

/** As `rescaled`, of any width; what is cut off is lost. */
export function scaledWide(mantissa: bigint, decimals: number, scale: number): bigint {
  return decimals <= scale ? mantissa * 10n ** BigInt(scale - decimals) : mantissa / 10n ** BigInt(decimals - scale);
}
