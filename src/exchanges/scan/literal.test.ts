import { describe, expect, it } from 'vitest';
import { FrameScanner } from './frame-scanner.ts';
import { literal } from './literal.ts';

const TEXT = '","data":{"e":"depthUpdate","E":1';

describe('a literal', () => {
  it('of any length is found where it stands, and nowhere else', () => {
    const scanner = new FrameScanner();
    for (let length = 1; length <= TEXT.length; length++) {
      const piece = literal(TEXT.slice(0, length));
      const bytes = Buffer.from(`${TEXT.slice(0, length)}~`, 'latin1');
      scanner.begin(bytes);
      expect([scanner.skip(piece), scanner.skipByte('~'.charCodeAt(0)), scanner.isAtEnd]).toEqual([true, true, true]);
      for (let at = 0; at < length; at++) {
        for (const bit of [1, 2, 4, 8, 16, 32, 64, 128]) {
          const other = Buffer.from(bytes);
          other[at] = (other[at] ?? 0) ^ bit;
          scanner.begin(other);
          expect([scanner.skip(piece), scanner.skipByte(other[0] ?? -1)], `${length} ${at} ${bit}`).toEqual([
            false,
            true,
          ]);
        }
      }
    }
  });

  it('is not found across the end of a frame, whatever follows in the memory', () => {
    const scanner = new FrameScanner();
    const whole = Buffer.from(TEXT + TEXT.repeat(9), 'latin1');
    for (let length = 1; length <= TEXT.length; length++) {
      const piece = literal(TEXT.slice(0, length));
      for (let end = 0; end < length; end++) {
        scanner.begin(whole.subarray(0, end));
        expect(scanner.skip(piece), `${length} bytes in a frame of ${end}`).toBe(false);
      }
      scanner.begin(whole.subarray(0, length));
      expect([scanner.skip(piece), scanner.isAtEnd]).toEqual([true, true]);
    }
  });
});
