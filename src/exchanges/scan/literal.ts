/**
 * A fixed piece of a frame, such as `","data":{"e":"`, as the words that it is compared by: four bytes, little-endian. Most
 * pieces have at most eight, which are the first word and the last one, whether these overlap or not.
 */
export interface Literal {
  readonly length: number;
  /** The bits that count in the first and in the last word: all of them where there are four bytes at least. */
  readonly mask: number;
  readonly first: number;
  readonly last: number;
  /** Where the last word begins. */
  readonly lastAt: number;
  /** The words between the first and the last, from the fifth byte on; the last of them may overlap it. */
  readonly between: Int32Array;
}

const WORD_BYTES = 4;

/** @param text ASCII, not empty */
export function literal(text: string): Literal {
  const bytes = Buffer.from(text.padEnd(WORD_BYTES, '\0'), 'latin1');
  const lastAt = bytes.length - WORD_BYTES;
  const between = new Int32Array(Math.max(0, Math.ceil(lastAt / WORD_BYTES) - 1));
  for (let word = 0; word < between.length; word++) between[word] = bytes.readInt32LE(WORD_BYTES * (word + 1));
  return {
    length: text.length,
    mask: text.length >= WORD_BYTES ? -1 : ~(-1 << (8 * text.length)),
    first: bytes.readInt32LE(0),
    last: bytes.readInt32LE(lastAt),
    lastAt,
    between,
  };
}
