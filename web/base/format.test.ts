import { describe, expect, test } from 'vitest';
import {
  formatAmount,
  formatBps,
  formatBytes,
  formatDuration,
  formatPrice,
  formatSignedPercent,
  formatTime,
} from './format.ts';

describe('numbers as people read them', () => {
  test.each([
    [formatPrice(64_250.5, 2), '64\u202f250.50'],
    [formatPrice(0.00001234, 8), '0.00001234'],
    [formatPrice(1_234_567, 0), '1\u202f234\u202f567'],
    [formatPrice(64_250.25, 8), '64\u202f250.2500'],
    [formatPrice(null, 2), '–'],
    [formatPrice(NaN), '–'],
    [formatPrice(-0.001, 2), '0.00'],
    [formatPrice(152.3456), '152.346'],
    [formatAmount(0), '0'],
    [formatAmount(1234.6), '1.235k'],
    [formatAmount(999.99), '1k'],
    [formatAmount(2_500_000), '2.5M'],
    [formatAmount(0.0045213), '0.004521'],
    [formatAmount(1e-10), '1.00e\u221210'],
    [formatBps(1.234), '1.23'],
    [formatBps(123.4), '123'],
    [formatSignedPercent(0.234), '+23.4%'],
    [formatSignedPercent(-1.5), '\u2212150%'],
    [formatSignedPercent(0), '0.0%'],
    [formatBytes(1536), '1.5 KiB'],
    [formatBytes(12), '12 B'],
  ])('%s', (text, expected) => expect(text).toBe(expected));

  test.each([
    [0.25, '0.25 ms'],
    [420, '420 ms'],
    [3456, '3.5 s'],
    [59_400, '59 s'],
    [200_000, '3 m 20 s'],
    [7_500_000, '2 h 5 m'],
    [3 * 86_400_000 + 4 * 3_600_000, '3 d 4 h'],
    [null, '–'],
  ])('%s ms is %s', (ms, expected) => expect(formatDuration(ms)).toBe(expected));

  test('times are UTC', () => expect(formatTime(Date.UTC(2026, 0, 2, 3, 4, 5, 678), true)).toBe('03:04:05.6'));
});
