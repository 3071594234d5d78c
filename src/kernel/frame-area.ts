/** Where a frame stands while it is read: one place for all frames of a thread, which are read one after another. */

import { kernel, views } from './kernel.ts';

/** Words are read whole: so many bytes behind a frame are readable. */
const SLACK_BYTES = 64;
const WORD_BYTES = 8;
const INITIAL_BYTES = 64 * 1024;

let room = INITIAL_BYTES;
let block = kernel.allocate(room);

/**
 * Copies a frame into the kernel's memory. It stays there until the next one.
 * @returns its address
 */
export function placeFrame(frame: Uint8Array): number {
  const { length } = frame;
  if (length + WORD_BYTES + SLACK_BYTES > room) enlarge(length + WORD_BYTES + SLACK_BYTES);
  // From memory that threads share V8 copies whole words only where both are aligned alike, and single bytes else.
  const at = block + (frame.byteOffset & (WORD_BYTES - 1));
  views.bytes.set(frame, at);
  // What an earlier frame has left behind must not look like more of the last number.
  views.bytes[at + length] = 0;
  return at;
}

function enlarge(bytes: number): void {
  kernel.release(block, room);
  room = Math.max(bytes, 2 * room);
  block = kernel.allocate(room);
}
