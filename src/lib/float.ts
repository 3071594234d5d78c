/**
 * Sums of doubles that happen to be whole numbers, for loops that run per level. From whole numbers alone the compiler
 * guesses that 64-bit integers are faster and converts every operand there and back, which takes several times as long
 * as the addition; one sum of fractions at the start tells it otherwise. The value is that of `+` in any case.
 */
export const addFloats = (a: number, b: number): number => a + b;
addFloats(0.5, 0.25);
