/**
 * Exact decimals: a number's text becomes an integer (the mantissa) and a count of decimals, so that
 * `"0.00100000"` is 100000 with 8 decimals. Nothing is rounded. Mantissas beyond 2^53 are bigints.
 */

/** 10^0 … 10^22: every one of them is exact as a double. */
export const POWERS_OF_TEN: readonly number[] = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** More decimals than any venue writes; a guard against nonsense such as `1e-400`. */
export const DECIMALS_MAX = 22;
/** More digits than a price or a size can have: 128-bit integers hold 38. */
const DIGITS_MAX = 36;

/** Result of `parseDecimal`, refilled by each call: read it before the next. */
export interface ParsedDecimal {
  /** The mantissa where it is a safe integer, else NaN. */
  mantissa: number;
  /** Digits after the point, as written (`"1.50"` has 2). */
  decimals: number;
  /** The mantissa where it is not a safe integer, else null. */
  wide: bigint | null;
}

export const parsed: ParsedDecimal = { mantissa: 0, decimals: 0, wide: null };

const ZERO = 48;
const NINE = 57;
const POINT = 46;

/**
 * Parses a JSON number's text, sign and exponent included, into `parsed`.
 * @returns false where the text is no finite decimal within the limits above; `parsed` is then undefined
 */
export function parseDecimal(text: string): boolean {
  const length = text.length;
  let at = 0;
  const negative = text.charCodeAt(0) === 45;
  if (negative) at = 1;
  let mantissa = 0;
  let digits = 0;
  let pointAt = -1;
  for (; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) {
      mantissa = mantissa * 10 + (code - ZERO);
      digits++;
    } else if (code === POINT && pointAt < 0 && digits > 0) {
      pointAt = digits;
    } else {
      break;
    }
  }
  if (digits === 0 || pointAt === digits) return false;
  if (at < length) return parseWithExponent(text, at);
  const decimals = pointAt < 0 ? 0 : digits - pointAt;
  if (decimals > DECIMALS_MAX) return false;
  parsed.decimals = decimals;
  if (mantissa <= Number.MAX_SAFE_INTEGER) {
    parsed.mantissa = negative ? -mantissa : mantissa;
    parsed.wide = null;
    return true;
  }
  if (digits > DIGITS_MAX) return false;
  return setExact(BigInt(text.replace('.', '')), decimals);
}

const EXPONENT = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d{1,3})$/;

function parseWithExponent(text: string, exponentAt: number): boolean {
  const code = text.charCodeAt(exponentAt) | 0x20;
  if (code !== 101) return false;
  const match = EXPONENT.exec(text);
  if (match === null) return false;
  const [, sign = '', whole = '', fraction = '', exponentText = ''] = match;
  const exponent = Number(exponentText);
  const decimals = Math.max(0, fraction.length - exponent);
  const zeros = Math.max(0, exponent - fraction.length);
  if (decimals > DECIMALS_MAX || whole.length + fraction.length + zeros > DIGITS_MAX) return false;
  return setExact(BigInt(`${sign}${whole}${fraction}${'0'.repeat(zeros)}`), decimals);
}

function setExact(value: bigint, decimals: number): boolean {
  const number = Number(value);
  const safe = Number.isSafeInteger(number);
  parsed.mantissa = safe ? number : Number.NaN;
  parsed.wide = safe ? null : value;
  parsed.decimals = decimals;
  return true;
}

/** The plain decimal text of `mantissa × 10^-scale`, without trailing zeros: `(150, 2)` is `"1.5"`. */
export function formatDecimal(mantissa: number | bigint, scale: number): string {
  let text = mantissa.toString();
  const negative = text.startsWith('-');
  if (negative) text = text.slice(1);
  if (scale > 0) {
    text = text.padStart(scale + 1, '0');
    let end = text.length;
    const point = end - scale;
    while (end > point && text.charCodeAt(end - 1) === ZERO) end--;
    text = end === point ? text.slice(0, point) : `${text.slice(0, point)}.${text.slice(point, end)}`;
  }
  return negative ? `-${text}` : text;
}

/** Decimals that are left when the trailing zeros of a mantissa go: `(1500, 4)` needs 2. */
export function significantDecimals(mantissa: number | bigint, decimals: number): number {
  if (typeof mantissa === 'bigint') {
    let rest = mantissa;
    let needed = decimals;
    while (needed > 0 && rest % 10n === 0n) {
      rest /= 10n;
      needed--;
    }
    return needed;
  }
  let rest = mantissa;
  let needed = decimals;
  while (needed > 0 && rest % 10 === 0) {
    rest /= 10;
    needed--;
  }
  return needed;
}
