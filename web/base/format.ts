/**
 * Numbers and times as people read them. Prices have the venue's digits; sizes and values have as many as their magnitude
 * deserves. Thousands are parted by a narrow space that does not break, the sign of less than zero is a true minus.
 */

const NOTHING = '–';
const THIN = '\u202f';
const MINUS = '\u2212';
const MAGNITUDES = [
  [1e12, 'T'],
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;
const SIGNIFICANT = 4;
const DIGITS_MAX = 8;
const PRICE_DIGITS_MAX = 9;

/** A price with so many decimals; a guess by its magnitude where the venue's digits are not known. */
export function formatPrice(price: number | null, digits: number | null = null): string {
  if (price === null || !Number.isFinite(price)) return NOTHING;
  return grouped(price, digits === null ? digitsFor(price, 6) : Math.min(digits, decimalsMax(price)));
}

/** A size or a value in four digits: `1.234`, `12.35k`, `0.004521`. */
export function formatAmount(amount: number | null): string {
  if (amount === null || !Number.isFinite(amount)) return NOTHING;
  const size = Math.abs(amount);
  if (size === 0) return '0';
  for (const [unit, letter] of MAGNITUDES) {
    if (size >= unit * 0.99995) return trimmed(amount / unit, digitsFor(amount / unit, SIGNIFICANT)) + letter;
  }
  if (size < 10 ** -DIGITS_MAX) return amount.toExponential(2).replace('-', MINUS);
  return trimmed(amount, digitsFor(amount, SIGNIFICANT));
}

/** Hundredths of a per cent, in about three digits. */
export function formatBps(bps: number | null): string {
  if (bps === null || !Number.isFinite(bps)) return NOTHING;
  const size = Math.abs(bps);
  return grouped(bps, size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 4);
}

/** A share of one as per cent with its sign, e.g. how far a spread is from its average. */
export function formatSignedPercent(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return NOTHING;
  const percent = share * 100;
  const digits = Math.abs(percent) >= 100 ? 0 : 1;
  const text = grouped(percent, digits);
  return `${percent > 0 && Number(percent.toFixed(digits)) !== 0 ? '+' : ''}${text}%`;
}

/** A plain number with so many decimals. */
export function formatNumber(value: number | null, digits = 0): string {
  return value === null || !Number.isFinite(value) ? NOTHING : grouped(value, digits);
}

/** Time of day, UTC, with tenths of a second where asked for. */
export function formatTime(ms: number, tenths = false): string {
  if (!Number.isFinite(ms)) return NOTHING;
  const iso = new Date(ms).toISOString();
  return iso.slice(11, tenths ? 21 : 19);
}

/** Day and time of day, UTC. */
export function formatDateTime(ms: number): string {
  return Number.isFinite(ms) ? `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC` : NOTHING;
}

/** So long ago or so long: `0.4 s`, `12 s`, `3 m 20 s`, `2 h 5 m`, `3 d 4 h`. */
export function formatDuration(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return NOTHING;
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return pair(whole, 60, 'm', 's');
  return whole < 86_400 ? pair(Math.round(whole / 60), 60, 'h', 'm') : pair(Math.round(whole / 3600), 24, 'd', 'h');
}

/** Bytes in binary units. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null || !Number.isFinite(bytes)) return NOTHING;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

function pair(count: number, per: number, large: string, small: string): string {
  const rest = count % per;
  return `${Math.floor(count / per)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** More digits than these are those of a venue that writes zeros to every price. */
function decimalsMax(price: number): number {
  const whole = Math.max(0, Math.floor(Math.log10(Math.abs(price) || 1)) + 1);
  return Math.max(2, PRICE_DIGITS_MAX - whole);
}

/** Decimals that leave so many significant digits. */
function digitsFor(value: number, significant: number): number {
  const size = Math.abs(value);
  if (size === 0) return 0;
  return Math.min(DIGITS_MAX, Math.max(0, significant - 1 - Math.floor(Math.log10(size))));
}

function trimmed(value: number, digits: number): string {
  const text = grouped(value, digits);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function grouped(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  const point = text.indexOf('.');
  const whole = point === -1 ? text : text.slice(0, point);
  const rest = point === -1 ? '' : text.slice(point);
  const negative = value < 0 && Number(text) !== 0;
  return (negative ? MINUS : '') + whole.replace(/\B(?=(\d{3})+$)/g, THIN) + rest;
}
