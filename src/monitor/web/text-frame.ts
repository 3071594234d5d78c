/** A whole text message as a WebSocket frame of a server: final, not masked, not compressed. RFC 6455, section 5.2. */

const FINAL_TEXT = 0x81;
const SHORT_MAX = 125;
const TWO_BYTES_FOLLOW = 126;
const TWO_BYTES_MAX = 0xffff;
const EIGHT_BYTES_FOLLOW = 127;

/** Made once for all who get it: header and text in one piece, so that each of them costs one write. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const headerBytes = length <= SHORT_MAX ? 2 : length <= TWO_BYTES_MAX ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerBytes + length);
  frame[0] = FINAL_TEXT;
  if (headerBytes === 2) {
    frame[1] = length;
  } else if (headerBytes === 4) {
    frame[1] = TWO_BYTES_FOLLOW;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = EIGHT_BYTES_FOLLOW;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, headerBytes);
  return frame;
}
