/**
 * A fixed piece of a frame, such as `","data":{"e":"`, as the words that it is compared by: four bytes at a time,
 * little-endian, the last ones under a mask.
 */
export interface Literal {
  readonly length: number;
  /** The whole words. */
  readonly words: Int32Array;
  /** The one to three bytes that are left, and the bits that count in them; both 0 where none are. */
  readonly tail: number;
  readonly tailMask: number;
}

const WORD_BYTES = 4;

/** @param text ASCII */
export function literal(text: string): Literal {
  const bytes = Buffer.from(text, 'latin1');
  const words = new Int32Array(bytes.length >> 2);
  for (let at = 0; at < words.length; at++) words[at] = bytes.readInt32LE(at * WORD_BYTES);
  let tail = 0;
  let tailMask = 0;
  for (let at = words.length * WORD_BYTES; at < bytes.length; at++) {
    const shift = 8 * (at % WORD_BYTES);
    tail |= (bytes[at] ?? 0) << shift;
    tailMask |= 0xff << shift;
  }
  return { length: bytes.length, words, tail, tailMask };
}
